package io.weir.memory.census;

import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts what jemalloc 5.3 has, from outside. It keeps a tree from each page of its memory to a
 * structure that describes the extent the page is in:
 *
 * <pre>
 *   root, in its .bss:  2^18 words, one for each GiB of addresses ──► leaf
 *   leaf:               2^18 words, one for each page             ──► edata, and flags
 *   edata:              bits  address  size
 *   bits:               12 arena  1 slab  4 flags  3 state  8 size class  10 free regions  ...
 * </pre>
 *
 * <p>No symbol tells where the root is. A word of .bss is taken for one of it if it leads to a leaf
 * whose first entry leads to an edata with that entry's own address: this tells where the root
 * begins as well. The self-check is the same for each extent, and that extents do not overlap, have
 * a state, and slabs have whole regions of their class. Other versions and builds fail it, and then
 * nothing is told.
 *
 * <p>Sources: jemalloc 5.3, edata.h, rtree.h, sz.h. For the thread that has the windows.
 */
final class JemallocExtents {
  private static final int FANOUT_BITS = 18;
  private static final int LEAF_BYTES = 8 << FANOUT_BITS;
  private static final int PAGE_SHIFT = 12;
  private static final long EDATA_MASK = (1L << 47) - 1 & -128;
  private static final long USER_END = 1L << 47;
  private static final int LEAVES_MAX = 4096;
  private static final int EXTENTS_MAX = 1 << 21;
  private static final int SEARCH_MAX_BYTES = 64 << 20;

  /** Entries that do not fit, since the process changed them meanwhile: one of so many. */
  private static final int MISFIT_SHARE = 200;

  private static final int MISFITS_MAX = 4096;

  /** Words of the data that are tried as one of the root. */
  private static final int WORDS_TRIED_MAX = 1 << 16;

  private static final int TRIES_MAX = 3;

  private final Window leaves;
  private final Window extents;
  private final Sums sums = new Sums();
  private long extentEnd;
  private int wordsTried;
  private int seen;
  private int misfits;

  private JemallocExtents(Window leaves, Window extents) {
    this.leaves = leaves;
    this.extents = extents;
  }

  /** All bytes. Live includes what threads cache, as jemalloc's own stats.allocated does. */
  static final class Sums {
    long live;
    long active;
    long dirty;
    long muzzy;
    long retained;

    List<String> sentences() {
      return List.of(
          "live: " + mb(live) + ", what threads have cached included",
          "free within pages in use: " + mb(active - live),
          "freed pages, kept for now (dirty): " + mb(dirty),
          "freed pages, left to the kernel to take (muzzy): " + mb(muzzy),
          "addresses kept without memory (retained): " + mb(retained),
          "dirty pages go back dirty_decay_ms after, if its threads go on calling it or"
              + " MALLOC_CONF=background_thread:true is set");
    }

    private static String mb(long bytes) {
      return bytes / 1_000_000 + "." + bytes / 100_000 % 10 + " MB";
    }
  }

  /** What the library's data leads to, or null where that is not as expected. */
  static @Nullable Sums count(Window leaves, Window extents, List<Mapping> mappings, String library)
      throws IOException {
    for (int n = 0; n < TRIES_MAX; n++) {
      leaves.forget();
      extents.forget();
      JemallocExtents counter = new JemallocExtents(leaves, extents);
      if (leaves.pageBytes() == 1 << PAGE_SHIFT && counter.searchRoot(mappings, library)) {
        return counter.sums;
      }
    }
    return null;
  }

  private boolean searchRoot(List<Mapping> mappings, String library) throws IOException {
    long end = 0;
    for (Mapping mapping : mappings) {
      boolean own = mapping.name().equals(library);
      boolean adjoins = mapping.range().start() == end && mapping.isAnonymous();
      if (mapping.isWritable() && (own || adjoins) && searchRoot(mapping)) {
        return true;
      }
      end = own ? mapping.range().end() : 0;
    }
    return false;
  }

  private boolean searchRoot(Mapping data) throws IOException {
    long end = data.range().start() + Math.min(data.range().bytes(), SEARCH_MAX_BYTES);
    for (long at = data.range().start(); at < end; at += 8) {
      if ((at & (leaves.pageBytes() - 1)) == 0 && !leaves.isResident(at)) {
        at += leaves.pageBytes() - 8;
        continue;
      }
      try {
        long word = leaves.word(at);
        long first = isLeaf(word) && wordsTried++ < WORDS_TRIED_MAX ? firstAddress(word) : 0;
        long root = at - (first >>> 30) * 8;
        if (first != 0 && root >= data.range().start()) {
          return countAll(root, end);
        }
      } catch (HeapChangedException e) {
        leaves.forgetWords();
      }
    }
    return false;
  }

  /** May it be a leaf's address? They are aligned to a cache line, below the end of user space. */
  private static boolean isLeaf(long word) {
    return (word & 63) == 0 && word > 1 << 20 && word < USER_END - LEAF_BYTES;
  }

  /** The address of the first extent in what may be a leaf; 0 where it is none. */
  private long firstAddress(long leaf) throws IOException {
    for (long page = leaf & -4096; page < leaf + LEAF_BYTES; page += 4096) {
      if (!extents.isResident(page)) {
        continue;
      }
      for (long at = Math.max(page, leaf); at < Math.min(page + 4096, leaf + LEAF_BYTES); at += 8) {
        try {
          long entry = extents.word(at);
          if (entry != 0) {
            long address = extents.word((entry & EDATA_MASK) + 8);
            boolean fits = (address >>> PAGE_SHIFT & (1 << FANOUT_BITS) - 1) == (at - leaf) >> 3;
            return fits && address > 0 && address >>> 48 == 0 ? address : 0;
          }
        } catch (HeapChangedException e) {
          return 0;
        }
      }
    }
    return 0;
  }

  private boolean countAll(long root, long dataEnd) throws IOException, HeapChangedException {
    int found = 0;
    for (int i = 0; i < 1 << FANOUT_BITS && root + 8L * i < dataEnd; i++) {
      long at = root + 8L * i;
      if (!leaves.isResident(at)) {
        continue;
      }
      long leaf = leaves.word(at);
      if (leaf != 0
          && (!isLeaf(leaf) || ++found > LEAVES_MAX || !countLeaf(leaf, (long) i << 30))) {
        return false;
      }
    }
    return seen > 0 && misfits <= seen / MISFIT_SHARE + 1;
  }

  private boolean countLeaf(long leaf, long from) throws IOException {
    try {
      for (long page = leaf & -4096; page < leaf + LEAF_BYTES; page += 4096) {
        if (!leaves.isResident(page)) {
          continue;
        }
        for (long at = Math.max(page, leaf);
            at < Math.min(page + 4096, leaf + LEAF_BYTES);
            at += 8) {
          long key = from + ((at - leaf) >> 3 << PAGE_SHIFT);
          long edata = key >= extentEnd && seen <= EXTENTS_MAX ? leaves.word(at) & EDATA_MASK : 0;
          if (edata != 0 && !extent(edata, key) && ++misfits > MISFITS_MAX) {
            return false;
          }
        }
      }
    } catch (HeapChangedException e) {
      return false;
    }
    return seen <= EXTENTS_MAX;
  }

  private boolean extent(long edata, long key) throws IOException {
    seen++;
    long bits;
    long size;
    try {
      int i = extents.at(edata, 3);
      bits = extents.words[i];
      size = extents.words[i + 2] & -4096;
      if (extents.words[i + 1] >>> PAGE_SHIFT != key >>> PAGE_SHIFT || size <= 0) {
        return false;
      }
    } catch (HeapChangedException e) {
      extents.forget();
      return false;
    }
    extentEnd = key + size;
    return add(bits, size);
  }

  private boolean add(long bits, long size) {
    boolean slab = (bits >>> 12 & 1) != 0;
    long region = regionBytes((int) (bits >>> 20 & 0xff));
    switch ((int) (bits >>> 17 & 7)) {
      case 0 -> {
        long used = slab ? size - (bits >>> 28 & 0x3ff) * region : region;
        if (used < 0 || used > size || (slab && size % region != 0)) {
          return false;
        }
        sums.active += size;
        sums.live += used;
      }
      case 1 -> sums.dirty += size;
      case 2 -> sums.muzzy += size;
      case 3 -> sums.retained += size;
      default -> {
        return false; // on its way from one state to another
      }
    }
    return true;
  }

  /** 8, then steps of 16 to 128, then four steps a doubling. */
  static long regionBytes(int sizeClass) {
    if (sizeClass <= 8) {
      return sizeClass == 0 ? 8 : sizeClass * 16L;
    }
    int doubling = (sizeClass - 9) / 4;
    return doubling > 50 ? Long.MAX_VALUE : (5L + (sizeClass - 9) % 4) << (5 + doubling);
  }
}
