package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class TargetTest {
  @TempDir private Path folder;

  @Test
  void self_always_isSeenWholeAndAlive() throws IOException {
    Target self = Target.self();
    assertThat(self.isSelf()).isTrue();
    assertThat(self.isAlive()).isTrue();
    assertThat(self.addressBits()).isEqualTo(64);
  }

  @Test
  void of_numbersThatNameNoProcess_areRefusedWithTheRange() {
    for (long pid : new long[] {0, -1, Long.MIN_VALUE, 4_194_305, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> Target.of(pid))
          .isInstanceOfSatisfying(
              ObstacleException.class,
              e -> assertThat(e.obstacle()).isEqualTo(Obstacle.NO_SUCH_PROCESS))
          .hasMessageContaining(pid + " is no process id")
          .hasMessageContaining("from 1 to 4194304");
    }
  }

  @Test
  void of_processThatEnded_namesThePidNamespace() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    assertThatThrownBy(() -> Target.of(process.pid()))
        .isInstanceOfSatisfying(
            ObstacleException.class,
            e -> {
              assertThat(e.obstacle()).isEqualTo(Obstacle.NO_SUCH_PROCESS);
              assertThat(e.remedy()).contains("NSpid");
            })
        .hasMessage("there is no process " + process.pid() + " in this PID namespace");
  }

  @Test
  void isAlive_processEndsMeanwhile_becomesFalse() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sleep", "60").start();
    Target target = Target.of(process.pid());
    assertThat(target.isAlive()).isTrue();
    process.destroyForcibly().waitFor();
    assertThat(target.isAlive()).isFalse();
    assertThatThrownBy(target::requireAlive)
        .isInstanceOfSatisfying(
            ObstacleException.class, e -> assertThat(e.obstacle()).isEqualTo(Obstacle.ENDED));
  }

  @Test
  void isAlive_numberUsedAnew_isFalse() throws IOException {
    FakeProc proc = new FakeProc(folder).process();
    Target target = proc.target();
    assertThat(target.isAlive()).isTrue();
    proc.file(
        FakeProc.PID + "/stat",
        Files.readString(folder.resolve(FakeProc.PID + "/stat")).replace("12345", "12346"));
    assertThat(target.isAlive()).isFalse();
  }

  @Test
  void of_threadOfAnotherProcess_tellsTheProcess() throws IOException {
    long tid;
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      long pid = ProcessHandle.current().pid();
      tid =
          tasks
              .mapToLong(task -> Long.parseLong(task.getFileName().toString()))
              .filter(id -> id != pid)
              .findFirst()
              .orElseThrow();
    }
    assertThatThrownBy(() -> Target.of(tid))
        .isInstanceOf(ObstacleException.class)
        .hasMessageContaining(tid + " is a thread of process " + ProcessHandle.current().pid());
  }

  @Test
  void of_realZombie_saysWhoMustWaitForIt() throws IOException, InterruptedException {
    // The shell's child ends, and what the shell has become never waits for it.
    Process parent = new ProcessBuilder("sh", "-c", "sleep 0.01 & exec sleep 60").start();
    try {
      long child = awaitZombie(parent);
      assertThatThrownBy(() -> Target.of(child))
          .isInstanceOfSatisfying(
              ObstacleException.class, e -> assertThat(e.obstacle()).isEqualTo(Obstacle.ZOMBIE))
          .hasMessageContaining("parent, process " + parent.pid());
    } finally {
      parent.destroyForcibly().waitFor();
    }
  }

  private static long awaitZombie(Process parent) throws IOException, InterruptedException {
    Path children = Path.of("/proc/" + parent.pid() + "/task/" + parent.pid() + "/children");
    assumeTrue(Files.exists(children), "this kernel tells no children");
    for (int i = 0; i < 2_000; i++) {
      String text = Files.readString(children).trim();
      if (!text.isEmpty()) {
        Path stat = Path.of("/proc/" + text + "/stat");
        if (StatLine.read(stat).state() == 'Z') {
          return Long.parseLong(text);
        }
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    throw new IOException("no zombie in 20 s");
  }

  @Test
  void of_realKernelThread_isRefused() throws IOException {
    Path stat = Path.of("/proc/2/stat");
    assumeTrue(Files.exists(stat) && StatLine.read(stat).isKernelThread(), "none to be seen");
    assertThatThrownBy(() -> Target.of(2))
        .isInstanceOfSatisfying(
            ObstacleException.class,
            e -> assertThat(e.obstacle()).isEqualTo(Obstacle.KERNEL_THREAD))
        .hasMessageContaining("a thread of the kernel");
  }

  @Test
  void of_kernelThread_isRefused() {
    FakeProc proc = new FakeProc(folder).stat("kworker/0:1", 'I', 0x4208060L | 0x200000L, 1);
    proc.status("Name:\tkworker/0:1", "Tgid:\t4711");
    assertObstacle(proc, Obstacle.KERNEL_THREAD, "kworker/0:1");
  }

  @Test
  void of_zombie_isRefused() {
    FakeProc proc = new FakeProc(folder).stat("a) Z (b", 'Z', 0, 1);
    assertObstacle(proc.status("Name:\ta) Z (b", "Tgid:\t4711"), Obstacle.ZOMBIE, "a zombie");
  }

  @Test
  void of_firstThreadEndedOthersRun_isNoCommonZombie() {
    FakeProc proc = new FakeProc(folder).stat("x", 'Z', 0, 3).status("Name:\tx", "Tgid:\t4711");
    assertObstacle(proc, Obstacle.ZOMBIE, "while others run");
  }

  @Test
  void of_processWithoutMemory_isEnding() {
    FakeProc proc = new FakeProc(folder).stat("x", 'R', 4, 1).status("Name:\tx", "Tgid:\t4711");
    assertObstacle(proc, Obstacle.ENDED, "is ending");
  }

  @Test
  void of_noProcTree_saysThatItNeedsLinux() {
    assertThatThrownBy(() -> Target.of(folder.resolve("none"), 1))
        .isInstanceOfSatisfying(
            ObstacleException.class, e -> assertThat(e.obstacle()).isEqualTo(Obstacle.NO_PROC))
        .hasMessageContaining("needs Linux");
  }

  @Test
  void of_treeThatHidesOthers_doesNotSayThatThereIsNone() {
    FakeProc proc =
        new FakeProc(folder)
            .file("self/mountinfo", "22 1 0:20 / /proc rw,relatime - proc proc rw,hidepid=2\n");
    assertObstacle(proc, Obstacle.NOT_PERMITTED, "hidepid");
  }

  @Test
  void of_statThatIsNoStat_isAnotherLayout() {
    FakeProc proc = new FakeProc(folder).file("4711/stat", "4711 (x) S 1 nonsense");
    assertObstacle(proc, Obstacle.OTHER_LAYOUT, "proc_pid_stat(5)");
  }

  @Test
  void addressBits_byElfHeader_areTold() throws IOException {
    FakeProc proc = new FakeProc(folder).process();
    assertThat(proc.target().addressBits()).isZero();
    proc.file("4711/exe", "\u007fELF\u0001\u0001");
    assertThat(proc.target().addressBits()).isEqualTo(32);
    proc.file("4711/exe", "\u007fELF\u0002\u0001");
    assertThat(proc.target().addressBits()).isEqualTo(64);
  }

  private static void assertObstacle(FakeProc proc, Obstacle obstacle, String words) {
    assertThatThrownBy(proc::target)
        .isInstanceOfSatisfying(
            ObstacleException.class, e -> assertThat(e.obstacle()).isEqualTo(obstacle))
        .hasMessageContaining(words)
        .hasMessageContaining("4711");
  }
}
