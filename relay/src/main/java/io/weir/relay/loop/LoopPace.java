package io.weir.relay.loop;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How late a loop is: the sweep, which has its time, is the sample, some four a second. A turn that
 * takes long, a machine without a free core and a pause of the collector all show here, and every
 * byte of the loop's exchanges has waited as long.
 *
 * <p>Written by the loop; any thread may read.
 */
public final class LoopPace {
  private static final long MS = 1_000_000;

  private final Histogram late =
      new Histogram(
          MS,
          5 * MS / 2,
          5 * MS,
          10 * MS,
          25 * MS,
          50 * MS,
          100 * MS,
          250 * MS,
          500 * MS,
          1000 * MS,
          2500 * MS,
          5000 * MS);

  private final AtomicLong sweptNanos = new AtomicLong(System.nanoTime());

  /** A sweep begins; it was due {@code pauseNanos} after the end of the one before. */
  void began(long nowNanos, long pauseNanos) {
    late.record(nowNanos - sweptNanos.getPlain() - pauseNanos);
  }

  void ended(long nowNanos) {
    sweptNanos.setOpaque(nowNanos);
  }

  /** How late the sweeps were so far. */
  public Histogram.Reading late() {
    return late.read();
  }

  /**
   * How long ago the last sweep ended, nanoseconds: much more than {@link Loop#SWEEP_MILLIS} where
   * the loop is stuck at this moment.
   */
  public long silentNanos(long nowNanos) {
    return Math.max(0, nowNanos - sweptNanos.getOpaque());
  }
}
