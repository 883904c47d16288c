package io.weir.memory.census;

import java.util.Random;

/**
 * How long a malloc and the free after it take, in {@link MallocTarget}: a histogram with 32 steps
 * a doubling, so that a percentile is right within 3 %.
 */
final class PairLatency {
  private static final int STEPS_SHIFT = 5;
  private static final int STEPS = 1 << STEPS_SHIFT;

  private final long[] counts = new long[64 * STEPS];
  private final Random random = new Random(1);
  private long count;

  /**
   * Mallocs and frees for a time.
   *
   * @return how many pairs, then nanoseconds: p50, p99, p99.9, the most
   */
  String measure(int millis, int leastBytes, int mostBytes) {
    long start = System.nanoTime();
    long end = start + millis * 1_000_000L;
    long now = start;
    while (now < end) {
      long bytes = leastBytes + (long) random.nextInt(mostBytes - leastBytes + 1);
      long before = System.nanoTime();
      MallocTarget.free(MallocTarget.mallocTouched(bytes));
      now = System.nanoTime();
      counts[slot(now - before)]++;
      count++;
    }
    return count + " " + at(0.5) + " " + at(0.99) + " " + at(0.999) + " " + at(1);
  }

  private static int slot(long nanos) {
    long value = Math.max(nanos, STEPS);
    int log = 63 - Long.numberOfLeadingZeros(value);
    return (log - STEPS_SHIFT) * STEPS + (int) (value >>> (log - STEPS_SHIFT));
  }

  private long at(double share) {
    long left = (long) Math.ceil(count * share);
    for (int i = 0; i < counts.length; i++) {
      left -= counts[i];
      if (left <= 0) {
        return i < 2 * STEPS ? i : (long) (STEPS + i % STEPS) << (i / STEPS - 1);
      }
    }
    return Long.MAX_VALUE;
  }
}
