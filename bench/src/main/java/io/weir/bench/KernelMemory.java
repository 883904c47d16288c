package io.weir.bench;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the kernel holds for processes beside their sockets, where no cgroup counts it. */
final class KernelMemory {
  private static final long PAGE_BYTES = 4096;

  /** THREAD_SIZE of x86-64 and arm64. */
  private static final long STACK_BYTES = 16 * 1024;

  private KernelMemory() {}

  /** Page tables, kernel stacks and pipes of these processes. */
  static long bytes(List<Long> pids) {
    long bytes = 0;
    Set<String> pipes = new HashSet<>();
    for (long pid : pids) {
      bytes += tablesAndStacks(pid) + pipes(pid, pipes);
    }
    return bytes;
  }

  /** VmPTE and Threads of /proc/PID/status (proc(5)). */
  private static long tablesAndStacks(long pid) {
    long bytes = 0;
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmPTE:")) {
          bytes += 1024 * Long.parseLong(line.substring(6).replace("kB", "").strip());
        } else if (line.startsWith("Threads:")) {
          bytes += STACK_BYTES * Long.parseLong(line.substring(8).strip());
        }
      }
    } catch (IOException | NumberFormatException e) {
      // It has ended: what was read of it is gone too.
    }
    return bytes;
  }

  /**
   * Bytes in pipes, each pipe once, in whole pages: the kernel says the bytes, not the pages that
   * they pin, so this is the least that they can be.
   */
  private static long pipes(long pid, Set<String> seen) {
    long bytes = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : all) {
        String target = target(descriptor);
        if (target.startsWith("pipe:") && seen.add(target)) {
          bytes += (unread(descriptor) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // It has ended, or may not be looked at.
    }
    return bytes;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  /** FIONREAD of a pipe by its link in /proc, which opens the pipe itself and reads nothing. */
  private static long unread(Path descriptor) {
    try (FileInputStream pipe = new FileInputStream(descriptor.toFile())) {
      return pipe.available();
    } catch (IOException e) {
      return 0; // closed meanwhile
    }
  }
}
