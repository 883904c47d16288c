package io.weir.relay.budget;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that all flows together may come to hold. What was taken is never more than that, and
 * whoever took gives back exactly as much.
 *
 * <p>Any thread. It is asked when a lease changes, never for a chunk. The maximum is raised a
 * moment after the bytes were taken. Tested under jcstress: BudgetStress.
 */
public final class Budget {
  private final long bytes;
  private final AtomicLong leasedBytes = new AtomicLong();
  private final AtomicLong leasedBytesMax = new AtomicLong();

  /** A budget of {@code bytes}, at least 0; {@link Long#MAX_VALUE} bounds nothing. */
  public Budget(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a budget of " + bytes + " bytes");
    }
    this.bytes = bytes;
  }

  /**
   * Takes {@code wantedBytes} if at least {@code sparedBytes} are left after that.
   *
   * @return whether they were taken: all of them or none
   */
  boolean take(long wantedBytes, long sparedBytes) {
    long leased = leasedBytes.get();
    while (wantedBytes <= bytes - leased - sparedBytes) {
      long witness = leasedBytes.compareAndExchange(leased, leased + wantedBytes);
      if (witness == leased) {
        raiseMax(leased + wantedBytes);
        return true;
      }
      leased = witness;
    }
    return false;
  }

  private void raiseMax(long leased) {
    if (leased > leasedBytesMax.getOpaque()) {
      leasedBytesMax.accumulateAndGet(leased, Math::max);
    }
  }

  /** Gives back what {@link #take} took, or a part of it. */
  void giveBack(long takenBytes) {
    if (leasedBytes.addAndGet(-takenBytes) < 0) {
      throw new IllegalStateException("more was given back than taken");
    }
  }

  /** All of it. */
  public long bytes() {
    return bytes;
  }

  /** What is taken now. */
  public long leasedBytes() {
    return leasedBytes.get();
  }

  /** The most that was taken at once so far. */
  public long leasedBytesMax() {
    return leasedBytesMax.getOpaque();
  }

  /** What is left. */
  public long freeBytes() {
    return bytes - leasedBytes.get();
  }
}
