package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A small heap as glibc 2.36 or 2.43 would lay it out, without a process: one page of libc's data
 * with the main arena and mp_, and a heap with live chunks, free ones, fastbins (2.36), a thread's
 * cache and a top.
 */
final class HeapImage implements RemoteMemory {
  static final int PAGE_BYTES = 4096;
  private static final int BINS_OFFSET = 0x70;
  private static final int BINS_OFFSET_MODERN = 0x18;
  static final long DATA = 0x7f0000000000L;
  static final long HEAP = 0x550000000000L;
  private static final int DATA_WORDS = 2 * PAGE_BYTES / 8;
  private static final int ARENA_WORD = 32;
  private static final int PARAMETERS_WORD = 400;

  /** More reads than this for one small heap are a loop. */
  private static final int READS_MAX = 100_000;

  final long[] data = new long[DATA_WORDS];
  final long[] heap;
  long liveBytes;
  long freeBytes;
  long fastbinBytes;
  long tcacheBytes;
  long topBytes;
  int reads;

  private final boolean modern;

  /** As glibc 2.43 has it where {@code modern}, else as 2.36. */
  HeapImage(long seed, int pages, boolean modern) {
    this.modern = modern;
    heap = new long[pages * PAGE_BYTES / 8];
    Random random = new Random(seed);
    long top = chunks(random);
    arena(top);
    parameters();
  }

  static long arenaAddress() {
    return DATA + ARENA_WORD * 8L;
  }

  /** Writes chunks; returns the top's address. */
  private long chunks(Random random) {
    int word = 0;
    long before = 0;
    long fastHead = 0;
    // The cache first, with three chunks of 32 bytes that are not looked at.
    int cache = modern ? 0x300 : 0x290;
    heap[word + 1] = cache | 1;
    if (modern) {
      Arrays.fill(heap, word + 2, word + 21, 0x0010_0010_0010_0010L);
      heap[word + 2] -= 3;
    } else {
      heap[word + 2] = 3;
    }
    heap[word + (modern ? 21 : 18)] = HEAP + cache + 16;
    liveBytes = cache;
    word += cache / 8;
    tcacheBytes = 96;
    boolean wasFree = false;
    while (word * 8L < heap.length * 8L - 64 * 1024) {
      long size = 32 + 16L * random.nextInt(random.nextInt(10) == 0 ? 2000 : 60);
      boolean free = !wasFree && random.nextInt(3) == 0 && size > 0xb0;
      heap[word] = wasFree ? before : 0;
      heap[word + 1] = size | (wasFree ? 0 : 1);
      if (free) {
        freeBytes += size;
      } else if (!modern && size == 48 && random.nextBoolean()) {
        heap[word + 2] = fastHead ^ ((HEAP + word * 8L + 16) >>> 12);
        fastHead = HEAP + word * 8L;
        fastbinBytes += size;
      } else {
        liveBytes += size;
      }
      wasFree = free;
      before = size;
      word += (int) (size / 8);
    }
    data[ARENA_WORD + 2 + 1] = fastHead;
    topBytes = heap.length * 8L - word * 8L;
    heap[word] = wasFree ? before : 0;
    heap[word + 1] = topBytes | (wasFree ? 0 : 1);
    return HEAP + word * 8L;
  }

  private void arena(long top) {
    int bins = ARENA_WORD + (modern ? BINS_OFFSET_MODERN : BINS_OFFSET) / 8;
    data[bins - 2] = top;
    for (int i = 0; i < MallocState.BIN_PAIRS; i++) {
      long self = DATA + (bins + 2L * i) * 8 - 16;
      data[bins + 2 * i] = self;
      data[bins + 2 * i + 1] = self;
    }
    data[bins + 256] = arenaAddress();
    data[bins + 259] = heap.length * 8L;
    data[bins + 260] = heap.length * 8L;
  }

  private void parameters() {
    long[] words = {131072, 131072, 131072, 8, 0, 0, 0, 0, 65536, 0, 0, 0, HEAP};
    System.arraycopy(words, 0, data, PARAMETERS_WORD, words.length);
  }

  AddressRange heapRange() {
    return new AddressRange(HEAP, HEAP + heap.length * 8L);
  }

  List<Mapping> mappings() {
    List<Mapping> mappings = new ArrayList<>();
    mappings.add(new Mapping(heapRange(), "rw-p", 0, 0, "[heap]"));
    AddressRange range = new AddressRange(DATA, DATA + DATA_WORDS * 8L);
    mappings.add(new Mapping(range, "rw-p", 0, 7, "/lib/libc.so.6"));
    return mappings;
  }

  @Override
  public int pageBytes() {
    return PAGE_BYTES;
  }

  @Override
  public void words(long address, long[] into, int count) throws IOException {
    if (reads++ > READS_MAX) {
      throw new AssertionError("the census reads on and on");
    }
    boolean inData = address >= DATA;
    long from = (address - (inData ? DATA : HEAP)) / 8;
    long[] words = inData ? data : heap;
    if (from < 0 || from + count > words.length) {
      throw new IOException("not mapped");
    }
    System.arraycopy(words, (int) from, into, 0, count);
  }

  @Override
  public void pages(long address, long[] into, int count) {
    if (reads++ > READS_MAX) {
      throw new AssertionError("the census looks at pages on and on");
    }
    for (int i = 0; i < count; i++) {
      long page = address / PAGE_BYTES * PAGE_BYTES + (long) i * PAGE_BYTES;
      boolean mapped =
          heapRange().contains(page) || (page >= DATA && page < DATA + DATA_WORDS * 8L);
      into[i] = mapped ? 1L << 63 : 0;
    }
  }
}
