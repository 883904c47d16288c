package io.weir.memory.census;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Counts chunks by size. The classes are the same in every census, so that two can be compared:
 * each size below 4 KiB is one of its own (sizes are multiples of 16), above that a doubling has
 * sixteen.
 */
final class ChunkSizes {
  private static final int EXACT_BYTES = 4096;
  private static final int EXACT_CLASSES = EXACT_BYTES / 16;
  private static final int STEPS_SHIFT = 4;
  private static final int EXACT_LOG = 12;
  private static final int CLASSES = EXACT_CLASSES + ((Long.SIZE - EXACT_LOG) << STEPS_SHIFT);

  private final long[] counts = new long[CLASSES];
  private final long[] bytes = new long[CLASSES];
  private final long[] least = new long[CLASSES];
  private final long[] most = new long[CLASSES];

  void add(long size) {
    if (size < EXACT_BYTES) {
      counts[(int) (size >> 4)]++;
    } else {
      addLarge(size);
    }
  }

  private void addLarge(long size) {
    int i = largeClass(size);
    if (counts[i]++ == 0) {
      least[i] = size;
    }
    least[i] = Math.min(least[i], size);
    most[i] = Math.max(most[i], size);
    bytes[i] += size;
  }

  private static int largeClass(long size) {
    int log = Long.SIZE - 1 - Long.numberOfLeadingZeros(size);
    int step = (int) (size >>> (log - STEPS_SHIFT)) & ((1 << STEPS_SHIFT) - 1);
    return EXACT_CLASSES + ((log - EXACT_LOG) << STEPS_SHIFT) + step;
  }

  /** Takes out chunks that were counted, but turned out to be free; never below none. */
  void remove(long size, long count) {
    if (size < EXACT_BYTES) {
      int i = (int) (size >> 4);
      counts[i] = Math.max(0, counts[i] - count);
    }
  }

  void addAll(ChunkSizes other) {
    for (int i = 0; i < CLASSES; i++) {
      if (other.counts[i] > 0) {
        least[i] = counts[i] == 0 ? other.least[i] : Math.min(least[i], other.least[i]);
        most[i] = Math.max(most[i], other.most[i]);
        counts[i] += other.counts[i];
        bytes[i] += other.bytes[i];
      }
    }
  }

  /** The weightiest first. */
  List<SizeClass> classes() {
    List<SizeClass> classes = new ArrayList<>();
    for (int i = 0; i < CLASSES; i++) {
      if (counts[i] > 0) {
        long size = (long) i << 4;
        classes.add(
            i < EXACT_CLASSES
                ? new SizeClass(size, size, counts[i], counts[i] * size)
                : new SizeClass(least[i], most[i], counts[i], bytes[i]));
      }
    }
    classes.sort(Comparator.comparingLong(SizeClass::bytes).reversed());
    return classes;
  }
}
