package io.weir.relay.loop;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How often durations fell between fixed bounds. Recording takes no lock and allocates nothing: it
 * is one loop's, so that an addition needs no read-modify-write; opaque, so that anybody may read.
 */
public final class Histogram {
  private final long[] boundsNanos;
  private final AtomicLongArray counts;
  private final AtomicLong sumNanos = new AtomicLong();

  /**
   * What was recorded so far. Counts are right each for itself; together they may be of slightly
   * different moments.
   *
   * @param boundsNanos upper bounds, each included; shared, not to be changed
   * @param counts how many fell between a bound and the one before; the last beyond all bounds
   * @param sumNanos of all durations
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Reading(long[] boundsNanos, long[] counts, long sumNanos) {
    /** This and another with the same bounds, together. */
    public Reading plus(Reading other) {
      long[] sum = counts.clone();
      for (int i = 0; i < sum.length; i++) {
        sum[i] += other.counts[i];
      }
      return new Reading(boundsNanos, sum, sumNanos + other.sumNanos);
    }

    /** How many durations there were. */
    public long count() {
      long sum = 0;
      for (long count : counts) {
        sum += count;
      }
      return sum;
    }
  }

  /** With these upper bounds, ascending. */
  public Histogram(long... boundsNanos) {
    this.boundsNanos = boundsNanos.clone();
    this.counts = new AtomicLongArray(boundsNanos.length + 1);
  }

  /** Counts one duration; less than nothing counts as nothing. Thread: the writer, always one. */
  public void record(long nanos) {
    long duration = Math.max(0, nanos);
    int i = 0;
    while (i < boundsNanos.length && duration > boundsNanos[i]) {
      i++;
    }
    counts.setOpaque(i, counts.getPlain(i) + 1);
    sumNanos.setOpaque(sumNanos.getPlain() + duration);
  }

  /** What was recorded so far. Any thread. */
  public Reading read() {
    long[] now = new long[counts.length()];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts.getOpaque(i);
    }
    return new Reading(boundsNanos, now, sumNanos.getOpaque());
  }
}
