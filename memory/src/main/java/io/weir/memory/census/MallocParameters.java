package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * glibc's {@code struct malloc_par mp_}. Its end is found by what must hold there, whatever came
 * before: counts of mappings, their sizes, and {@code sbrk_base} in the heap.
 *
 * <pre>
 *   trim  top_pad  mmap_threshold  arena_test  arena_max  [2.35: thp, hp, flags]
 *   n_mmaps  n_mmaps_max  max_n_mmaps  no_dyn (ints)   mmapped_mem  max_mmapped_mem  sbrk_base
 * </pre>
 *
 * @param sbrkBase where the main heap begins; 0 where brk was never of use
 */
record MallocParameters(
    long address, long mmaps, long mmappedBytes, long sbrkBase, Thresholds thresholds) {
  private static final Thresholds UNKNOWN = new Thresholds(-1, -1, -1);

  /** DEFAULT_MMAP_MAX; a tunable changes it. */
  private static final long MMAPS_MAX_DEFAULT = 65536;

  /** Words of the structure before sbrk_base that are looked at. */
  private static final int WORDS_BEFORE = 16;

  /** The largest value that a threshold can have by itself is 64 MiB; set by hand, any. */
  private static final long THRESHOLD_MAX_BYTES = 1L << 46;

  private static final long ARENA_TEST_DEFAULT = 8;

  static @Nullable MallocParameters find(
      Window window, List<Mapping> data, @Nullable AddressRange heap) throws IOException {
    for (Mapping mapping : data) {
      long end = mapping.range().start() + Math.min(mapping.range().bytes(), 64L << 20);
      for (long page = mapping.range().start(); page < end; page += window.pageBytes()) {
        if (window.isResident(page)) {
          MallocParameters found = findOnPage(window, page, heap);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  private static @Nullable MallocParameters findOnPage(
      Window window, long page, @Nullable AddressRange heap) throws IOException {
    for (long at = page; at < page + window.pageBytes(); at += 8) {
      try {
        long base = window.word(at);
        boolean fits = base == 0 || (heap != null && heap.contains(base));
        if (fits && at >= WORDS_BEFORE * 8) {
          MallocParameters found = read(window, at);
          if (found != null) {
            return found;
          }
        }
      } catch (HeapChangedException e) {
        window.forgetWords(); // its beginning would be on a page that is not there
      }
    }
    return null;
  }

  /** Reads the structure whose sbrk_base is at {@code at}; null where it does not fit. */
  static @Nullable MallocParameters read(Window window, long at)
      throws IOException, HeapChangedException {
    long from = at - WORDS_BEFORE * 8;
    int i = window.at(from, WORDS_BEFORE + 1) + WORDS_BEFORE;
    long[] w = window.words;
    long mmapped = w[i - 2];
    long mmappedMost = w[i - 1];
    boolean aligned = (mmapped & (window.pageBytes() - 1)) == 0;
    if (!aligned || mmapped < 0 || mmapped > mmappedMost) {
      return null;
    }
    // An int more, since 2.35, shifts the counts by half a word.
    boolean shifted = (w[i - 4] & 0xffffffffL) == MMAPS_MAX_DEFAULT;
    boolean plain = w[i - 4] >>> 32 == MMAPS_MAX_DEFAULT;
    if (shifted == plain) {
      return null;
    }
    long count = shifted ? w[i - 5] >>> 32 : w[i - 4] & 0xffffffffL;
    long countMost = shifted ? w[i - 4] >>> 32 : w[i - 3] & 0xffffffffL;
    if (count > countMost || (count == 0) != (mmapped == 0)) {
      return null;
    }
    return new MallocParameters(at, count, mmapped, w[i], thresholds(w, i));
  }

  private static Thresholds thresholds(long[] w, int sbrkBase) {
    for (int k = sbrkBase - 6; k >= sbrkBase - WORDS_BEFORE + 3; k--) {
      // arena_test is 8 unless set; before it are three sizes, after it arena_max.
      boolean sizes = isSize(w[k - 3]) && isSize(w[k - 2]) && isSize(w[k - 1]);
      if (w[k] == ARENA_TEST_DEFAULT && sizes && w[k + 1] >= 0 && w[k + 1] < 1 << 20) {
        return new Thresholds(w[k - 1], w[k - 3], w[k + 1]);
      }
    }
    return UNKNOWN;
  }

  private static boolean isSize(long word) {
    return word >= 0 && word <= THRESHOLD_MAX_BYTES;
  }
}
