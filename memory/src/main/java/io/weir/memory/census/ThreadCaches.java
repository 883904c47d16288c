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
 *   chunk 0x300 (since 2.42)     76 rooms  of 16 bits, 76 heads of lists
 * </pre>
 *
 * List i has chunks of 32 + 16 i bytes. A room is how many more chunks a list may take: what an
 * empty list has, less its length. Lists 64 to 75 have chunks of many sizes and stay empty unless a
 * tunable, tcache_max, says otherwise; what they hold then stays with the live chunks.
 */
final class ThreadCaches {
  static final long SIZE_OLD_BYTES = 0x250;
  static final long SIZE_BYTES = 0x290;
  static final long SIZE_ROOMS_BYTES = 0x300;
  private static final int LISTS = 64;
  private static final int LISTS_ROOMS = 76;

  /** Chunks in one list are 7 unless a tunable says more; older versions allow 127. */
  private static final long COUNT_BITS = 0xff80_ff80_ff80_ff80L;

  private static final long COUNT_BITS_OLD = 0x8080_8080_8080_8080L;

  private static final int COUNT_MAX = 127;

  private final long[] counts = new long[LISTS];
  private int found;
  private long bytes;

  /** May a chunk of this size be a thread's cache? */
  static boolean isSize(long size) {
    return size == SIZE_BYTES || size == SIZE_OLD_BYTES || isRoomsSize(size);
  }

  /** Made at a thread's first free, so it may be cut from a chunk that left 16 bytes too few. */
  private static boolean isRoomsSize(long size) {
    return size == SIZE_ROOMS_BYTES || size == SIZE_ROOMS_BYTES + 16;
  }

  /**
   * Looks whether the chunk is a thread's cache, and if so adds what it holds.
   *
   * @param first is it the arena's first chunk, which up to 2.41 a cache is as a rule?
   */
  void look(Window window, long chunk, long size, boolean first)
      throws IOException, HeapChangedException {
    int i = window.at(chunk, (int) (size / 8)) + 2;
    if (isRoomsSize(size)) {
      lookAtRooms(window.words, i);
    } else {
      lookAtCounts(window.words, i, size == SIZE_OLD_BYTES, first);
    }
  }

  private void lookAtCounts(long[] w, int at, boolean old, boolean first) {
    int countWords = old ? 8 : 16;
    long bits = old ? COUNT_BITS_OLD : COUNT_BITS;
    for (int k = 0; k < countWords; k++) {
      if ((w[at + k] & bits) != 0) {
        return;
      }
    }
    for (int list = 0; list < LISTS; list++) {
      if (!headFits(w[at + countWords + list], count(w, at, list, old))) {
        return;
      }
    }
    long before = bytes;
    for (int list = 0; list < LISTS; list++) {
      add(list, count(w, at, list, old));
    }
    // Zeros could be anything, but not in an arena's first chunk.
    if (bytes > before || first) {
      found++;
    }
  }

  private void lookAtRooms(long[] w, int at) {
    long most = 0;
    for (int list = 0; list < LISTS_ROOMS; list++) {
      most = Math.max(most, count(w, at, list, false));
    }
    boolean anyEmpty = false; // else it is not known what an empty list has
    for (int list = 0; list < LISTS_ROOMS; list++) {
      long head = w[at + LISTS_ROOMS / 4 + list];
      anyEmpty |= head == 0;
      if (!headFits(head, most - count(w, at, list, false))) {
        return;
      }
    }
    if (!anyEmpty || most == 0 || most > COUNT_MAX) {
      return;
    }
    for (int list = 0; list < LISTS; list++) {
      add(list, most - count(w, at, list, false));
    }
    found++;
  }

  private static boolean headFits(long head, long count) {
    return (count == 0) == (head == 0) && (head & 15) == 0 && head >= 0;
  }

  private void add(int list, long count) {
    counts[list] += count;
    bytes += count * (32 + 16L * list);
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
