package io.weir.relay.exchange;

import io.weir.relay.http1.KnownField;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * What an exchange remembers of its request's head, which itself stays in the socket.
 *
 * @param lengthBytes of the head
 * @param contentLength of the body, -1 if none is given
 * @param target as it came where an access log wants it, else shortened
 * @param referer and the user agent: only where an access log wants them, else null
 */
record Request(
    Method method,
    int lengthBytes,
    int minorVersion,
    boolean keepAlive,
    boolean hasBody,
    boolean chunked,
    long contentLength,
    boolean expectContinue,
    boolean upgrade,
    boolean acceptsJson,
    String methodName,
    String target,
    @Nullable String referer,
    @Nullable String userAgent) {
  /** Of a target, bytes: what a table has room for, and ten thousand exchanges too. */
  static final int ROUTE_BYTES_MAX = 64;

  static Request of(RequestHead head, boolean forLog) {
    return new Request(
        head.method(),
        head.length(),
        head.minorVersion(),
        head.keepAlive(),
        head.hasBody(),
        head.chunked(),
        head.contentLength(),
        head.expectContinue(),
        head.upgrade(),
        head.acceptsJson(),
        forLog || head.method() == Method.OTHER ? head.methodName() : head.method().name(),
        forLog ? head.target() : head.targetShortened(ROUTE_BYTES_MAX),
        forLog ? head.value(KnownField.REFERER) : null,
        forLog ? head.value(KnownField.USER_AGENT) : null);
  }

  /** The target as a table shows it. */
  String route() {
    return route(target);
  }

  static String route(String target) {
    return target.length() <= ROUTE_BYTES_MAX
        ? target
        : target.substring(0, ROUTE_BYTES_MAX - 3) + "...";
  }

  /** Whether it may be sent a second time: nothing of it is lost, and a repetition is harmless. */
  boolean repeatable() {
    return method.isSafe() && !hasBody;
  }
}
