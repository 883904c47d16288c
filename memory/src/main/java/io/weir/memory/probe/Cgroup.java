package io.weir.memory.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory cgroup of a process: {@code /proc/PID/cgroup}, and the files of the controller where
 * this process has it mounted, cgroups(7). Version 1, version 2, and both side by side: then the
 * one that the memory controller is in counts. No privilege needed.
 *
 * <p>Paths are told relative to the root of the reader's cgroup namespace, and so are the roots of
 * mounts, cgroup_namespaces(7). A process in a cgroup outside of it has a path that begins with
 * {@code /..}, and its numbers are out of reach.
 */
public final class Cgroup {
  private static final int LINES_MAX = 4096;
  private static final int DEPTH_MAX = 256;
  private static final int PROCESSES_MAX = 1 << 20;

  private Cgroup() {}

  /**
   * The cgroup and its numbers now.
   *
   * @throws ObstacleException where the process has ended
   */
  public static Reading<CgroupUse> read(Target target) throws ObstacleException {
    long from = System.nanoTime();
    try {
      Place v1 = null;
      Place v2 = null;
      try (ProcText text = ProcText.open(target.file("cgroup"))) {
        Paths paths = Paths.parse(text);
        List<Mounts.Mount> mounts = Mounts.ofType(target.rootFile("self/mountinfo"), "cgroup");
        v1 = paths.v1() == null ? null : place(1, paths.v1(), mounts);
        v2 = paths.v2() == null ? null : place(2, paths.v2(), mounts);
      }
      target.requireAlive();
      Place place = v1 != null ? v1 : v2;
      if (place == null || place.folder() == null) {
        return Reading.unseen(
            reason(target, place),
            place == null ? "" : "look from outside of this container",
            System.nanoTime() - from);
      }
      return Reading.of(use(place, place.folder()), System.nanoTime() - from);
    } catch (ObstacleException e) {
      throw e;
    } catch (IOException e) {
      return target.unseen("the cgroup", e, System.nanoTime() - from);
    }
  }

  /**
   * The memory limit that holds for this process, bytes: the least one of its cgroup and of those
   * above it; {@link Long#MAX_VALUE} where none is set or none can be seen.
   *
   * @param proc where /proc is mounted
   */
  public static long ownLimitBytes(Path proc) {
    try (ProcText text = ProcText.open(proc.resolve("self/cgroup"))) {
      Paths paths = Paths.parse(text);
      List<Mounts.Mount> mounts = Mounts.ofType(proc.resolve("self/mountinfo"), "cgroup");
      boolean first = paths.v1() != null;
      String path = first ? paths.v1() : paths.v2();
      Place place = path == null ? null : place(first ? 1 : 2, path, mounts);
      Path folder = place == null ? null : place.folder();
      if (place == null || folder == null) {
        return Long.MAX_VALUE;
      }
      return first
          ? limit(place, folder, "memory.limit_in_bytes", limitAbove(folder))
          : limit(place, folder, "memory.max", Long.MAX_VALUE);
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Version 1: the kernel's own minimum along the path reaches beyond the namespace's root. */
  private static long limitAbove(Path folder) throws IOException {
    long bytes = stat(folder, "hierarchical_memory_limit")[0];
    return bytes < 0 ? Long.MAX_VALUE : bytes;
  }

  private static String reason(Target target, @Nullable Place place) {
    return place == null
        ? "no memory controller of cgroups is mounted here"
        : "the cgroup of process "
            + target.pid()
            + ", "
            + place.path()
            + ", cannot be seen from here: it is gone, or outside of what is mounted here";
  }

  /** The paths in the hierarchies that may have the memory controller. */
  record Paths(@Nullable String v1, @Nullable String v2) {
    /** Lines such as {@code 4:memory:/a/b} and {@code 0::/a/b}. */
    static Paths parse(ProcText text) throws IOException {
      String v1 = null;
      String v2 = null;
      for (int i = 0; i < LINES_MAX && text.nextLine(); i++) {
        String line = text.rest();
        int first = line.indexOf(':');
        int second = line.indexOf(':', first + 1);
        if (first < 0 || second < 0) {
          continue;
        }
        String controllers = line.substring(first + 1, second);
        if (("," + controllers + ",").contains(",memory,")) {
          v1 = line.substring(second + 1);
        } else if (line.startsWith("0::")) {
          v2 = line.substring(second + 1);
        }
      }
      return new Paths(v1, v2);
    }
  }

  /**
   * A cgroup.
   *
   * @param mount where its hierarchy is mounted
   * @param folder of the cgroup, null where it is not below the mount
   */
  record Place(int version, String path, Path mount, @Nullable Path folder) {}

  /** Null where the hierarchy is not mounted. */
  static @Nullable Place place(int version, String path, List<Mounts.Mount> mounts) {
    Place found = null;
    for (Mounts.Mount mount : mounts) {
      boolean fits =
          version == 2
              ? mount.type().equals("cgroup2")
              : mount.type().equals("cgroup") && mount.has("memory");
      if (!fits) {
        continue;
      }
      Path point = Path.of(mount.point());
      String below = below(mount.root(), path);
      Path folder = below == null ? null : point.resolve(below).normalize();
      if (folder != null && folder.startsWith(point) && Files.isDirectory(folder)) {
        return new Place(version, path, point, folder);
      }
      found = new Place(version, path, point, null);
    }
    return found;
  }

  /** The path relative to the root of a mount, or null where it is not below. */
  static @Nullable String below(String root, String path) {
    if (path.startsWith("/..")) {
      return null;
    }
    if (root.equals("/")) {
      return path.startsWith("/") ? path.substring(1) : null;
    }
    if (path.equals(root)) {
      return "";
    }
    return path.startsWith(root + "/") ? path.substring(root.length() + 1) : null;
  }

  private static CgroupUse use(Place place, Path folder) throws IOException {
    return place.version() == 2 ? useV2(place, folder) : useV1(place, folder);
  }

  private static CgroupUse useV2(Place place, Path folder) throws IOException {
    long[] stat =
        stat(folder, "anon", "file", "sock", "kernel", "kernel_stack", "pagetables", "slab");
    // "kernel" is there since Linux 5.18; before, the sum of what it is mostly made of.
    long kernel = stat[3] >= 0 || stat[6] < 0 ? stat[3] : stat[6] + stat[4] + stat[5];
    return new CgroupUse(
        2,
        place.path(),
        processes(folder),
        limit(place, folder, "memory.max", Long.MAX_VALUE),
        ProcText.number(folder.resolve("memory.current")),
        ProcText.number(folder.resolve("memory.peak")),
        stat[0],
        stat[1],
        stat[2],
        kernel);
  }

  private static CgroupUse useV1(Place place, Path folder) throws IOException {
    long[] stat = stat(folder, "total_rss", "total_cache", "hierarchical_memory_limit");
    long tcp = ProcText.number(folder.resolve("memory.kmem.tcp.usage_in_bytes"));
    if (tcp == 0 && ProcText.number(folder.resolve("memory.kmem.tcp.max_usage_in_bytes")) == 0) {
      // Version 1 counts TCP only from the time on that a limit was set for it.
      tcp = -1;
    }
    long usage = ProcText.number(folder.resolve("memory.usage_in_bytes"));
    // The kernel's own minimum along the path reaches beyond the root of the namespace.
    long above = stat[2] < 0 ? Long.MAX_VALUE : stat[2];
    return new CgroupUse(
        1,
        place.path(),
        processes(folder),
        limit(place, folder, "memory.limit_in_bytes", above),
        usage < 0 ? -1 : usage + Math.max(0, tcp),
        ProcText.number(folder.resolve("memory.max_usage_in_bytes")),
        stat[0],
        stat[1],
        tcp,
        ProcText.number(folder.resolve("memory.kmem.usage_in_bytes")));
  }

  /** The least of a file along the path from the cgroup up to the mount. */
  private static long limit(Place place, Path folder, String file, long above) {
    long least = above;
    Path at = folder;
    for (int i = 0; i < DEPTH_MAX && at != null && at.startsWith(place.mount()); i++) {
      long limit = ProcText.number(at.resolve(file));
      if (limit >= 0) {
        least = Math.min(least, limit);
      }
      at = at.getParent();
    }
    // Version 1 writes "no limit" as the largest number of whole pages, whatever their size.
    return least >= Long.MAX_VALUE - (1 << 20) ? Long.MAX_VALUE : least;
  }

  /** Numbers of memory.stat, -1 where it has none of that name. */
  private static long[] stat(Path folder, String... names) throws IOException {
    long[] values = new long[names.length];
    Arrays.fill(values, -1);
    if (!Files.exists(folder.resolve("memory.stat"))) {
      return values;
    }
    try (ProcText text = ProcText.open(folder.resolve("memory.stat"))) {
      parseStat(text, names, values);
    }
    return values;
  }

  static void parseStat(ProcText text, String[] names, long[] values) throws IOException {
    for (int i = 0; i < LINES_MAX && text.nextLine(); i++) {
      for (int j = 0; j < names.length; j++) {
        if (text.skip(names[j])) {
          if (text.peek() == ' ') {
            values[j] = text.decimal();
            break;
          }
          text.toStart();
        }
      }
    }
  }

  private static int processes(Path folder) {
    try (ProcText text = ProcText.open(folder.resolve("cgroup.procs"))) {
      int n = 0;
      while (n < PROCESSES_MAX && text.nextLine()) {
        n++;
      }
      return n;
    } catch (IOException e) {
      return -1;
    }
  }
}
