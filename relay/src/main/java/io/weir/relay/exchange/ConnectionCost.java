package io.weir.relay.exchange;

import io.weir.relay.budget.WindowSizes;
import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.KernelLimits;
import io.weir.relay.tls.TlsEndpoint;

/**
 * What a client's connection and its connection to the origin take, at least.
 *
 * @param leaseBytes the least that their flows may come to hold; part of the budget
 * @param objectBytes what the kernel spends on two sockets, whatever passes through them
 * @param queuedBytes what a connection may come to hold while it waits to be accepted
 */
public record ConnectionCost(long leaseBytes, long objectBytes, long queuedBytes) {
  /** A TCP socket with its file and its epoll item, bytes: docs/decisions/0009. */
  static final int SOCKET_BYTES = 4096;

  /**
   * The cost here.
   *
   * @param raw whether both are raw descriptors, not Netty channels
   * @param tlsClient whether clients speak TLS
   * @param tlsOrigin whether the origin does
   */
  public static ConnectionCost of(boolean raw, boolean tlsClient, boolean tlsOrigin) {
    WindowSizes sizes = KernelLimits.sizes();
    int engines = (tlsClient ? 1 : 0) + (tlsOrigin ? 1 : 0);
    long user =
        (raw ? 0 : 2L * ChannelEndpoint.USER_BYTES_MAX)
            + engines * (long) TlsEndpoint.USER_BYTES_MAX;
    return new ConnectionCost(
        2L * sizes.leastSocketBytes() + user,
        2L * SOCKET_BYTES,
        SOCKET_BYTES + sizes.leastSocketBytes());
  }
}
