package io.weir.memory.census;

import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds glibc's arenas by their structure, without symbols and without a table of versions.
 *
 * <p>An empty bin's two words point 16 bytes before themselves. The last of 127 bins is never used,
 * so it always looks so; the other 126 look so or point to chunks, that is, into writable memory.
 * Behind the bins, {@code next} closes a ring over all arenas, which tells where the structure
 * begins. Nothing else in a process' data looks like that.
 */
final class ArenaSearch {
  /** Data of one object that is looked through; libc has 20 KiB. */
  private static final long DATA_MAX_BYTES = 64L << 20;

  /** What may lie before the bins. */
  private static final int BINS_OFFSET_MAX = 0x200;

  private static final int LAST_BIN = (MallocState.BIN_PAIRS - 1) * 16;

  /** M_ARENA_MAX is 8 for each core unless set; this would be 1,024 cores. */
  static final int ARENAS_MAX = 8192;

  /**
   * What was found.
   *
   * @param library the file whose data it lies in
   * @param arenas addresses, the main one first
   * @param data where the library's writable data is, to find malloc's parameters in
   */
  record Found(String library, int binsOffset, List<Long> arenas, List<Mapping> data) {}

  private final Window window;
  private final List<Mapping> mappings;
  private final long[] bounds;

  ArenaSearch(Window window, List<Mapping> mappings) {
    this.window = window;
    this.mappings = mappings;
    List<Mapping> writable = mappings.stream().filter(Mapping::isWritable).toList();
    this.bounds = new long[writable.size() * 2];
    for (int i = 0; i < writable.size(); i++) {
      bounds[2 * i] = writable.get(i).range().start();
      bounds[2 * i + 1] = writable.get(i).range().end();
    }
  }

  /** The arenas, or null where no initialised main arena is to be seen. */
  @Nullable Found find() throws IOException {
    Found found = find(true);
    return found != null ? found : find(false);
  }

  private @Nullable Found find(boolean libc) throws IOException {
    for (int i = 0; i < mappings.size(); i++) {
      Mapping mapping = mappings.get(i);
      if (mapping.inode() != 0 && mapping.isWritable() && isLibc(mapping.name()) == libc) {
        List<Mapping> data = dataFrom(i);
        Found found = findIn(data);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private static boolean isLibc(String name) {
    String file = name.substring(name.lastIndexOf('/') + 1);
    return file.startsWith("libc.so") || file.startsWith("libc-2.");
  }

  /** A file's writable mapping, and the anonymous rest of its data that follows (.bss). */
  private List<Mapping> dataFrom(int i) {
    List<Mapping> data = new ArrayList<>(2);
    data.add(mappings.get(i));
    if (i + 1 < mappings.size()) {
      Mapping next = mappings.get(i + 1);
      boolean adjoins = next.range().start() == mappings.get(i).range().end();
      if (adjoins && next.isAnonymous() && next.isWritable() && !next.name().equals("[heap]")) {
        data.add(next);
      }
    }
    return data;
  }

  private @Nullable Found findIn(List<Mapping> data) throws IOException {
    for (Mapping mapping : data) {
      long end = mapping.range().start() + Math.min(mapping.range().bytes(), DATA_MAX_BYTES);
      for (long page = mapping.range().start(); page < end; page += window.pageBytes()) {
        if (window.isResident(page)) {
          Found found = findOnPage(page, mapping.name(), data);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }

  private @Nullable Found findOnPage(long page, String name, List<Mapping> data)
      throws IOException {
    try {
      for (long at = page; at < page + window.pageBytes(); at += 8) {
        int i = window.at(at, 2);
        if (window.words[i] == at - 16 && window.words[i + 1] == at - 16) {
          long bins = at - LAST_BIN;
          if (bins > BINS_OFFSET_MAX && areBins(bins)) {
            Found found = ring(bins, name, data);
            if (found != null) {
              return found;
            }
          }
        }
      }
    } catch (HeapChangedException e) {
      return null; // a structure at the edge of what is resident is none
    }
    return null;
  }

  /** Are there 127 pairs, and is what follows sane? */
  private boolean areBins(long bins) throws IOException {
    try {
      int i = window.at(bins, MallocState.TAIL_BYTES / 8);
      long[] w = window.words;
      for (int k = 0; k < MallocState.BIN_PAIRS; k++) {
        long self = bins + 16L * k - 16;
        if (!isBinWord(w[i + 2 * k], self) || !isBinWord(w[i + 2 * k + 1], self)) {
          return false;
        }
      }
      long last = bins + LAST_BIN - 16;
      int t = i + LAST_BIN / 8;
      return w[t] == last && w[t + 1] == last && isWritable(w[i + 256]);
    } catch (HeapChangedException e) {
      return false;
    }
  }

  private boolean isBinWord(long word, long self) {
    return word == self || ((word & 15) == 0 && isWritable(word));
  }

  /** Walks the ring of arenas from the main one, whose base is not known yet. */
  private @Nullable Found ring(long bins, String name, List<Mapping> data) throws IOException {
    List<Long> others = new ArrayList<>();
    try {
      long next = window.word(bins + 2048);
      int offset = 0;
      while (others.size() < ARENAS_MAX) {
        if (next < bins && next >= bins - BINS_OFFSET_MAX && (next & 7) == 0) {
          int mainOffset = (int) (bins - next);
          if (offset != 0 && offset != mainOffset) {
            return null;
          }
          List<Long> arenas = new ArrayList<>(others.size() + 1);
          arenas.add(next);
          arenas.addAll(others);
          return new Found(name, mainOffset, arenas, data);
        }
        offset = offset == 0 ? binsOffset(next) : offset;
        if (offset == 0) {
          return null;
        }
        others.add(next);
        next = window.word(next + offset + 2048);
      }
    } catch (HeapChangedException e) {
      return null;
    }
    return null;
  }

  /** The distance from another arena's base to its bins, 0 where there are none. */
  private int binsOffset(long base) throws IOException {
    for (int offset = 16; offset <= BINS_OFFSET_MAX; offset += 8) {
      if (areBins(base + offset)) {
        return offset;
      }
    }
    return 0;
  }

  /** Is the address within a writable mapping? */
  private boolean isWritable(long address) {
    int low = 0;
    int high = bounds.length / 2 - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (address < bounds[2 * middle]) {
        high = middle - 1;
      } else if (address >= bounds[2 * middle + 1]) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }
}
