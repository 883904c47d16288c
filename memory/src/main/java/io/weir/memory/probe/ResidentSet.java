package io.weir.memory.probe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The resident set of a process: the bytes of physical memory that its page tables map, as {@code
 * top} shows them in RES. Source: {@code /proc/PID/statm}, proc_pid_statm(5), second field, in
 * pages.
 *
 * <p>Linux only. The kernel keeps this counter per CPU and sums it lazily, so it may be off by some
 * hundred kilobytes; {@code /proc/PID/smaps_rollup} is exact and costs a walk over all mappings.
 * Kernel memory (sockets, pipes, page tables) is not in it.
 *
 * <p>Safe for use by any thread. Not for an event loop: it opens and reads a file.
 */
public final class ResidentSet {
  private static final int RESIDENT_FIELD = 1;

  /** AT_PAGESZ, getauxval(3). */
  private static final long AUXV_PAGE_SIZE_KEY = 6;

  private final Path statm;
  private final long pageBytes;

  private ResidentSet(Path statm, long pageBytes) {
    this.statm = statm;
    this.pageBytes = pageBytes;
  }

  /**
   * The resident set of this process.
   *
   * @throws IOException where there is no {@code /proc} as Linux has it
   */
  public static ResidentSet ofThisProcess() throws IOException {
    return of(Path.of("/proc/self"));
  }

  /**
   * The resident set of any process; no privilege is needed.
   *
   * @param pid as the kernel numbers it, in this process' PID namespace
   * @throws IOException where there is no {@code /proc} as Linux has it
   */
  public static ResidentSet of(long pid) throws IOException {
    return of(Path.of("/proc", Long.toString(pid)));
  }

  private static ResidentSet of(Path process) throws IOException {
    return new ResidentSet(process.resolve("statm"), pageBytes());
  }

  /**
   * Bytes resident now.
   *
   * @throws IOException where the process has ended, or never was; the message names the file
   */
  public long bytes() throws IOException {
    String[] fields;
    try {
      fields = Files.readString(statm, StandardCharsets.US_ASCII).trim().split(" ", -1);
    } catch (NoSuchFileException e) {
      throw new IOException("no such process: " + statm + " does not exist", e);
    }
    if (fields.length <= RESIDENT_FIELD) {
      throw new IOException(statm + " has no resident field; the process has ended");
    }
    return Long.parseLong(fields[RESIDENT_FIELD]) * pageBytes;
  }

  /**
   * The kernel's page size in bytes, from the auxiliary vector: pairs of native words, key and
   * value, proc_pid_auxv(5). All JDK 25 ports have words of 64 bits.
   */
  static long pageBytes() throws IOException {
    Path auxv = Path.of("/proc/self/auxv");
    ByteBuffer words = ByteBuffer.wrap(Files.readAllBytes(auxv)).order(ByteOrder.nativeOrder());
    while (words.remaining() >= 2 * Long.BYTES) {
      long key = words.getLong();
      long value = words.getLong();
      if (key == AUXV_PAGE_SIZE_KEY) {
        return value;
      }
    }
    throw new IOException(auxv + " names no page size (AT_PAGESZ)");
  }
}
