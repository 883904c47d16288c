package io.weir.scenarios;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The resident set of a process, exact: the counters in its status are not, since Linux 6.2
 * (proc_pid_status(5)).
 */
final class Rss {
  private Rss() {}

  /** Of a process by its number, or of {@code self}. */
  static long bytes(String process) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", process, "smaps_rollup"))) {
      if (line.startsWith("Rss:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no Rss of process " + process);
  }
}
