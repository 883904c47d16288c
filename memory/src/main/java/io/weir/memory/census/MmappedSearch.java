package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks for chunks that are mappings of their own. The kernel merges neighbours into one mapping,
 * and stacks and managed heaps are anonymous too; so each resident page is looked at for a header
 * that fits: IS_MMAPPED alone, and size and the gap before it make whole pages. What is found
 * counts only if number and sum are malloc's own, to the byte. Where malloc's are not known, only
 * headers at the very beginning of a page are taken, and the result says that it rests on them
 * alone.
 */
final class MmappedSearch {
  /** The most pages looked at that are no chunks: 1 GiB with pages of 4 KiB. */
  private static final int PAGES_MAX = 1 << 18;

  /** The most pages of which it is asked whether they are resident: 128 GiB. */
  private static final int LOOKUPS_MAX = 1 << 25;

  /** Of what only looks like a chunk. */
  private static final int OTHERS_MAX = 2;

  private final Window window;
  private final long pageMask;
  private final List<AddressRange> found = new ArrayList<>();
  private final List<Long> sizes = new ArrayList<>();
  private long bytes;
  private int pages;
  private int lookups;
  private final int headersAPage;

  private MmappedSearch(Window window, int headersAPage) {
    this.window = window;
    this.pageMask = window.pageBytes() - 1L;
    this.headersAPage = headersAPage;
  }

  /** For headers at the very beginning of a page: all but memalign'ed chunks. */
  static MmappedSearch atPages(Window window) {
    return new MmappedSearch(window, 1);
  }

  /** For headers anywhere in a page: finds all, and now and then what only looks like one. */
  static MmappedSearch anywhere(Window window) {
    return new MmappedSearch(window, Integer.MAX_VALUE);
  }

  List<AddressRange> ranges() {
    return found;
  }

  List<Long> sizes() {
    return sizes;
  }

  /** Did it find as many as there are, and as large? */
  boolean found(long count, long sum) {
    return found.size() == count && bytes == sum;
  }

  /** As {@link #search}, where nothing is known of what there is to find. */
  void searchByShape(List<Mapping> mappings, List<AddressRange> heaps) throws IOException {
    search(mappings, heaps, Integer.MAX_VALUE, Long.MAX_VALUE);
  }

  /** Looks through what is anonymous, writable and not within {@code heaps}. */
  void search(List<Mapping> mappings, List<AddressRange> heaps, long count, long sum)
      throws IOException {
    window.forget();
    for (Mapping mapping : mappings) {
      boolean named = mapping.name().startsWith("[") && !mapping.name().startsWith("[anon");
      if (mapping.isAnonymous() && mapping.isWritable() && !named) {
        search(mapping.range(), heaps, count, sum);
        if (found(count, sum) || found.size() - count > OTHERS_MAX || !isWithinBounds()) {
          break;
        }
      }
    }
    leaveOutOthers(count, sum);
  }

  /**
   * A page of somebody else's may begin like a chunk: left out, if number and sum are then right.
   */
  private void leaveOutOthers(long count, long sum) {
    long others = found.size() - count;
    for (int i = 0; i < found.size() && others >= 1 && others <= OTHERS_MAX; i++) {
      long excess = bytes - sum - found.get(i).bytes();
      if (others == 1 && excess == 0) {
        leaveOut(i);
        return;
      }
      for (int j = i + 1; j < found.size() && others == 2; j++) {
        if (found.get(j).bytes() == excess) {
          leaveOut(j);
          leaveOut(i);
          return;
        }
      }
    }
  }

  private void leaveOut(int i) {
    bytes -= found.remove(i).bytes();
    sizes.remove(i);
  }

  private void search(AddressRange range, List<AddressRange> heaps, long count, long sum)
      throws IOException {
    long page = range.start();
    while (page < range.end() && isWithinBounds() && !found(count, sum)) {
      lookups++;
      long skipTo = endOfHeap(page, heaps);
      if (skipTo > page) {
        page = (skipTo + pageMask) & ~pageMask;
        continue;
      }
      page = window.isResident(page) ? look(page, range) : page + pageMask + 1;
    }
  }

  private boolean isWithinBounds() {
    return pages < PAGES_MAX && lookups < LOOKUPS_MAX;
  }

  private static long endOfHeap(long page, List<AddressRange> heaps) {
    for (AddressRange heap : heaps) {
      if (heap.contains(page)) {
        return heap.end();
      }
    }
    return page;
  }

  /** Returns where to go on: after the chunk, or at the next page. */
  private long look(long page, AddressRange range) throws IOException {
    pages++;
    long next = page + pageMask + 1;
    try {
      int words = (int) (pageMask + 1) / Long.BYTES;
      int i = window.at(page, words);
      long[] w = window.words;
      for (int k = 0; k < words && k / 2 < headersAPage; k += 2) {
        long head = w[i + k + 1];
        if ((head & ArenaWalk.FLAGS) == ArenaWalk.IS_MMAPPED) {
          long gap = w[i + k];
          long start = page + 8L * k - gap;
          long size = head & ~ArenaWalk.FLAGS;
          if (fits(start, gap, size, range)) {
            found.add(new AddressRange(start, start + gap + size));
            sizes.add(size);
            bytes += gap + size;
            return start + gap + size;
          }
        }
      }
    } catch (HeapChangedException e) {
      return next;
    }
    return next;
  }

  /** The gap is not 0 where more than usual alignment was asked for (memalign). */
  private boolean fits(long start, long gap, long size, AddressRange range) {
    return gap >= 0
        && gap <= range.bytes()
        && size > pageMask
        && size <= range.bytes()
        && (start & pageMask) == 0
        && start >= range.start()
        && ((gap + size) & pageMask) == 0
        && start + gap + size <= range.end();
  }
}
