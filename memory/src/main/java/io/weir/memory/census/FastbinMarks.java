package io.weir.memory.census;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of an arena's fastbins. In a walk they look as if in use; only these lists tell. One
 * bit for 32 bytes of heap, the size of the least chunk, in blocks made where needed.
 *
 * <p>Links are mangled since glibc 2.32 ("safe-linking": link XOR address of the link >> 12). Which
 * of the two holds is seen by decoding both ways: a link must lead to a chunk of the list's size.
 */
final class FastbinMarks {
  /** The largest a fastbin can be told to hold (M_MXFAST), as a chunk, rounded up. */
  static final long SIZE_MAX_BYTES = 0xb0;

  /** 8 MiB of heap a block. */
  private static final int BLOCK_SHIFT = 23;

  private static final int BLOCK_WORDS = 1 << (BLOCK_SHIFT - 5 - 6);

  /** 128 blocks of 32 KiB: a gigabyte of heap, if all of it is in fastbins. */
  private static final int BLOCKS_MAX = 128;

  private final Map<Long, long[]> blocks = new HashMap<>();
  private long lastKey = -1;
  private long @Nullable [] lastBlock;
  private long count;

  boolean isEmpty() {
    return count == 0;
  }

  /** Marks the chunks of all lists. */
  static FastbinMarks read(Window window, MallocState state)
      throws IOException, HeapChangedException {
    FastbinMarks marks = new FastbinMarks();
    for (int i = 0; i < state.fastbins().size(); i++) {
      marks.list(window, state.fastbins().get(i), 32 + 16L * i, state.systemBytes());
    }
    return marks;
  }

  private void list(Window window, long head, long size, long systemBytes)
      throws IOException, HeapChangedException {
    long chunk = head;
    long most = systemBytes / size;
    for (long n = 0; chunk != 0; n++) {
      if (n > most || !isChunk(window, chunk, size) || !mark(chunk)) {
        throw new HeapChangedException("a fastbin's list does not end");
      }
      chunk = next(window, chunk, size);
    }
  }

  private static long next(Window window, long chunk, long size)
      throws IOException, HeapChangedException {
    long link = window.word(chunk + 16);
    long plain = link ^ ((chunk + 16) >>> 12);
    if (plain == 0 || link == 0) {
      return 0;
    }
    if (isChunk(window, plain, size)) {
      return plain;
    }
    return link;
  }

  private static boolean isChunk(Window window, long chunk, long size) throws IOException {
    if ((chunk & 15) != 0 || chunk <= 0) {
      return false;
    }
    try {
      int i = window.at(chunk, 4);
      return (window.words[i + 1] & ~7L) == size;
    } catch (HeapChangedException e) {
      return false;
    }
  }

  /** Marks a chunk; false if it is marked already: the list goes round. */
  private boolean mark(long chunk) throws HeapChangedException {
    count++;
    long[] block = block(chunk, true);
    if (block == null) {
      throw new HeapChangedException("more is in fastbins than can be kept track of");
    }
    int word = (int) (chunk >>> 11) & (BLOCK_WORDS - 1);
    long bit = 1L << (chunk >>> 5);
    boolean fresh = (block[word] & bit) == 0;
    block[word] |= bit;
    return fresh;
  }

  boolean contains(long chunk) {
    long[] block = block(chunk, false);
    return block != null
        && (block[(int) (chunk >>> 11) & (BLOCK_WORDS - 1)] & (1L << (chunk >>> 5))) != 0;
  }

  private long @Nullable [] block(long chunk, boolean make) {
    long key = chunk >>> BLOCK_SHIFT;
    if (key != lastKey || (make && lastBlock == null)) {
      long[] block = blocks.get(key);
      if (block == null && make && blocks.size() < BLOCKS_MAX) {
        block = new long[BLOCK_WORDS];
        blocks.put(key, block);
      }
      lastKey = key;
      lastBlock = block;
    }
    return lastBlock;
  }
}
