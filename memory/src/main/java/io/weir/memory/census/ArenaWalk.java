package io.weir.memory.census;

import java.io.IOException;

/**
 * Walks chunks, header by header.
 *
 * <pre>
 *   chunk ──► │ size of the one before, if that is free │ own size, flags │ user's bytes ...
 *   next  ──► │ ...                                     │ size, flags     │
 * </pre>
 *
 * A chunk is free when the next one's PREV_INUSE (1) is not set; then the next one also repeats its
 * size, which is checked. So each chunk is judged one step late, when the next header is at hand.
 * Only headers are looked at, and a header was always written to, so its page is resident or in
 * swap; the pages inside a free chunk are never read.
 *
 * <p>{@code malloc_trim} first puts fastbin chunks together with their free neighbours; so does
 * this, for its estimate: a run of free and fastbin chunks counts as one.
 */
final class ArenaWalk {
  static final long PREV_INUSE = 1;
  static final long IS_MMAPPED = 2;
  static final long NON_MAIN_ARENA = 4;
  static final long FLAGS = 7;
  static final long SIZE_MIN_BYTES = 32;

  /** malloc_trim leaves a free chunk's own header alone: sizeof(struct malloc_chunk). */
  private static final long TRIM_HEADER_BYTES = 48;

  /** A header that does not fit is read again so often before the walk gives up. */
  private static final int READ_AGAIN_MAX = 4;

  private final Window window;
  private final FastbinMarks marks;
  private final boolean main;
  private final long forbidden;
  private final long pageMask;

  final ChunkSizes sizes = new ChunkSizes();
  final ThreadCaches caches = new ThreadCaches();
  long liveBytes;
  long freeBytes;
  long fastbinBytes;
  long freeResidentBytes;
  long trimmableBytes;
  int readAgain;

  /** Did the last walk end at a fencepost, and not at a top? */
  boolean endedAtFencepost;

  private long firstChunk;

  /** Where a run of free chunks began, 0 where the last chunk is in use. */
  private long runStart;

  ArenaWalk(Window window, boolean main, FastbinMarks marks) {
    this.window = window;
    this.marks = marks;
    this.main = main;
    // In other arenas, chunks in use have NON_MAIN_ARENA, free ones may or may not.
    this.forbidden = main ? IS_MMAPPED | NON_MAIN_ARENA : IS_MMAPPED;
    this.pageMask = window.pageBytes() - 1L;
  }

  /**
   * Walks from the chunk at {@code start} to the one at {@code top}, or, if that is 0, to the
   * fencepost that ends a part which is not the arena's last. If the top has moved down meanwhile,
   * the walk ends at the new one.
   *
   * @param end of the part
   * @return where it ended: at the top, or after the fencepost
   */
  long walk(long start, long end, long top) throws IOException, HeapChangedException {
    window.forget();
    runStart = 0;
    firstChunk = start;
    long[] words = window.words;
    long p = start;
    long chunk = 0;
    long chunkSize = 0;
    long doubtful = 0;
    int tries = 0;
    while (p <= end - 16) {
      long i = (p - window.base) >> 3;
      if (p < window.base || i + 2 > window.count) {
        window.load(p, 2);
        i = (p - window.base) >> 3;
      }
      long head = words[(int) i + 1];
      long size = head & ~FLAGS;
      boolean used = (head & PREV_INUSE) != 0;
      boolean last = p == top || ((main || top == 0) && isFencepost(head, p, end));
      boolean fits = size >= SIZE_MIN_BYTES && (size & 8) == 0 && (head & forbidden) == 0;
      boolean footFits = used || chunkSize == 0 || words[(int) i] == chunkSize;
      if (!(last || (fits && size <= end - p)) || !footFits) {
        tries = p > doubtful ? 1 : tries + 1;
        doubtful = Math.max(doubtful, p);
        again(tries);
        if (tries > 1 && chunkSize != 0) {
          p = chunk; // it may have been cut anew
          chunkSize = 0;
        }
        continue;
      }
      if (chunkSize != 0) {
        settle(chunk, chunkSize, used);
      }
      if (last) {
        if (p == top) {
          return p;
        }
        endRun(p);
        endedAtFencepost = true;
        return fencepostEnd(p, end);
      }
      chunk = p;
      chunkSize = size;
      p += size;
      if (p == end && top != 0) {
        return chunk; // only a top reaches the end
      }
    }
    throw new HeapChangedException("the walk ran past the end");
  }

  private void again(int tries) throws HeapChangedException {
    if (tries > READ_AGAIN_MAX) {
      throw new HeapChangedException("a chunk's header does not fit");
    }
    readAgain++;
    window.forget();
  }

  /**
   * Is it what glibc's sysmalloc puts where a part of an arena ends? In the main arena two chunks
   * of 16 bytes; else one of 16 or 32 bytes, or none, and then one of 0 bytes at the very end.
   */
  private boolean isFencepost(long head, long p, long end)
      throws IOException, HeapChangedException {
    if (!main) {
      long left = end - p - 16;
      return left <= 32 && (head & ~PREV_INUSE) == left;
    }
    return (head & ~PREV_INUSE) == 16 && p + 32 <= end && (window.word(p + 24) & ~PREV_INUSE) == 16;
  }

  private long fencepostEnd(long p, long end) throws IOException, HeapChangedException {
    if (!main) {
      return end;
    }
    // A top of 16 bytes too many, not enough for a chunk, makes it three.
    // What follows may be foreign, and its page not there.
    boolean more = p + 48 <= end && window.isResident(p + 40);
    boolean three = more && (window.word(p + 40) & ~PREV_INUSE) == 16;
    return three ? p + 48 : p + 32;
  }

  private void settle(long chunk, long size, boolean used)
      throws IOException, HeapChangedException {
    if (!used) {
      freeBytes += size;
      addFree(chunk, size);
    } else if (size <= FastbinMarks.SIZE_MAX_BYTES && !marks.isEmpty() && marks.contains(chunk)) {
      fastbinBytes += size;
      addFree(chunk, size);
    } else {
      liveBytes += size;
      sizes.add(size);
      if (runStart != 0) {
        endRun(chunk);
      }
      if (ThreadCaches.isSize(size)) {
        lookForCache(chunk, size);
      }
    }
  }

  private void lookForCache(long chunk, long size) throws IOException, HeapChangedException {
    try {
      caches.look(window, chunk, size, chunk == firstChunk);
    } catch (HeapChangedException e) {
      // Not all of it is resident, so it is none: a cache is written to from end to end.
      if (e.isSwapped()) {
        throw e;
      }
    }
  }

  private void addFree(long chunk, long size) throws IOException {
    if (runStart == 0) {
      runStart = chunk;
    }
    freeResidentBytes += residentPart(chunk, chunk + size);
  }

  /** Where the top begins once the free chunks before it are one with it. */
  long topWithRun(long top) {
    return runStart == 0 ? top : runStart;
  }

  /** The first page has the chunk's header, the last one the next chunk's: both are resident. */
  long residentPart(long from, long to) throws IOException {
    long inner = (from | pageMask) + 1;
    if (inner >= to) {
      return to - from;
    }
    long innerEnd = to & ~pageMask;
    return inner - from + window.residentBytes(inner, innerEnd) + (to - innerEnd);
  }

  /** The rule of glibc's mtrim. */
  private void endRun(long end) throws IOException {
    if (runStart == 0) {
      return;
    }
    long inner = (runStart + TRIM_HEADER_BYTES + pageMask) & ~pageMask;
    if (end - runStart > pageMask + TRIM_HEADER_BYTES && end - inner > pageMask) {
      trimmableBytes += window.residentBytes(inner, end & ~pageMask);
    }
    runStart = 0;
  }
}
