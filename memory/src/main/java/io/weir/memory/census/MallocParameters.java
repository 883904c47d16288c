package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * glibc's {@code struct malloc_par mp_}. Its end is found by what must hold there, whatever came
 * before: counts of mappings, their sizes, and {@code sbrk_base} in the heap. The limit of mappings
 * is known where nobody set it; where somebody did, the thresholds must be there as well.
 *
 * <pre>
 *   trim  top_pad  mmap_threshold  arena_test  arena_max  [2.35: thp, hp, flags]
 *   n_mmaps  n_mmaps_max  max_n_mmaps  no_dyn (ints)   mmapped_mem  max_mmapped_mem  sbrk_base
 * </pre>
 *
 * @param mmaps chunks that are mappings now; -1 where malloc's own count was not found
 * @param sbrkBase where the main heap begins; 0 where brk was never of use
 */
record MallocParameters(
    long address, long mmaps, long mmappedBytes, long sbrkBase, Thresholds thresholds) {
  private static final Thresholds UNKNOWN = new Thresholds(-1, -1, -1);

  /** DEFAULT_MMAP_MAX; a tunable changes it. */
  private static final long MMAPS_MAX_DEFAULT = 65536;

  /** Any limit of mappings, since a tunable or mallopt may set it. */
  private static final long ANY = -1;

  /** Words of the structure before sbrk_base that are looked at. */
  private static final int WORDS_BEFORE = 16;

  /** The largest value that a threshold can have by itself is 64 MiB; set by hand, any. */
  private static final long THRESHOLD_MAX_BYTES = 1L << 46;

  private static final long ARENA_TEST_DEFAULT = 8;

  /** What is known without the structure: where the main heap begins, by its arena. */
  static MallocParameters without(long sbrkBase) {
    return new MallocParameters(0, -1, 0, sbrkBase, UNKNOWN);
  }

  static @Nullable MallocParameters find(
      Window window, List<Mapping> data, @Nullable AddressRange heap) throws IOException {
    MallocParameters found = find(window, data, heap, MMAPS_MAX_DEFAULT);
    return found != null ? found : find(window, data, heap, ANY);
  }

  private static @Nullable MallocParameters find(
      Window window, List<Mapping> data, @Nullable AddressRange heap, long limit)
      throws IOException {
    for (Mapping mapping : data) {
      long end = mapping.range().start() + Math.min(mapping.range().bytes(), 64L << 20);
      for (long page = mapping.range().start(); page < end; page += window.pageBytes()) {
        if (window.isResident(page)) {
          MallocParameters found = findOnPage(window, page, heap, limit);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  private static @Nullable MallocParameters findOnPage(
      Window window, long page, @Nullable AddressRange heap, long limit) throws IOException {
    for (long at = page; at < page + window.pageBytes(); at += 8) {
      try {
        long base = window.word(at);
        boolean inHeap = heap != null && heap.contains(base);
        boolean fits = inHeap || (base == 0 && limit == ANY);
        if (fits && at >= WORDS_BEFORE * 8) {
          MallocParameters found = read(window, at, limit);
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
  private static @Nullable MallocParameters read(Window window, long at, long limit)
      throws IOException, HeapChangedException {
    long from = at - WORDS_BEFORE * 8;
    int i = window.at(from, WORDS_BEFORE + 1) + WORDS_BEFORE;
    long[] w = window.words;
    Thresholds thresholds = thresholds(w, i);
    boolean aligned = (w[i - 2] & (window.pageBytes() - 1)) == 0;
    long most = w[i] == 0 ? MMAPS_MAX_DEFAULT : limit; // less is known of one that has no heap
    if (!aligned
        || w[i - 2] < 0
        || w[i - 2] > w[i - 1]
        || (limit == ANY && thresholds.mmapBytes() < 0)) {
      return null;
    }
    // An int more, since 2.35, shifts the counts by half a word.
    boolean shifted = fits(w, i, 9, most);
    boolean plain = fits(w, i, 8, most);
    long count = count(w, i, shifted ? 9 : 8);
    if (shifted == plain && (!shifted || count != count(w, i, 8))) {
      return null;
    }
    return new MallocParameters(at, count, w[i - 2], w[i], thresholds);
  }

  /** Do the counts that begin {@code ints} before sbrk_base fit the sizes? */
  private static boolean fits(long[] w, int sbrkBase, int ints, long limit) {
    long count = count(w, sbrkBase, ints);
    long countLimit = count(w, sbrkBase, ints - 1);
    long countMost = count(w, sbrkBase, ints - 2);
    boolean limitFits = limit == ANY ? count <= countLimit : countLimit == limit;
    boolean mostFits = limit != ANY || (countMost == 0) == (w[sbrkBase - 1] == 0);
    return limitFits && mostFits && count <= countMost && (count == 0) == (w[sbrkBase - 2] == 0);
  }

  /** The int that begins {@code ints} ints before the word {@code sbrkBase}. */
  private static long count(long[] w, int sbrkBase, int ints) {
    long word = w[sbrkBase - (ints + 1) / 2];
    return (ints & 1) == 0 ? word & 0xffffffffL : word >>> 32;
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
