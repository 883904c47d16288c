package io.weir.memory.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The fields of {@code /proc/PID/stat} that tell what a process is, proc_pid_stat(5).
 *
 * @param state {@code R}, {@code S}, {@code Z}, ...
 * @param flags PF_ of the kernel
 * @param startTicks since boot
 */
record StatLine(char state, long parent, long flags, long threads, long startTicks) {
  /** PF_KTHREAD, include/linux/sched.h; unchanged since 2.6. */
  private static final long KERNEL_THREAD_FLAG = 0x00200000;

  /** 52 fields of at most 20 digits, and a name of at most 64 bytes. */
  private static final int BYTES_MAX = 2048;

  static StatLine read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return parse(new String(in.readNBytes(BYTES_MAX), StandardCharsets.ISO_8859_1), file);
    }
  }

  static StatLine parse(String text, Path file) throws UnexpectedTextException {
    // The name may hold blanks, brackets and line ends: only the last bracket ends it.
    int close = text.lastIndexOf(')');
    String[] fields = text.substring(close + 1).trim().split(" ", -1);
    if (close < 0 || fields.length < 20 || fields[0].length() != 1) {
      throw new UnexpectedTextException(file + " does not read as proc_pid_stat(5) has it");
    }
    try {
      return new StatLine(
          fields[0].charAt(0),
          Long.parseLong(fields[1]),
          Long.parseLong(fields[6]),
          Long.parseLong(fields[17]),
          Long.parseLong(fields[19]));
    } catch (NumberFormatException e) {
      throw new UnexpectedTextException(file + " does not read as proc_pid_stat(5) has it");
    }
  }

  boolean isKernelThread() {
    return (flags & KERNEL_THREAD_FLAG) != 0;
  }
}
