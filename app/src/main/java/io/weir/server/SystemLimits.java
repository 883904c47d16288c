package io.weir.server;

import io.weir.memory.probe.Cgroup;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * What this process is given by its surroundings, whatever it asks for.
 *
 * @param heapBytes the most that the JVM's heap becomes, {@code -Xmx}
 * @param descriptorsMax RLIMIT_NOFILE, getrlimit(2)
 * @param backlogMax net.core.somaxconn, listen(2)
 * @param memoryLimitBytes the least memory limit of its cgroup and of those above, cgroups(7);
 *     {@link Long#MAX_VALUE} where none is set
 */
public record SystemLimits(
    long heapBytes, int descriptorsMax, int backlogMax, long memoryLimitBytes) {
  private static final long MEBIBYTE = 1 << 20;
  private static final String OPEN_FILES = "Max open files ";

  private static final int FILE_BYTES_MAX = 8192;

  /** Where the system does not tell: listen(2), since Linux 5.4. */
  private static final int USUAL_BACKLOG_MAX = 4096;

  /** Those of this process. */
  public static SystemLimits here() {
    return read(Path.of("/proc"), Runtime.getRuntime().maxMemory());
  }

  /** In any tree that reads like {@code /proc}. */
  static SystemLimits read(Path proc, long heapBytes) {
    // The JVM tells its limit without one of the two survivor spaces.
    long wholeHeapBytes = -Math.floorDiv(-heapBytes, MEBIBYTE) * MEBIBYTE;
    return new SystemLimits(
        wholeHeapBytes, descriptorsMax(proc), backlogMax(proc), Cgroup.ownLimitBytes(proc));
  }

  /** The soft limit; the JVM has raised it to the hard one when it started. */
  private static int descriptorsMax(Path proc) {
    String text = read(proc.resolve("self/limits"));
    int line = text.indexOf(OPEN_FILES);
    if (line < 0) {
      return Integer.MAX_VALUE;
    }
    return leadingNumber(text.substring(line + OPEN_FILES.length()).strip(), Integer.MAX_VALUE);
  }

  private static int backlogMax(Path proc) {
    return leadingNumber(read(proc.resolve("sys/net/core/somaxconn")), USUAL_BACKLOG_MAX);
  }

  /** At once: a second read of a file below /proc/sys brings nothing. */
  private static String read(Path file) {
    byte[] text = new byte[FILE_BYTES_MAX];
    try (InputStream in = new FileInputStream(file.toFile())) {
      return new String(text, 0, Math.max(0, in.read(text)), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  /** The number that the text begins with, or {@code otherwise}, as for "unlimited". */
  private static int leadingNumber(String text, int otherwise) {
    int end = 0;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    try {
      return Integer.parseInt(text, 0, end, 10);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
