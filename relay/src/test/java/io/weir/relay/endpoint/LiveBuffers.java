package io.weir.relay.endpoint;

import io.netty.buffer.PoolArenaMetric;

/** What channel endpoints have allocated and not released, for checks after a test. */
public final class LiveBuffers {
  private LiveBuffers() {}

  /** Live buffers of the endpoints' allocator. */
  public static long count() {
    return ChannelEndpoint.ALLOCATOR.metric().directArenas().stream()
        .mapToLong(PoolArenaMetric::numActiveAllocations)
        .sum();
  }
}
