package io.weir.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A memory cgroup for one proxy: what a container's limit would charge it, counted by the kernel.
 *
 * <p>Version 2 has one number, with its peak (memory.peak, since Linux 5.19), and what of it
 * sockets hold (memory.stat: sock). Version 1 counts TCP apart (memory.kmem.tcp.*), and only once
 * its limit has been written; the peaks of the two are added, so the sum may be above the true
 * peak. See Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst in the kernel's
 * sources.
 */
public final class Cgroup implements AutoCloseable {
  /** As good as none, and below what the kernel rounds to its own. */
  private static final String NO_LIMIT_BYTES = Long.toString(1L << 60);

  private static final String V1_CHARGE = "memory.usage_in_bytes";
  private static final String V1_CHARGE_PEAK = "memory.max_usage_in_bytes";
  private static final String V1_TCP = "memory.kmem.tcp.usage_in_bytes";
  private static final String V1_TCP_PEAK = "memory.kmem.tcp.max_usage_in_bytes";
  private static final String V1_TCP_LIMIT = "memory.kmem.tcp.limit_in_bytes";
  private static final String V2_CHARGE = "memory.current";
  private static final String V2_CHARGE_PEAK = "memory.peak";
  private static final String V2_SOCK = "sock ";

  private final Path folder;
  private final int version;

  private Cgroup(Path folder, int version) {
    this.folder = folder;
    this.version = version;
  }

  /** Makes one below the bench's own, or returns null where that is not possible. */
  public static @Nullable Cgroup make(String name) {
    Path own = own("memory");
    if (own != null) {
      Cgroup made = make(own.resolve(name), 1);
      if (made != null) {
        return made;
      }
    }
    own = own("");
    return own == null ? null : make(own.resolve(name), 2);
  }

  /**
   * Finds the bench's own cgroup.
   *
   * @param controller of version 1, or empty for version 2
   */
  private static @Nullable Path own(String controller) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
        String[] fields = line.split(":", 3); // hierarchy, controllers, path
        if (fields.length == 3 && List.of(fields[1].split(",", -1)).contains(controller)) {
          return folder(controller, fields[2]);
        }
      }
    } catch (IOException e) {
      // No /proc, so no cgroups either.
    }
    return null;
  }

  /** In a container the path may be that of the host, while the mount begins at our own. */
  private static @Nullable Path folder(String controller, String path) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
      String[] fields = line.split(" ", -1); // device, folder, type, options
      boolean right =
          controller.isEmpty()
              ? fields[2].equals("cgroup2")
              : fields[2].equals("cgroup")
                  && List.of(fields[3].split(",", -1)).contains(controller);
      if (right) {
        Path mount = Path.of(fields[1]);
        Path folder = mount.resolve(path.substring(1));
        return Files.isDirectory(folder) ? folder : mount;
      }
    }
    return null;
  }

  private static @Nullable Cgroup make(Path folder, int version) {
    Cgroup made = new Cgroup(folder, version);
    try {
      Files.createDirectory(folder);
      if (version == 1) {
        Files.writeString(folder.resolve(V1_TCP_LIMIT), NO_LIMIT_BYTES);
      }
      if (made.chargeBytes() >= 0 && Files.isWritable(folder.resolve("cgroup.procs"))) {
        return made;
      }
    } catch (IOException e) {
      // Not ours to make: the caller measures otherwise.
    }
    made.close();
    return null;
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /** Of the kernel's cgroups, 1 or 2. */
  public int version() {
    return version;
  }

  /** Bytes charged now, or -1 where the kernel does not say. */
  public long chargeBytes() {
    if (version == 2) {
      return number(V2_CHARGE);
    }
    long rest = number(V1_CHARGE);
    return rest < 0 ? -1 : rest + Math.max(0, number(V1_TCP));
  }

  /** The most bytes charged at any time, or -1. */
  long chargePeakBytes() {
    if (version == 2) {
      return number(V2_CHARGE_PEAK);
    }
    long rest = number(V1_CHARGE_PEAK);
    return rest < 0 ? -1 : rest + Math.max(0, number(V1_TCP_PEAK));
  }

  /** Bytes that its sockets hold now, those closed but not empty included, or -1. */
  public long socketBytes() {
    if (version == 1) {
      return number(V1_TCP);
    }
    try {
      for (String line : Files.readAllLines(folder.resolve("memory.stat"))) {
        if (line.startsWith(V2_SOCK)) {
          return Long.parseLong(line.substring(V2_SOCK.length()).strip());
        }
      }
    } catch (IOException e) {
      // Said below.
    }
    return -1;
  }

  /** The most bytes that its sockets held, or -1 where only {@link #socketBytes} can tell. */
  long socketPeakBytes() {
    return version == 1 ? number(V1_TCP_PEAK) : -1;
  }

  private long number(String file) {
    try {
      return Long.parseLong(Files.readString(folder.resolve(file)).strip());
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }

  /** Removes it, if no process is left in it. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // A process is still in it: its guard removes it later.
    }
  }
}
