package io.weir.relay.http1;

/** The request methods (RFC 9110, 9; PATCH: RFC 5789); any other token is {@link #OTHER}. */
public enum Method {
  GET(true, true),
  HEAD(true, true),
  POST(false, false),
  PUT(false, true),
  DELETE(false, true),
  OPTIONS(true, true),
  PATCH(false, false),
  TRACE(true, true),
  CONNECT(false, false),
  OTHER(false, false);

  private static final Method[] NAMED = {
    GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, TRACE, CONNECT
  };

  private final boolean safe;
  private final boolean idempotent;

  @SuppressWarnings("ImmutableEnumChecker") // never written, never handed out
  private final byte[] token;

  Method(boolean safe, boolean idempotent) {
    this.safe = safe;
    this.idempotent = idempotent;
    this.token = Octets.ascii(name());
  }

  /** Whether the client asks for no change of state (RFC 9110, 9.2.1). */
  public boolean isSafe() {
    return safe;
  }

  /** Whether a repetition has the effect of one request (RFC 9110, 9.2.2): it may be retried. */
  public boolean isIdempotent() {
    return idempotent;
  }

  /** The method of that name. */
  public static Method named(CharSequence token) {
    for (Method method : NAMED) {
      if (method.name().contentEquals(token)) {
        return method;
      }
    }
    return OTHER;
  }

  /** The method of the token in b[from,to). Methods are case-sensitive (RFC 9110, 9.1). */
  static Method of(byte[] b, int from, int to) {
    for (Method method : NAMED) {
      if (method.matches(b, from, to)) {
        return method;
      }
    }
    return OTHER;
  }

  private boolean matches(byte[] b, int from, int to) {
    if (to - from != token.length) {
      return false;
    }
    for (int i = 0; i < token.length; i++) {
      if (b[from + i] != token[i]) {
        return false;
      }
    }
    return true;
  }
}
