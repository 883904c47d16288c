package io.weir.memory.probe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds V8's heap pages by their structure.
 *
 * <p><b>Layout.</b> V8 keeps objects in pages that begin at a multiple of 256 KiB. Up to V8 11 (Node
 * 18, 20) each begins with a header (src/heap/basic-memory-chunk.h), 64-bit words:
 *
 * <pre>
 *   0  size of the page             3  start of its objects     10  address of the page itself
 *   1  flags                        4  end of its objects       11  bytes that are reserved
 *   2  the isolate's heap           5..9 counters, the space
 * </pre>
 *
 * <p>Six of these must agree with each other and with the address: chance does not do that. Later
 * versions of V8 keep this outside the page; then nothing is found, and nothing is told.
 *
 * <p><b>Touching.</b> A page of the process is read only where its page map says that it is
 * resident, so that looking does not change the resident set.
 */
final class NodeHeap implements AutoCloseable {
  private static final long V8_PAGE_BYTES = 256 * 1024;
  private static final int HEADER_BYTES = 12 * Long.BYTES;

  /** The header proper is 4,424 bytes in V8 11.3; a bitmap of marks is part of it. */
  private static final long OBJECTS_OFFSET_MAX = 64 * 1024;

  /** The largest array of V8 is 32 GiB. */
  private static final long CHUNK_BYTES_MAX = 64L << 30;

  private static final int PAGES_MAX = 200_000;
  private static final int PAGE_MAP_ENTRIES = 8 * 1024;
  private static final long PRESENT = 1L << 63;

  private final FileChannel memory;
  private final FileChannel pageMap;
  private final long pageBytes;
  private final ByteBuffer header = buffer(HEADER_BYTES);
  private final ByteBuffer entries = buffer(PAGE_MAP_ENTRIES * Long.BYTES);
  private final List<AddressRange> ranges = new ArrayList<>();
  private long committedBytes;
  private long residentBytes;

  NodeHeap(Target target) throws IOException {
    pageBytes = ResidentSet.pageBytes();
    memory = FileChannel.open(target.file("mem"), StandardOpenOption.READ);
    try {
      pageMap = FileChannel.open(target.file("pagemap"), StandardOpenOption.READ);
    } catch (IOException e) {
      memory.close();
      throw e;
    }
  }

  /** Looks through one mapping; only anonymous, writable, private ones can hold V8's objects. */
  void search(Mapping mapping) throws IOException {
    if (!mapping.isAnonymous() || !mapping.isWritable() || !mapping.name().isEmpty()) {
      return;
    }
    long end = mapping.range().end();
    long at = alignedUp(mapping.range().start());
    while (at >= 0 && at < end && ranges.size() < PAGES_MAX) {
      long size = chunkBytes(at, end);
      if (size > 0) {
        take(at, size);
      }
      at = alignedUp(at + Math.max(size, 1));
    }
  }

  /** The size of the chunk that begins here, or 0. */
  private long chunkBytes(long at, long mappingEnd) throws IOException {
    if (residentBytes(at, at + pageBytes) == 0 || !read(memory, header, at)) {
      return 0;
    }
    long size = header.getLong(0);
    long objects = header.getLong(3 * Long.BYTES);
    long objectsEnd = header.getLong(4 * Long.BYTES);
    long reserved = header.getLong(11 * Long.BYTES);
    boolean sane =
        size >= pageBytes
            && size <= Math.min(CHUNK_BYTES_MAX, mappingEnd - at)
            && size % pageBytes == 0
            && header.getLong(2 * Long.BYTES) != 0
            && objects > at
            && objects - at < OBJECTS_OFFSET_MAX
            && objectsEnd > objects
            && objectsEnd <= at + size
            && header.getLong(10 * Long.BYTES) == at
            && reserved >= size;
    return sane ? size : 0;
  }

  private void take(long at, long size) throws IOException {
    committedBytes += size;
    residentBytes += residentBytes(at, at + size);
    int last = ranges.size() - 1;
    if (last >= 0 && ranges.get(last).end() == at) {
      ranges.set(last, new AddressRange(ranges.get(last).start(), at + size));
    } else {
      ranges.add(new AddressRange(at, at + size));
    }
  }

  /** Source: pagemap.rst of the kernel: one word a page, bit 63 says present. */
  private long residentBytes(long start, long end) throws IOException {
    long present = 0;
    for (long at = start; at < end; at += PAGE_MAP_ENTRIES * pageBytes) {
      long pages = Math.min(PAGE_MAP_ENTRIES, (end - at + pageBytes - 1) / pageBytes);
      entries.clear().limit((int) pages * Long.BYTES);
      int bytes = pageMap.read(entries, at / pageBytes * Long.BYTES);
      for (int i = 0; i + Long.BYTES <= bytes; i += Long.BYTES) {
        present += (entries.getLong(i) & PRESENT) == 0 ? 0 : 1;
      }
    }
    return present * pageBytes;
  }

  private static boolean read(FileChannel file, ByteBuffer into, long at) {
    try {
      into.clear();
      return file.read(into, at) == into.capacity();
    } catch (IOException _) {
      // The page went between its page map and now.
      return false;
    }
  }

  private static long alignedUp(long address) {
    return (address + V8_PAGE_BYTES - 1) & -V8_PAGE_BYTES;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  /** What was found so far. */
  NodeUse use(String version) {
    return ranges.isEmpty()
        ? new NodeUse(version, -1, -1, List.of())
        : new NodeUse(version, residentBytes, committedBytes, List.copyOf(ranges));
  }

  @Override
  public void close() throws IOException {
    try (memory;
        pageMap) {
      ranges.clear();
    }
  }
}
