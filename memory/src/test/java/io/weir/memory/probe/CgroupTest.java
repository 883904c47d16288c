package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class CgroupTest {
  @TempDir private Path folder;

  @Test
  void below_pathsAndRoots_areRelativeOrOutOfReach() {
    assertThat(Cgroup.below("/", "/a/b")).isEqualTo("a/b");
    assertThat(Cgroup.below("/", "/")).isEmpty();
    assertThat(Cgroup.below("/docker/1", "/docker/1")).isEmpty();
    assertThat(Cgroup.below("/docker/1", "/docker/1/x")).isEqualTo("x");
    assertThat(Cgroup.below("/docker/1", "/docker/12")).isNull();
    assertThat(Cgroup.below("/", "/../../user.slice")).isNull();
    assertThat(Cgroup.below("/", "nonsense")).isNull();
  }

  @Test
  void version2_nested_takesTheLeastLimitAlongThePath() throws IOException {
    mount("cgroup2", "/", "rw");
    proc().file("4711/cgroup", "0::/a/b\n");
    group("a/b/memory.max", "max");
    group("a/memory.max", "1000000");
    group("a/b/memory.current", "500");
    group("a/b/memory.peak", "700");
    group(
        "a/b/memory.stat", "anon 10\nfile 20\nfile_mapped 99\nkernel 30\nkernel_stack 4\nsock 40");
    group("a/b/cgroup.procs", "1\n2\n3\n");
    assertThat(read().value())
        .isEqualTo(new CgroupUse(2, "/a/b", 3, 1_000_000, 500, 700, 10, 20, 40, 30));
  }

  @Test
  void version2_olderKernel_sumsKernelMemory() throws IOException {
    mount("cgroup2", "/", "rw");
    proc().file("4711/cgroup", "0::/\n");
    group("memory.stat", "anon 10\nkernel_stack 1\npagetables 2\nslab 4\n");
    assertThat(read().value())
        .isEqualTo(new CgroupUse(2, "/", -1, Long.MAX_VALUE, -1, -1, 10, -1, -1, 7));
  }

  @Test
  void version1_beside2_memoryControllerDecides() throws IOException {
    String both =
        mountLine("cgroup", "/docker/1", "v1", "rw,memory")
            + mountLine("cgroup2", "/", "v2", "rw")
            + mountLine("cgroup", "/docker/1", "other", "rw,cpu");
    proc().file("self/mountinfo", both).file("4711/cgroup", "9:cpu:/\n4:memory:/docker/1\n0::/\n");
    Files.createDirectories(folder.resolve("v2"));
    groupAt("v1/memory.limit_in_bytes", "9223372036854771712");
    groupAt("v1/memory.usage_in_bytes", "100");
    groupAt("v1/memory.kmem.tcp.usage_in_bytes", "11");
    groupAt("v1/memory.max_usage_in_bytes", "200");
    groupAt(
        "v1/memory.stat", "rss 1\ntotal_rss 2\ntotal_cache 3\nhierarchical_memory_limit 5000\n");
    groupAt("v1/memory.kmem.usage_in_bytes", "6");
    assertThat(read().value())
        .isEqualTo(new CgroupUse(1, "/docker/1", -1, 5000, 111, 200, 2, 3, 11, 6));
  }

  @Test
  void version1_tcpNeverCounted_isUnknownNotZero() throws IOException {
    mount("cgroup", "/", "rw,memory");
    proc().file("4711/cgroup", "4:memory:/\n");
    group("memory.usage_in_bytes", "100");
    group("memory.limit_in_bytes", "9223372036854771712");
    group("memory.kmem.tcp.usage_in_bytes", "0");
    group("memory.kmem.tcp.max_usage_in_bytes", "0");
    CgroupUse use = read().value();
    assertThat(use).isNotNull();
    assertThat(use.socketBytes()).isEqualTo(-1);
    assertThat(use.usageBytes()).isEqualTo(100);
    assertThat(use.limitBytes()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void outsideOfTheNamespace_orGone_isSaid() throws IOException {
    mount("cgroup2", "/", "rw");
    for (String path : List.of("/../x", "/gone (deleted)", "/../../../etc")) {
      proc().file("4711/cgroup", "0::" + path + "\n");
      Reading<CgroupUse> reading = read();
      assertThat(reading.value()).isNull();
      assertThat(reading.unseen()).contains(path).contains("4711");
    }
  }

  @Test
  void notMounted_isSaid() throws IOException {
    proc().file("4711/cgroup", "0::/\n");
    assertThat(read().unseen()).contains("no memory controller");
  }

  @Test
  void mountPoint_withBlank_isUnescaped() throws IOException {
    Files.createDirectories(folder.resolve("with blank"));
    proc()
        .file("self/mountinfo", mountLine("cgroup2", "/", "with\\040blank", "rw"))
        .file("4711/cgroup", "0::/\n");
    groupAt("with blank/memory.current", "7");
    CgroupUse use = read().value();
    assertThat(use).isNotNull();
    assertThat(use.usageBytes()).isEqualTo(7);
  }

  @Test
  void ownLimit_version2_isTheLeastAlongThePath() throws IOException {
    mount("cgroup2", "/", "rw");
    proc().file("self/cgroup", "0::/a/b\n");
    group("a/b/memory.max", "max");
    group("a/memory.max", "1000000");
    assertThat(Cgroup.ownLimitBytes(folder.resolve("proc"))).isEqualTo(1_000_000);
  }

  @Test
  void ownLimit_version1_reachesBeyondTheNamespace() throws IOException {
    mount("cgroup", "/docker/1", "rw,memory");
    proc().file("self/cgroup", "4:memory:/docker/1\n0::/\n");
    group("memory.limit_in_bytes", "9223372036854771712");
    assertThat(Cgroup.ownLimitBytes(folder.resolve("proc"))).isEqualTo(Long.MAX_VALUE);
    group("memory.stat", "rss 1\nhierarchical_memory_limit 5000\n");
    assertThat(Cgroup.ownLimitBytes(folder.resolve("proc"))).isEqualTo(5000);
  }

  @Test
  void ownLimit_nothingToSee_isNone() throws IOException {
    proc();
    assertThat(Cgroup.ownLimitBytes(folder.resolve("proc"))).isEqualTo(Long.MAX_VALUE);
    proc().file("self/cgroup", "0::/../x\n");
    assertThat(Cgroup.ownLimitBytes(folder.resolve("proc"))).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void real_ofAProcessInAGroupOfItsOwn_tellsItsLimitAndUsage()
      throws IOException, InterruptedException {
    Optional<Path> made = makeGroup();
    assumeTrue(made.isPresent(), "no cgroup can be made here");
    Path group = made.get();
    boolean second = Files.exists(group.resolve("memory.max"));
    Process process = new ProcessBuilder("sleep", "60").start();
    try {
      String limit = second ? "memory.max" : "memory.limit_in_bytes";
      Files.writeString(group.resolve(limit), Long.toString(64 << 20));
      Files.writeString(group.resolve("cgroup.procs"), Long.toString(process.pid()));
      CgroupUse use = Cgroup.read(Target.of(process.pid())).value();
      assertThat(use).isNotNull();
      assertThat(use.version()).isEqualTo(second ? 2 : 1);
      assertThat(use.limitBytes()).isEqualTo(64 << 20);
      assertThat(use.processes()).isEqualTo(1);
      assertThat(use.path()).endsWith(group.getFileName().toString());
      assertThat(use.usageBytes()).isNotNegative().isLessThan(64 << 20);
    } finally {
      process.destroyForcibly().waitFor();
      remove(group);
    }
  }

  /** Empty where it is not permitted, or has no memory controller. */
  private static Optional<Path> makeGroup() {
    for (String mount : List.of("/sys/fs/cgroup/memory", "/sys/fs/cgroup")) {
      Path group = Path.of(mount, "weir-test-" + ProcessHandle.current().pid());
      try {
        Files.createDirectory(group);
        if (Files.exists(group.resolve("memory.stat"))
            && Files.exists(group.resolve("cgroup.procs"))) {
          return Optional.of(group);
        }
        Files.delete(group);
      } catch (IOException e) {
        assertThat(e).isNotNull();
      }
    }
    return Optional.empty();
  }

  /** The kernel lets a group go only once its last process is quite gone. */
  private static void remove(Path group) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      try {
        Files.delete(group);
        return;
      } catch (IOException e) {
        Thread.sleep(10);
      }
    }
  }

  private FakeProc proc() {
    Path root = folder.resolve("proc");
    Path mounts = root.resolve("self/mountinfo");
    try {
      String text = Files.exists(mounts) ? Files.readString(mounts) : "";
      return new FakeProc(root).process().file("self/mountinfo", text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void mount(String type, String root, String options) throws IOException {
    Files.createDirectories(folder.resolve("mount"));
    proc().file("self/mountinfo", mountLine(type, root, "mount", options));
  }

  private String mountLine(String type, String root, String point, String options) {
    return "31 23 0:28 "
        + root
        + " "
        + folder
        + "/"
        + point
        + " rw,relatime shared:9 - "
        + type
        + " name "
        + options
        + "\n";
  }

  private void group(String file, String text) throws IOException {
    groupAt("mount/" + file, text);
  }

  private void groupAt(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private Reading<CgroupUse> read() throws ObstacleException {
    return Cgroup.read(Target.of(folder.resolve("proc"), FakeProc.PID));
  }
}
