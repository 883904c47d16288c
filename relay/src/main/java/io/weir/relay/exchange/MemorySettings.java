package io.weir.relay.exchange;

/**
 * What the connections of a listener may hold together.
 *
 * @param budgetBytes what all flows may hold, in user space and in the kernel
 * @param connectionsMax clients at once; more are refused with 503
 * @param backlog connections that may wait to be accepted; net.core.somaxconn caps it
 */
public record MemorySettings(long budgetBytes, int connectionsMax, int backlog) {
  /** Nothing is bounded but by the sizes of the windows. */
  public static final MemorySettings UNBOUNDED =
      new MemorySettings(Long.MAX_VALUE, Integer.MAX_VALUE, 4096);
}
