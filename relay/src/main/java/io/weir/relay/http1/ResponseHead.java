package io.weir.relay.http1;

import io.weir.relay.http.Reason;

/**
 * A response's head. See {@link Head} for threads and ownership. Whatever is wrong with it, {@link
 * #fault()} says ORIGIN_BAD_RESPONSE.
 */
public final class ResponseHead extends Head {
  /** How the bytes behind the head are framed (RFC 9112, 6.3). */
  public enum Body {
    /** No body. */
    NONE,
    /** Content-Length bytes. */
    LENGTH,
    /** The chunked coding. */
    CHUNKED,
    /** All bytes until the connection ends; only a transport that tells makes that safe. */
    UNTIL_CLOSE
  }

  /** The one 1xx status that ends HTTP on a connection. */
  public static final int SWITCHING_PROTOCOLS = 101;

  static final int NO_CONTENT = 204;
  static final int NOT_MODIFIED = 304;
  static final int UPGRADE_REQUIRED = 426;

  private int status;
  private int statusFrom;
  private int reasonTo;

  /** One per event loop. */
  public ResponseHead(HeadLimits limits) {
    super(limits);
  }

  @Override
  void reset() {
    status = 0;
    statusFrom = 0;
    reasonTo = 0;
  }

  @Override
  int startLine(byte[] b, int from, int end) {
    int p = version(b, from, end);
    if (p < 0) {
      return p;
    }
    if (p == end) {
      return MORE;
    }
    if (b[p] != ' ') {
      return fields.bad(Reason.ORIGIN_BAD_RESPONSE, "The version is not followed by one space");
    }
    p = status(b, p + 1, end);
    if (p < 0) {
      return p;
    }
    // RFC 9112, 4 wants a space even without a reason; origins leave it out, and nothing hangs on
    // it.
    while (p < end && Octets.is(b[p], Octets.VALUE)) {
      p++;
    }
    reasonTo = p;
    return fields.lineEnd(b, p, end);
  }

  private int status(byte[] b, int from, int end) {
    int value = 0;
    for (int i = 0; i < 3; i++) {
      if (from + i == end) {
        return MORE;
      }
      byte c = b[from + i];
      if (!Octets.isDigit(c) || (i == 0 && c == '0')) {
        return fields.bad(Reason.ORIGIN_BAD_RESPONSE, "The status is not a number of three digits");
      }
      value = value * 10 + c - '0';
    }
    int p = from + 3;
    if (p == end) {
      return MORE;
    }
    if (b[p] != ' ' && b[p] != '\r' && b[p] != '\n') {
      return fields.bad(Reason.ORIGIN_BAD_RESPONSE, "The status is not followed by a space");
    }
    status = value;
    statusFrom = from;
    return p;
  }

  @Override
  boolean ownField(byte[] b, int index, KnownField field) {
    return true;
  }

  @Override
  boolean ownFinish(byte[] b) {
    return true;
  }

  /** ORIGIN_BAD_RESPONSE; {@link #faultDetail()} names the rule. */
  @Override
  public Reason fault() {
    super.fault();
    return Reason.ORIGIN_BAD_RESPONSE;
  }

  /** The status code, 100 to 999. */
  public int status() {
    return status;
  }

  /** Whether another head follows: 1xx but 101 (RFC 9110, 15.2). */
  public boolean interim() {
    return status < 200 && status != SWITCHING_PROTOCOLS;
  }

  /**
   * How the body is framed (RFC 9112, 6.3). A 101 that nobody asked for is a fault: afterwards
   * {@link #faulted()} is true and the response must not be passed on.
   */
  public Body body(Method requestMethod, boolean upgradeRequested) {
    if (status == SWITCHING_PROTOCOLS && !upgradeRequested) {
      refuse(Reason.ORIGIN_BAD_RESPONSE, "The origin switches protocols without being asked");
      return Body.NONE;
    }
    if (requestMethod == Method.HEAD
        || status < 200
        || status == NO_CONTENT
        || status == NOT_MODIFIED) {
      return Body.NONE;
    }
    if (chunked()) {
      return Body.CHUNKED;
    }
    return contentLength() >= 0 ? Body.LENGTH : Body.UNTIL_CLOSE;
  }

  int statusFrom() {
    return statusFrom;
  }

  int reasonTo() {
    return reasonTo;
  }
}
