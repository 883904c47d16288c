package io.weir.memory.census;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * One arena's {@code struct malloc_state}, glibc's malloc/malloc.c, on 64-bit machines.
 *
 * <pre>
 *   base                 bins (base + binsOffset)
 *   │ mutex flags ...    │ 127 pairs fd, bk      │ binmap │ next │ next_free │ threads │ system │ max
 *   │ fastbins top last  │ 2,032 bytes           │   16   │  8   │     8     │    8    │   8    │  8
 * </pre>
 *
 * What lies before the bins differs between versions; from {@code top} on, all distances are the
 * same. So all is found from the bins.
 *
 * @param base address of the structure
 * @param fastbins heads of the lists; empty where this version has none
 */
record MallocState(
    long base,
    long bins,
    boolean noncontiguous,
    long top,
    long next,
    long systemBytes,
    List<Long> fastbins) {
  static final int BIN_PAIRS = 127;
  static final int BINS_BYTES = BIN_PAIRS * 16;

  /** From the bins to the end of the structure. */
  static final int TAIL_BYTES = 2088;

  private static final int NEXT = 2048;
  private static final int SYSTEM = 2072;
  private static final int FASTBINS = 10;
  private static final int BEFORE_BINS = 16;
  private static final long NONCONTIGUOUS_BIT = 2;

  /** Of heap_info: 4 words up to glibc 2.34, 6 since. */
  static final int HEAP_HEADER_OLD_BYTES = 0x20;

  static final int HEAP_HEADER_BYTES = 0x30;

  static MallocState read(Window window, long base, int binsOffset)
      throws IOException, HeapChangedException {
    window.forget();
    int words = (binsOffset + TAIL_BYTES) / Long.BYTES;
    int i = window.at(base, words);
    long[] w = window.words;
    int b = i + binsOffset / Long.BYTES;
    int fast = (binsOffset - BEFORE_BINS) / Long.BYTES - FASTBINS;
    return new MallocState(
        base,
        base + binsOffset,
        ((w[i] >>> 32) & NONCONTIGUOUS_BIT) != 0,
        w[b - 2],
        w[b + NEXT / 8],
        w[b + SYSTEM / 8],
        fast < 1 ? List.of() : Arrays.stream(w, i + fast, i + fast + FASTBINS).boxed().toList());
  }

  /** The first chunk of an arena that is in its own first heap: after this structure. */
  long firstChunk() {
    return (bins + TAIL_BYTES + 15) & ~15L;
  }
}
