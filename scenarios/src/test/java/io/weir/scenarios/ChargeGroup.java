package io.weir.scenarios;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.opentest4j.TestAbortedException;

/**
 * A memory cgroup of a scenario's own, below the one that the tests run in: what a container would
 * be charged, read from outside. cgroups(7); Linux, Documentation/admin-guide/cgroup-v1/memory.rst
 * and cgroup-v2.rst.
 */
final class ChargeGroup implements AutoCloseable {
  /** More than any machine has. */
  private static final String TCP_LIMIT_BYTES = Long.toString(1L << 46);

  /** Scenarios that run at the same time have each their own. */
  private static final AtomicInteger MADE = new AtomicInteger();

  private final Path folder;
  private final boolean v2;

  private ChargeGroup(Path folder, boolean v2) {
    this.folder = folder;
    this.v2 = v2;
  }

  /** Makes one; skips the scenario where that is not possible. */
  static ChargeGroup make() throws IOException {
    Path parent = own().orElseThrow(() -> new TestAbortedException("no memory cgroup is mounted"));
    String name = "weir-scenario-" + ProcessHandle.current().pid() + "-" + MADE.incrementAndGet();
    Path folder = parent.resolve(name);
    assumeThat(make(folder)).as("a cgroup can be made in " + parent).isTrue();
    boolean v2 = Files.exists(folder.resolve("memory.current"));
    if (!v2 && !Files.exists(folder.resolve("memory.usage_in_bytes"))) {
      Files.delete(folder);
      assumeThat(false).as("the memory controller is handed down to " + parent).isTrue();
    }
    if (!v2) {
      // Version 1 counts TCP's memory only where a limit for it was set.
      Files.writeString(folder.resolve("memory.kmem.tcp.limit_in_bytes"), TCP_LIMIT_BYTES);
    }
    return new ChargeGroup(folder, v2);
  }

  private static boolean make(Path folder) {
    try {
      Files.createDirectory(folder);
      return true;
    } catch (IOException e) {
      return false; // not root, or mounted read-only
    }
  }

  /** The memory cgroup that this process is in. */
  private static Optional<Path> own() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      boolean v1 = List.of(parts[1].split(",", -1)).contains("memory");
      if (v1 || parts[0].equals("0")) {
        Path mount = Path.of(v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup");
        Path folder = mount.resolve(parts[2].substring(1));
        String file = v1 ? "memory.usage_in_bytes" : "cgroup.subtree_control";
        if (Files.exists(folder.resolve(file))) {
          return Optional.of(folder);
        }
      }
    }
    return Optional.empty();
  }

  /** The command, to be run in here from its first instruction on. */
  List<String> inside(List<String> command) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of("/bin/sh", "-c", "echo 0 >\"$0\" && exec \"$@\""));
    all.add(folder.resolve("cgroup.procs").toString());
    all.addAll(command);
    return all;
  }

  /** Limits the memory of all that runs in it. */
  void limit(long bytes) throws IOException {
    Files.writeString(
        folder.resolve(v2 ? "memory.max" : "memory.limit_in_bytes"), Long.toString(bytes));
  }

  /** What is charged now, sockets included. */
  long chargeBytes() throws IOException {
    return v2
        ? number("memory.current")
        : number("memory.usage_in_bytes") + number("memory.kmem.tcp.usage_in_bytes");
  }

  private long number(String file) throws IOException {
    return Long.parseLong(Files.readString(folder.resolve(file)).strip());
  }

  /** Waits until no process is left in it, and removes it. */
  @Override
  public void close() throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.WAIT_SECONDS_MAX);
    while (!Files.readString(folder.resolve("cgroup.procs")).isBlank()
        && System.nanoTime() - deadline < 0) {
      Thread.onSpinWait();
    }
    Files.delete(folder);
  }
}
