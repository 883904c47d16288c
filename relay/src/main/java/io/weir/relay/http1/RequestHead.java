package io.weir.relay.http1;

import io.weir.relay.http.Reason;

/**
 * A request's head. See {@link Head} for threads and ownership.
 *
 * <p>Forms of the target (RFC 9112, 3.2): origin-form; absolute-form of http and https, whose
 * authority replaces Host; asterisk-form with OPTIONS; authority-form with CONNECT. TRACE and
 * CONNECT are read like any other: refusing them is the caller's part.
 */
public final class RequestHead extends Head {
  /** RFC 9112, 2.2 wants at least one skipped; more than a few are noise. */
  private static final int EMPTY_LINES_MAX = 4;

  private static final byte[] HTTP = Octets.ascii("http://");
  private static final byte[] HTTPS = Octets.ascii("https://");
  private static final byte[] CONTINUE = Octets.ascii("100-continue");
  private static final byte[] TRAILERS = Octets.ascii("trailers");
  private static final byte[] H2C = Octets.ascii("h2c");
  private static final byte[] H2 = Octets.ascii("h2");
  private static final byte[] JSON = Octets.ascii("application/json");
  private static final byte[] PROBLEM_JSON = Octets.ascii("application/problem+json");

  private Method method = Method.OTHER;
  private boolean begun;
  private int methodFrom;
  private int methodTo;
  private int targetFrom;
  private int targetTo;
  private int pathFrom;
  private int hostField;
  private int hostFrom;
  private int hostTo;
  private boolean asterisk;
  private boolean absolute;
  private boolean secureScheme;
  private boolean expectsContinue;
  private boolean trailersAccepted;
  private boolean upgradeOffered;
  private boolean upgradeToHttp2;

  /** One per event loop. */
  public RequestHead(HeadLimits limits) {
    super(limits);
  }

  @Override
  void reset() {
    method = Method.OTHER;
    begun = false;
    methodFrom = 0;
    methodTo = 0;
    targetFrom = 0;
    targetTo = 0;
    pathFrom = 0;
    hostField = -1;
    hostFrom = 0;
    hostTo = 0;
    asterisk = false;
    absolute = false;
    secureScheme = false;
    expectsContinue = false;
    trailersAccepted = false;
    upgradeOffered = false;
    upgradeToHttp2 = false;
  }

  @Override
  int startLine(byte[] b, int from, int end) {
    int p = from;
    int emptyLines = 0;
    while (p < end && (b[p] == '\r' || b[p] == '\n')) {
      p = fields.lineEnd(b, p, end);
      if (p < 0) {
        return p;
      }
      if (++emptyLines > EMPTY_LINES_MAX) {
        return fields.bad(Reason.BAD_REQUEST, "There are too many empty lines before a request");
      }
    }
    return p == end ? MORE : requestLine(b, p, end);
  }

  private int requestLine(byte[] b, int from, int end) {
    begun = true;
    int p = from;
    while (p < end && Octets.is(b[p], Octets.TOKEN)) {
      p++;
    }
    if (p == end) {
      return MORE;
    }
    if (b[p] != ' ' || p == from) {
      return badLine(b[p], "The request line must begin with a method and one space");
    }
    method = Method.of(b, from, p);
    methodFrom = from;
    methodTo = p;
    p = target(b, p + 1, end);
    if (p >= 0) {
      p = version(b, p, end);
    }
    if (p >= 0) {
      p = fields.lineEnd(b, p, end);
    }
    return p < 0 || form(b) ? p : BAD;
  }

  private int target(byte[] b, int from, int end) {
    int max = limits.targetBytesMax();
    int stop = Math.min(end, from + max + 1);
    int p = from;
    while (p < stop && Octets.is(b[p], Octets.TARGET)) {
      p++;
    }
    if (p - from > max) {
      return fields.bad(Reason.TARGET_TOO_LONG, "The request target has more bytes than the limit");
    }
    if (p == end) {
      return MORE;
    }
    if (b[p] != ' ' || p == from) {
      return badLine(b[p], "The request line must be method, target and version, one space apart");
    }
    targetFrom = from;
    targetTo = p;
    return p + 1;
  }

  private int badLine(byte c, String rule) {
    return c == '\n'
        ? fields.bad(Reason.BAD_FRAMING, "A line ends with LF alone instead of CRLF")
        : fields.bad(Reason.BAD_REQUEST, rule);
  }

  private boolean form(byte[] b) {
    pathFrom = targetFrom;
    if (method == Method.CONNECT) {
      return HostRule.accepts(b, targetFrom, targetTo)
          || refuse(Reason.BAD_REQUEST, "The target of CONNECT is not a host and port");
    }
    if (b[targetFrom] == '/') {
      return true;
    }
    if (targetTo - targetFrom == 1 && b[targetFrom] == '*') {
      asterisk = method == Method.OPTIONS;
      return asterisk || refuse(Reason.BAD_REQUEST, "The target * is for OPTIONS only");
    }
    return absoluteForm(b);
  }

  private boolean absoluteForm(byte[] b) {
    int from = afterScheme(b);
    if (from < 0) {
      return refuse(
          Reason.BAD_REQUEST, "The target must begin with a slash or with http:// or https://");
    }
    int p = from;
    while (p < targetTo && b[p] != '/' && b[p] != '?') {
      p++;
    }
    // This also refuses user information, as RFC 9110, 4.2.4 wants.
    if (!HostRule.accepts(b, from, p)) {
      return refuse(Reason.BAD_HOST, "The authority in the target is not a valid host");
    }
    hostFrom = from;
    hostTo = p;
    pathFrom = p;
    absolute = true;
    secureScheme = startsWith(b, HTTPS);
    // RFC 9112, 3.2.4: OPTIONS for a server as a whole.
    asterisk = method == Method.OPTIONS && p == targetTo;
    return true;
  }

  private int afterScheme(byte[] b) {
    if (startsWith(b, HTTP)) {
      return targetFrom + HTTP.length;
    }
    return startsWith(b, HTTPS) ? targetFrom + HTTPS.length : -1;
  }

  private boolean startsWith(byte[] b, byte[] lower) {
    int to = targetFrom + lower.length;
    return to <= targetTo && Octets.equalsLower(b, targetFrom, to, lower);
  }

  @Override
  boolean ownField(byte[] b, int index, KnownField field) {
    switch (field) {
      case HOST -> {
        return host(b, index);
      }
      case EXPECT -> expectsContinue |= countElements(index, CONTINUE) > 0;
      case TE -> trailersAccepted |= countElements(index, TRAILERS) > 0;
      case UPGRADE -> {
        upgradeOffered = true;
        upgradeToHttp2 |= countElements(index, H2C) > 0 || countElements(index, H2) > 0;
      }
      default -> {}
    }
    return true;
  }

  private boolean host(byte[] b, int index) {
    if (hostField >= 0) {
      return refuse(Reason.BAD_HOST, "Host occurs twice");
    }
    hostField = index;
    int from = fields.valueFrom(index);
    int to = fields.valueTo(index);
    if (!HostRule.accepts(b, from, to)) {
      return refuse(Reason.BAD_HOST, "Host is not a valid host with an optional port");
    }
    // RFC 9112, 3.2.2: the authority of an absolute-form wins.
    if (hostTo == 0) {
      hostFrom = from;
      hostTo = to;
    }
    return true;
  }

  @Override
  boolean ownFinish(byte[] b) {
    if (hostField < 0 && minorVersion == 1) {
      return refuse(Reason.BAD_HOST, "Host is missing");
    }
    return true;
  }

  /**
   * After NEED_MORE: whether a byte of a request has come. False where there were at most empty
   * lines, as some clients send behind a body: a connection that ends so has ended in order.
   */
  public boolean begun() {
    return begun;
  }

  /** The method. */
  public Method method() {
    return method;
  }

  /** The method as it came. Allocates: for logs. */
  public String methodName() {
    return Octets.text(fields.bytes(), methodFrom, methodTo);
  }

  /** The target as it came. Allocates: for logs. */
  public String target() {
    return Octets.text(fields.bytes(), targetFrom, targetTo);
  }

  /**
   * The first bytes of the target, {@code bytesMax} at most, with dots for what is left out.
   * Allocates.
   */
  public String targetShortened(int bytesMax) {
    if (targetTo - targetFrom <= bytesMax) {
      return target();
    }
    return Octets.text(fields.bytes(), targetFrom, targetFrom + bytesMax - 3) + "...";
  }

  /** The authority of the target, else Host, else empty (HTTP/1.0). Allocates: for logs. */
  public String host() {
    return Octets.text(fields.bytes(), hostFrom, hostTo);
  }

  /** Whether body bytes follow: chunked, or a Content-Length above 0 (RFC 9112, 6.3). */
  public boolean hasBody() {
    return chunked() || contentLength() > 0;
  }

  /** Whether the client waits for 100 (RFC 9110, 10.1.1: from HTTP/1.1 on, and with a body). */
  public boolean expectContinue() {
    return expectsContinue && minorVersion == 1 && hasBody();
  }

  /**
   * Whether the client offers to leave HTTP on this connection: Upgrade and {@code Connection:
   * upgrade} on HTTP/1.1, without a body. Not for HTTP/2 over cleartext: its HTTP2-Settings field
   * is for one hop, and behind a 101 the relay's rules for requests would no longer hold.
   */
  public boolean upgrade() {
    return upgradeOffered
        && connectionUpgrade
        && minorVersion == 1
        && !hasBody()
        && !upgradeToHttp2;
  }

  /** Whether Accept names JSON, so that an own answer is better sent as such. */
  public boolean acceptsJson() {
    int i = fields.find(KnownField.ACCEPT, 0);
    for (; i >= 0; i = fields.find(KnownField.ACCEPT, i + 1)) {
      if (countElements(i, JSON) > 0 || countElements(i, PROBLEM_JSON) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether the target is a whole URL, as a proxy is asked (RFC 9112, 3.2.2). */
  public boolean absoluteForm() {
    return absolute;
  }

  /** Whether that URL is one of https. */
  public boolean secureScheme() {
    return secureScheme;
  }

  /** Whether the target means the server as a whole: {@code OPTIONS *}. */
  public boolean asteriskForm() {
    return asterisk;
  }

  /**
   * Whether a path segment is {@code .} or {@code ..}, also written with %2e, set apart by a
   * backslash, %2f or %5c, or followed by {@code ;} and parameters: some origins resolve each of
   * these, and would leave the base path.
   */
  public boolean pathEscapes() {
    return PathRule.hasDotSegment(fields.bytes(), pathFrom, targetTo);
  }

  /** Path and query, {@code /} at least, or {@code *}. Allocates. */
  public String pathAndQuery() {
    if (asterisk) {
      return "*";
    }
    String text = Octets.text(fields.bytes(), pathFrom, targetTo);
    return text.startsWith("/") ? text : "/" + text;
  }

  /** Whether the client takes trailer fields (RFC 9110, 10.1.4). */
  public boolean trailersAccepted() {
    return trailersAccepted && minorVersion == 1;
  }

  int methodFrom() {
    return methodFrom;
  }

  int methodTo() {
    return methodTo;
  }

  /** Where path and query begin; at {@link #targetTo()} if an absolute-form has none. */
  int pathFrom() {
    return pathFrom;
  }

  int targetTo() {
    return targetTo;
  }

  int hostFrom() {
    return hostFrom;
  }

  int hostTo() {
    return hostTo;
  }
}
