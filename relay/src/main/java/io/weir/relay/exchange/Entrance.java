package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.origin.OriginPool;
import org.jspecify.annotations.Nullable;

/**
 * What differs between the ways into a tunnel (CONNECT, SOCKS, raw TCP, TLS by its server name):
 * how a client names the far side, and what it is told. It has the client's endpoint, and tells its
 * {@link TunnelExchange} of readiness. Thread: the loop.
 */
interface Entrance {
  /** The client's side. */
  Endpoint endpoint();

  /** For log and flows: the method of a request, or what stands for it, such as SOCKS. */
  String method();

  /** For log and flows: the far side as the client named it, HOST:PORT as a rule. */
  String target();

  /** For the log: who asks, one char for each byte; null where nobody is asked. */
  default @Nullable String user() {
    return null;
  }

  /** Of the request, or -1 where it is none of HTTP. */
  default int minorVersion() {
    return -1;
  }

  /**
   * What the client is told, for log and counters; 0 where that is no status of HTTP.
   *
   * @param refusal why there is no tunnel, or null if there is one
   */
  default int status(@Nullable Reason refusal) {
    return 0;
  }

  /** Asks for the connection to the far side, as {@link OriginPool#take} does. */
  OriginPool.@Nullable Wait dial(OriginPool.Taker taker);

  /**
   * The far side stands: consumes what named it, and writes what the client is to be told first to
   * {@code to}, from its beginning.
   *
   * @return its length, 0 if there is nothing to say
   */
  int accept(byte[] to);

  /**
   * There is no far side, and the exchange is over and counted: says so to the client in its own
   * way, and in the log, and closes.
   */
  void refuse(Reason reason, String why);

  /** Calls {@link TunnelExchange#advance} in the loop's next round. */
  void giveWay();

  /** The exchange is over, and both sides have ended: closes. */
  void closeInOrder();

  /** The exchange is over, and the client is to see a broken transfer, behind what it was sent. */
  void breakOff();

  /** The exchange is over, and the client is to see a broken transfer, at once. */
  void reset();
}
