package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.List;

/**
 * Counts a main arena that is in several parts: something else moved the end of the data segment
 * (brk), or brk met another mapping and malloc went on in anonymous ones. Each part but the last
 * ends with a fencepost, the last one at the top. Where a part begins is not written anywhere: in
 * an anonymous mapping on a page, in the heap on any multiple of 16 bytes. What looks like a
 * beginning and can be walked to the end is one; all parts together must have as many bytes as the
 * arena has from the kernel.
 */
final class MainParts {
  /** Places that are tried as beginnings. */
  private static final int PLACES_MAX = 1 << 22;

  private final Window window;
  private final Window peek;
  private final MallocState state;
  private final List<AddressRange> others;
  private final long pageBytes;
  private final ArenaCount count;
  private final long deadlineNanos;
  private int places;
  private long bytes;
  private long gapBytes;

  /**
   * For one count.
   *
   * @param deadlineNanos when to give up, by {@link System#nanoTime}
   */
  MainParts(
      Window window, Window peek, MallocState state, List<AddressRange> others, long deadlineNanos)
      throws IOException, HeapChangedException {
    this.window = window;
    this.peek = peek;
    this.state = state;
    this.others = others;
    this.deadlineNanos = deadlineNanos;
    this.pageBytes = window.pageBytes();
    this.count = new ArenaCount(state, true, FastbinMarks.read(peek, state));
  }

  ArenaCount count(long sbrkBase, List<Mapping> mappings) throws IOException, HeapChangedException {
    peek.forget();
    for (Mapping mapping : mappings) {
      boolean heap = mapping.name().equals("[heap]");
      boolean named = mapping.name().startsWith("[") && !mapping.name().startsWith("[anon");
      if (heap && sbrkBase != 0 && sbrkBase < mapping.range().end()) {
        search(Math.max(sbrkBase, mapping.range().start()), mapping.range().end(), true);
      } else if (mapping.isAnonymous() && mapping.isWritable() && !named) {
        search(mapping.range().start(), mapping.range().end(), false);
      }
    }
    if (bytes != state.systemBytes() && bytes + gapBytes != state.systemBytes()) {
      throw new HeapChangedException(
          "the main heap is in several parts, and not all of them were found");
    }
    return count;
  }

  private void search(long from, long end, boolean heap) throws IOException, HeapChangedException {
    long at = from;
    long lastEnd = heap ? from : 0;
    while (at < end && bytes < state.systemBytes() && places++ < PLACES_MAX) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new HeapChangedException("the parts of the main heap took too long to find");
      }
      long next = skip(at);
      if (next == at) {
        long stop = isFirst((at + 15) & ~15L, end) ? part((at + 15) & ~15L, end) : 0;
        if (stop > 0) {
          gapBytes += heap ? at - lastEnd : 0;
          bytes += stop - at;
          lastEnd = stop;
        }
        next = stop > 0 ? stop : at + (heap ? 16 : pageBytes);
      }
      at = next;
    }
  }

  /** Over other arenas' heaps, chunks that are mappings, and pages that are not there. */
  private long skip(long at) throws IOException, HeapChangedException {
    for (AddressRange other : others) {
      if (other.contains(at)) {
        return (other.end() + pageBytes - 1) & -pageBytes;
      }
    }
    if (!window.isResident(at)) {
      return (at + pageBytes) & -pageBytes;
    }
    if ((at & (pageBytes - 1)) == 0) {
      int i = peek.at(at, 2);
      long head = peek.words[i + 1];
      boolean mmapped = (head & ArenaWalk.FLAGS) == ArenaWalk.IS_MMAPPED && peek.words[i] == 0;
      long size = head & ~ArenaWalk.FLAGS;
      if (mmapped && size > 0 && size < 1L << 46 && (size & (pageBytes - 1)) == 0) {
        return at + size;
      }
    }
    return at;
  }

  private boolean isFirst(long at, long end) throws IOException {
    try {
      long head = peek.word(at + 8);
      long size = head & ~ArenaWalk.FLAGS;
      boolean plain = (head & 15) == ArenaWalk.PREV_INUSE && size >= ArenaWalk.SIZE_MIN_BYTES;
      return plain && size < end - at && window.isResident(at + size);
    } catch (HeapChangedException e) {
      return false;
    }
  }

  /** Returns where the part ends, 0 where it is none. */
  private long part(long at, long end) throws IOException, HeapChangedException {
    boolean last = state.top() >= at && state.top() < end;
    ArenaWalk walk = new ArenaWalk(window, true, count.marks);
    try {
      long stop = walk.walk(at, end, last ? state.top() : 0);
      if (!walk.endedAtFencepost) {
        long topBytes = window.word(stop + 8) & ~ArenaWalk.FLAGS;
        if (topBytes < ArenaWalk.SIZE_MIN_BYTES || topBytes > end - stop) {
          return 0;
        }
        count.topBytes = topBytes;
        count.freeResidentBytes += walk.residentPart(stop, stop + topBytes);
        stop += topBytes;
      }
      count.add(walk);
      count.ranges.add(new AddressRange(at, stop));
      return stop;
    } catch (HeapChangedException e) {
      if (e.isSwapped()) {
        throw e;
      }
      return 0;
    }
  }
}
