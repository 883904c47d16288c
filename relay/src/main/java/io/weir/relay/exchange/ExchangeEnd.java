package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import io.weir.relay.http1.RequestHead;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An exchange that is over, for the access log.
 *
 * @param peer the client
 * @param method as it came, or "-" where the head was refused
 * @param target as it came, or "-"
 * @param minorVersion of the request, 0 or 1; -1 where it was none of HTTP
 * @param status that the client was given, or 0 if none
 * @param downloadedBytes of the body that the client's socket took
 * @param uploadedBytes of the body that the origin's socket took
 * @param beganMillis since the epoch
 * @param tookMillis from the head's arrival to the end
 * @param referer of the request, or null
 * @param userAgent of the request, or null
 * @param reason why it failed or was refused, or null
 * @param user who asked, one char for each byte; null where nobody is asked
 */
public record ExchangeEnd(
    InetSocketAddress peer,
    String method,
    String target,
    int minorVersion,
    int status,
    long downloadedBytes,
    long uploadedBytes,
    long beganMillis,
    long tookMillis,
    @Nullable String referer,
    @Nullable String userAgent,
    @Nullable Reason reason,
    @Nullable String user) {
  /**
   * One that never began.
   *
   * @param head of the request, or null if it was not understood
   */
  static ExchangeEnd refused(InetSocketAddress peer, @Nullable RequestHead head, Reason reason) {
    return new ExchangeEnd(
        peer,
        head == null ? "-" : head.methodName(),
        head == null ? "-" : head.target(),
        head == null ? 1 : head.minorVersion(),
        reason.status(),
        0,
        0,
        System.currentTimeMillis(),
        0,
        null,
        null,
        reason,
        null);
  }
}
