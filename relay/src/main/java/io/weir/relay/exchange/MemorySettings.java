package io.weir.relay.exchange;

/**
 * What the connections of a listener may hold together.
 *
 * @param budgetBytes what all flows may hold, in user space and in the kernel
 * @param connectionsMax clients at once; more are refused with 503
 * @param backlog connections that may wait to be accepted; net.core.somaxconn caps it
 * @param stalledMillis how long an exchange must have stood still before it may be reset for want
 *     of memory; 0 resets none
 */
public record MemorySettings(long budgetBytes, int connectionsMax, int backlog, int stalledMillis) {
  /**
   * A usual {@link #stalledMillis}: longer than a packet and its next three copies may be lost (1.4
   * s) or a radio link takes to be handed over, shorter than who waits will bear.
   */
  public static final int STALLED_MILLIS = 5_000;

  /** Nothing is bounded but by the sizes of the windows. */
  public static final MemorySettings UNBOUNDED =
      new MemorySettings(Long.MAX_VALUE, Integer.MAX_VALUE, 4096);

  /** Settings by which none is reset. */
  public MemorySettings(long budgetBytes, int connectionsMax, int backlog) {
    this(budgetBytes, connectionsMax, backlog, 0);
  }

  /** The same, where the largest stalled exchange is reset in the end. */
  public MemorySettings resettingStalled(int afterMillis) {
    return new MemorySettings(budgetBytes, connectionsMax, backlog, afterMillis);
  }
}
