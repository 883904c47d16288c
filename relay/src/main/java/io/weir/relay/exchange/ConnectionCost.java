package io.weir.relay.exchange;

import io.weir.relay.budget.WindowSizes;
import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.KernelLimits;

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

  /** The cost here, where either side is a raw descriptor or a Netty channel. */
  public static ConnectionCost of(boolean rawClient, boolean rawOrigin) {
    WindowSizes sizes = KernelLimits.sizes();
    long least = 2L * sizes.leastSocketBytes();
    long client = rawClient ? 0 : ChannelEndpoint.USER_BYTES_MAX;
    long origin = rawOrigin ? 0 : ChannelEndpoint.USER_BYTES_MAX;
    return new ConnectionCost(
        least + client + origin, 2L * SOCKET_BYTES, SOCKET_BYTES + sizes.leastSocketBytes());
  }
}
