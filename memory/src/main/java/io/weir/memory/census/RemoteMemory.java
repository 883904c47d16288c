package io.weir.memory.census;

import java.io.IOException;

/** The memory of a process, as the census reads it; tests put an image in its place. */
interface RemoteMemory {
  int pageBytes();

  /**
   * Reads {@code count} words. The caller has made sure that their pages are resident.
   *
   * @param address a multiple of 8
   * @throws HeapChangedException where the range is not mapped (any more)
   * @throws IOException where the process has ended
   */
  void words(long address, long[] into, int count) throws IOException, HeapChangedException;

  /**
   * Reads what {@code /proc/PID/pagemap} says of {@code count} pages; 0 for one that is not mapped.
   *
   * @param address within the first page
   */
  void pages(long address, long[] into, int count) throws IOException;
}
