package io.weir.memory.probe;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Which pages of a process are resident, from {@code /proc/PID/pagemap}: 64 bits a page, the
 * kernel's Documentation/admin-guide/mm/pagemap.rst. Needs no privilege beyond those to open it;
 * looking does not touch the pages. For the thread that opened it.
 *
 * <p>A page that was only ever read shows as resident, though it is the kernel's one page of zeros
 * and not in RSS.
 */
public final class PageMap implements AutoCloseable {
  /** Bit 63: in memory. */
  private static final long RESIDENT = 1L << 63;

  /** Bit 62: in swap, or about to be moved to another page. */
  private static final long SWAPPED = 1L << 62;

  /** Entries that are read at a time. */
  private static final int ENTRIES_AT_ONCE = 4096;

  private final FileChannel file;
  private final int pageBytes;
  private final Arena arena = Arena.ofConfined();
  private final ByteBuffer buffer =
      arena
          .allocate((long) ENTRIES_AT_ONCE * Long.BYTES, Long.BYTES)
          .asByteBuffer()
          .order(ByteOrder.nativeOrder());

  private PageMap(FileChannel file, int pageBytes) {
    this.file = file;
    this.pageBytes = pageBytes;
  }

  /**
   * Opens the map of a process.
   *
   * @throws IOException where the kernel refuses, or there is no such process
   */
  public static PageMap open(Target target) throws IOException {
    int pageBytes = (int) ResidentSet.pageBytes();
    return new PageMap(
        FileChannel.open(target.file("pagemap"), StandardOpenOption.READ), pageBytes);
  }

  /** The kernel's page size. */
  public int pageBytes() {
    return pageBytes;
  }

  /**
   * Reads the entries of {@code count} pages from the one that {@code address} is in; beyond the
   * end of user space they are 0.
   *
   * @throws IOException where the process has ended
   */
  public void read(long address, long[] entries, int count) throws IOException {
    long at = address / pageBytes * Long.BYTES;
    int done = 0;
    while (done < count) {
      buffer.clear().limit(Math.min(count - done, ENTRIES_AT_ONCE) * Long.BYTES);
      int read = file.read(buffer, at + (long) done * Long.BYTES);
      if (read < Long.BYTES && done == 0 && hasEnded()) {
        throw new IOException("pagemap ends: the process has ended");
      }
      if (read < Long.BYTES) {
        Arrays.fill(entries, done, count, 0); // the end of user space
        return;
      }
      buffer.flip();
      buffer.asLongBuffer().get(entries, done, read / Long.BYTES);
      done += read / Long.BYTES;
    }
  }

  /** Nothing is read of a process that has ended, not even of its first page. */
  private boolean hasEnded() throws IOException {
    buffer.clear().limit(Long.BYTES);
    return file.read(buffer, 0) < Long.BYTES;
  }

  /** Is the page of this entry in memory? */
  public static boolean isResident(long entry) {
    return (entry & RESIDENT) != 0;
  }

  /** Is the page of this entry in swap? */
  public static boolean isSwapped(long entry) {
    return (entry & SWAPPED) != 0;
  }

  @Override
  public void close() throws IOException {
    try (arena) {
      file.close();
    }
  }
}
