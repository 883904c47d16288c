package io.weir.memory.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * The mappings of a process, from {@code /proc/PID/maps}, proc_pid_maps(5). Cheap beside {@code
 * smaps}: the kernel looks at no page. Any thread; not for an event loop.
 */
public final class MemoryMap {
  /** vm.max_map_count is 65,530 as a rule; some raise it. Beyond this the rest is left out. */
  private static final int MAPPINGS_MAX = 1 << 20;

  private MemoryMap() {}

  /**
   * All mappings, by address; none for a kernel thread or a zombie.
   *
   * @throws IOException where the file cannot be read, with the kernel's reason
   */
  public static List<Mapping> read(Target target) throws IOException {
    List<Mapping> mappings = new ArrayList<>(256);
    // A path may have any byte in it.
    try (BufferedReader lines =
        Files.newBufferedReader(target.file("maps"), StandardCharsets.ISO_8859_1)) {
      String line = lines.readLine();
      while (line != null && mappings.size() < MAPPINGS_MAX) {
        mappings.add(parse(line));
        line = lines.readLine();
      }
    }
    return mappings;
  }

  /**
   * One line: {@code 55d0a000-55d0b000 rw-p 00001000 fd:01 1234 /path with spaces}.
   *
   * @throws IOException where it does not look like that
   */
  static Mapping parse(String line) throws IOException {
    try {
      int dash = line.indexOf('-');
      int permissions = after(line, dash);
      int offset = after(line, permissions);
      int device = after(line, offset);
      int inode = after(line, device);
      int inodeEnd = line.indexOf(' ', inode);
      if (inodeEnd < 0) {
        inodeEnd = line.length();
      }
      return new Mapping(
          new AddressRange(address(line, 0, dash), address(line, dash + 1, permissions - 1)),
          line.substring(permissions, offset - 1),
          address(line, offset, device - 1),
          Long.parseLong(line, inode, inodeEnd, 10),
          line.substring(inodeEnd).strip());
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IOException("a line of maps is not as proc_pid_maps(5) has it: " + line, e);
    }
  }

  /** Where the field after the one at {@code from} begins. */
  private static int after(String line, int from) {
    int space = line.indexOf(' ', from);
    if (from < 0 || space < 0) {
      throw new IllegalArgumentException("too few fields");
    }
    return space + 1;
  }

  /** The vsyscall page is above 2^63; it is the last, and of no interest: clamped. */
  private static long address(String line, int from, int to) {
    long value = Long.parseUnsignedLong(line, from, to, 16);
    return value < 0 ? Long.MAX_VALUE : value;
  }
}
