package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Counts one arena, once. The self-check is in the way it counts: each part is walked from its
 * first chunk to its last exactly, and the parts add up to what the arena has from the kernel.
 */
final class ArenaCounter {
  /** Heaps of an arena: 64 MiB each, so this is 1 TiB. */
  private static final int HEAPS_MAX = 1 << 14;

  /** Reads of top and size, which the process may change between two of our reads. */
  private static final int STEADY_READS_MAX = 64;

  /** The least top, MINSIZE in glibc; systrim leaves it and a byte. */
  private static final long TOP_KEPT_BYTES = 33;

  /** HEAP_MAX_SIZE: by default, with huge pages of 2 MiB and of 1 GiB. */
  private static final long[] HEAP_ALIGNMENTS = {64L << 20, 8L << 20, 4L << 30};

  private final Window window;
  private final Window peek;
  private final int binsOffset;
  private final long pageMask;

  ArenaCounter(Window window, Window peek, int binsOffset) {
    this.window = window;
    this.peek = peek;
    this.binsOffset = binsOffset;
    this.pageMask = window.pageBytes() - 1L;
  }

  /** A top that was read in one piece with what it must fit. */
  private record Steady(MallocState state, long topBytes, long heap) {}

  /** The main arena, whose heap is the one that grows by brk; null where it goes on elsewhere. */
  @Nullable ArenaCount main(long base, long sbrkBase, long heapEnd)
      throws IOException, HeapChangedException {
    Steady steady = null;
    for (int i = 0; i < STEADY_READS_MAX && steady == null; i++) {
      MallocState state = MallocState.read(peek, base, binsOffset);
      if (state.top() == state.bins() - 16 && state.systemBytes() == 0) {
        return new ArenaCount(state, true, new FastbinMarks()); // never used
      }
      steady = steadyMain(state, sbrkBase);
    }
    if (steady == null || steady.state.top() + steady.topBytes > heapEnd) {
      return null;
    }
    ArenaCount count = new ArenaCount(steady.state, true, FastbinMarks.read(peek, steady.state));
    long end = steady.state.top() + steady.topBytes;
    if (!part(count, (sbrkBase + 15) & ~15L, end, steady.state.top())) {
      return null;
    }
    count.ranges.add(new AddressRange(sbrkBase & ~pageMask, end));
    return count;
  }

  private @Nullable Steady steadyMain(MallocState state, long sbrkBase) throws IOException {
    try {
      long topBytes = sizeAt(state.top());
      boolean fits = sbrkBase != 0 && state.top() + topBytes - sbrkBase == state.systemBytes();
      return fits ? new Steady(state, topBytes, sbrkBase) : null;
    } catch (HeapChangedException e) {
      return null;
    }
  }

  private long sizeAt(long chunk) throws IOException, HeapChangedException {
    peek.forgetWords();
    return peek.word(chunk + 8) & ~ArenaWalk.FLAGS;
  }

  /** Any other arena, whose heaps are aligned mappings, the latest first. */
  ArenaCount other(long base) throws IOException, HeapChangedException {
    Steady steady = null;
    for (int i = 0; i < STEADY_READS_MAX && steady == null; i++) {
      steady = steadyOther(MallocState.read(peek, base, binsOffset));
    }
    if (steady == null) {
      throw new HeapChangedException("an arena's top does not fit its heap");
    }
    ArenaCount count = new ArenaCount(steady.state, false, FastbinMarks.read(peek, steady.state));
    long top = steady.state.top();
    long heap = steady.heap;
    long sum = 0;
    for (int n = 0; heap != 0; n++) {
      peek.forgetWords();
      int i = peek.at(heap, 4);
      long previous = peek.words[i + 1];
      long end = heap + (top != 0 ? top + steady.topBytes - heap : peek.words[i + 2]);
      if (peek.words[i] != base || n > HEAPS_MAX || end <= heap || end - heap > 4L << 30) {
        throw new HeapChangedException("an arena's heap is not its own");
      }
      part(count, previous == 0 ? firstChunk(steady) : heap + header(base), end, top);
      count.ranges.add(new AddressRange(heap, end));
      sum += end - heap;
      if (sum > steady.state.systemBytes()) {
        throw new HeapChangedException("an arena has more heaps than memory");
      }
      top = 0;
      heap = previous;
    }
    if (sum != steady.state.systemBytes()) {
      throw new HeapChangedException("an arena's heaps do not add up to its size");
    }
    return count;
  }

  private static long firstChunk(Steady steady) {
    return steady.state.firstChunk();
  }

  /** The size of heap_info: an arena lies behind the one of its first heap. */
  private static long header(long base) {
    boolean old = (base & 0xff) == MallocState.HEAP_HEADER_OLD_BYTES;
    return old ? MallocState.HEAP_HEADER_OLD_BYTES : MallocState.HEAP_HEADER_BYTES;
  }

  private @Nullable Steady steadyOther(MallocState state)
      throws IOException, HeapChangedException {
    for (long alignment : HEAP_ALIGNMENTS) {
      long heap = state.top() & -alignment;
      try {
        long topBytes = sizeAt(state.top());
        int i = peek.at(heap, 4);
        boolean own = peek.words[i] == state.base();
        if (own && heap + peek.words[i + 2] == state.top() + topBytes) {
          return new Steady(state, topBytes, heap);
        }
      } catch (HeapChangedException e) {
        if (e.isSwapped()) {
          throw e;
        }
      }
    }
    return null;
  }

  /**
   * Walks one part; {@code top} is 0 where it is not the last.
   *
   * @return false where it ended before the top
   */
  private boolean part(ArenaCount count, long start, long end, long top)
      throws IOException, HeapChangedException {
    ArenaWalk walk = new ArenaWalk(window, count.main, count.marks);
    long stop = walk.walk(start, end, top);
    if (top != 0 && walk.endedAtFencepost) {
      return false;
    }
    if (top != 0) {
      count.topBytes = end - stop;
      count.freeResidentBytes += walk.residentPart(stop, end);
      if (count.main) {
        long merged = end - walk.topWithRun(stop);
        long kept = merged - TOP_KEPT_BYTES;
        count.trimmableBytes += kept > 0 ? window.residentBytes(end - (kept & ~pageMask), end) : 0;
      }
    }
    count.add(walk);
    return true;
  }
}
