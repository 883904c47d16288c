package io.weir.relay.exchange;

import io.weir.relay.endpoint.Greeting;
import io.weir.relay.forward.User;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.RequestWriter;
import io.weir.relay.origin.OriginConnection;
import io.weir.relay.origin.OriginPool;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes, and how. Confined to a loop.
 *
 * @param pool connections to the origin
 * @param writer of what it is told
 * @param bodyBytesMax longest request body, -1 for no limit
 * @param trusted whose X-Forwarded fields are believed
 * @param user whose request it is, counted by {@link User#enter}; null where nobody is asked
 * @param greeting what the connection begins with, which then serves this request alone; or null
 */
record Upstream(
    OriginPool pool,
    RequestWriter writer,
    long bodyBytesMax,
    TrustedProxies trusted,
    @Nullable User user,
    @Nullable Greeting greeting) {
  /** Writes a head to {@code to}; returns its length, or -1 if there is no room. */
  int write(RequestHead head, ClientConnection from, byte[] to) {
    boolean believed = trusted.trusts(from.endpoint().peer());
    boolean secure = from.endpoint().tls() != null;
    return writer.write(head, from.peerAddress(), believed, secure, to, 0);
  }

  /** Whose request it is, for the log. */
  @Nullable String userName() {
    return user == null ? null : user.logName();
  }

  /** Whether a connection that has served a request may serve another. */
  boolean reuses(OriginConnection connection) {
    return greeting == null && connection.endpoint().open();
  }
}
