package io.weir.relay.exchange;

import io.weir.relay.http2.LinkCost;
import io.weir.relay.origin.OriginPool;

/**
 * What connections that speak HTTP/2 take of the budget when they begin, beside what each of their
 * streams takes: that is what a connection takes.
 *
 * @param clientBytes of a client's, beyond what a connection takes; 0 if clients do not speak it
 * @param clientEarlyBytes the part of it that is given back once the client has read our settings
 * @param originBytes of one to the origin; 0 if the origin does not speak it
 * @param loops each has its own connections to the origin
 */
public record LinkNeeds(long clientBytes, long clientEarlyBytes, long originBytes, int loops) {
  /** HTTP/1.1 alone. */
  public static final LinkNeeds NONE = new LinkNeeds(0, 0, 0, 1);

  /**
   * The needs here.
   *
   * @param raw whether connections to the origin are raw descriptors, not Netty channels
   * @param tlsOrigin whether the origin speaks TLS
   * @param clients whether clients may speak HTTP/2
   * @param origin whether the origin does
   */
  public static LinkNeeds of(
      boolean raw, boolean tlsOrigin, boolean clients, boolean origin, int loops) {
    return new LinkNeeds(
        clients ? LinkCost.LINK_BYTES + LinkCost.EARLY_BYTES : 0,
        clients ? LinkCost.EARLY_BYTES : 0,
        origin ? OriginPool.linkBytes(raw, tlsOrigin) : 0,
        loops);
  }

  /** A connection to the origin for each loop: without one it serves nobody. */
  public long originsBytes() {
    return originBytes * loops;
  }
}
