package io.weir.memory.census;

import java.io.IOException;

/**
 * What threads' caches (tcache) hold. Such a chunk looks in use in a walk, and its list changes
 * without a lock; so only the counts are taken, from the {@code tcache_perthread_struct} of each
 * thread, which is itself a chunk of a known size:
 *
 * <pre>
 *   chunk 0x250 (2.26 to 2.29)   64 counts of  8 bits, 64 heads of lists
 *   chunk 0x290 (2.30 to 2.41)   64 counts of 16 bits, 64 heads of lists
 * </pre>
 *
 * List i has chunks of 32 + 16 i bytes. Later versions keep another structure, not read here.
 */
final class ThreadCaches {
  static final long SIZE_OLD_BYTES = 0x250;
  static final long SIZE_BYTES = 0x290;
  private static final int LISTS = 64;

  /** Chunks in one list are 7 unless a tunable says more; older versions allow 127. */
  private static final long COUNT_BITS = 0xff80_ff80_ff80_ff80L;

  private static final long COUNT_BITS_OLD = 0x8080_8080_8080_8080L;

  private final long[] counts = new long[LISTS];
  private int found;
  private long bytes;

  /** Looks whether the chunk is a thread's cache, and if so adds what it holds; the arena's first as a rule is one. */
  void look(Window window, long chunk, long size, boolean first) throws IOException, HeapChangedException {
    int i = window.at(chunk, (int) (size / 8));
    long[] w = window.words;
    boolean old = size == SIZE_OLD_BYTES;
    int countWords = old ? 8 : 16;
    long bits = old ? COUNT_BITS_OLD : COUNT_BITS;
    for (int k = 0; k < countWords; k++) {
      if ((w[i + 2 + k] & bits) != 0) {
        return;
      }
    }
    int heads = i + 2 + countWords;
    for (int list = 0; list < LISTS; list++) {
      long head = w[heads + list];
      boolean empty = count(w, i + 2, list, old) == 0;
      if (empty != (head == 0) || (head & 15) != 0 || head < 0) {
        return;
      }
    }
    add(w, i + 2, old, first);
  }

  private void add(long[] w, int at, boolean old, boolean first) {
    long before = bytes;
    for (int list = 0; list < LISTS; list++) {
      long n = count(w, at, list, old);
      counts[list] += n;
      bytes += n * (32 + 16L * list);
    }
    // Zeros could be anything, but not in an arena's first chunk.
    if (bytes > before || first) {
      found++;
    }
  }

  private static long count(long[] w, int at, int list, boolean old) {
    return old
        ? (w[at + list / 8] >>> (list % 8 * 8)) & 0xff
        : (w[at + list / 4] >>> (list % 4 * 16)) & 0xffff;
  }

  /** Caches that are surely some. */
  int found() {
    return found;
  }

  long bytes() {
    return bytes;
  }

  /** Takes the cached chunks out of those that were counted as live. */
  void removeFrom(ChunkSizes sizes) {
    for (int list = 0; list < LISTS; list++) {
      sizes.remove(32 + 16L * list, counts[list]);
    }
  }
}
