package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Status, threads, descriptors and pipes, of this process and of others. */
@EnabledOnOs(OS.LINUX)
class ProcessProbesTest {
  @Test
  void status_ofSleep_tellsNameAndExecutable() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sleep", "60").start();
    try {
      ProcessStatus status = StatusFile.read(awaitName(process, "sleep"));
      assertThat(status.name()).isEqualTo("sleep");
      assertThat(status.executable()).startsWith("/");
      assertThat(status.threads()).isEqualTo(1);
      assertThat(status.rssBytes())
          .isPositive()
          .isEqualTo(status.rssAnonBytes() + status.rssFileBytes() + status.rssShmemBytes());
      assertThat(status.pageTableBytes()).isPositive();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void status_nameWithControlCharacters_cannotSteerATerminal(@TempDir Path folder)
      throws IOException {
    FakeProc proc = new FakeProc(folder).stat("x", 'S', 0, 1);
    proc.status("Name:\t\u001b[31mred", "Tgid:\t4711", "VmSize: 1 kB", "Uid:\t0\t4294967295\t0");
    ProcessStatus status = StatusFile.read(proc.target());
    assertThat(status.name()).isEqualTo("?[31mred");
    assertThat(status.uid()).isEqualTo(-1);
    assertThat(status.executable()).isEmpty();
  }

  @Test
  void threads_parkedOne_isNamedWithItsStack() throws IOException, InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    Thread thread = Thread.ofPlatform().name("weir-parked").start(() -> await(end));
    try {
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      Reading<List<ThreadRow>> reading = Threads.read(Target.self());
      assertThat(reading.value()).isNotNull();
      assertThat(reading.value().size()).isGreaterThan(2);
      assertThat(reading.value()).extracting(ThreadRow::name).contains("weir-parked");
      if (reading.unseen().isEmpty()) {
        Reading<MemoryUse> memory = Smaps.read(Target.self());
        ThreadRow row =
            reading.value().stream().filter(r -> r.name().equals("weir-parked")).findAny().get();
        assertThat(memory.value()).isNotNull();
        assertThat(memory.value().mappings())
            .anyMatch(use -> use.mapping().range().contains(row.stackPointer()));
      }
    } finally {
      end.countDown();
      thread.join();
    }
  }

  @Test
  void stackPointer_lines_areToldOrZero() throws IOException {
    assertThat(stackPointer("running")).isZero();
    assertThat(stackPointer("7 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc1000 0x7f0000001234"))
        .isEqualTo(0x7ffc1000L);
    assertThat(stackPointer("-1 0x7ffc2000 0x7f0000001234")).isEqualTo(0x7ffc2000L);
    assertThat(stackPointer("7 0x1 nonsense 0x3")).isZero();
    assertThat(stackPointer("7 0x11112222333344445 0x1")).isZero();
  }

  /** The test runner may open and close pipes meanwhile, so one quiet moment must be right. */
  @Test
  void descriptors_pipeOpened_isTwoMoreAndOneInode() throws IOException {
    List<List<Integer>> more = new ArrayList<>();
    while (more.size() < 100 && !more.contains(List.of(2, 1))) {
      Descriptors before = Descriptors.read(Target.self());
      Pipe pipe = Pipe.open();
      try {
        Descriptors after = Descriptors.read(Target.self());
        assertThat(before.use().value()).isNotNull();
        assertThat(after.use().value()).isNotNull();
        assertThat(after.use().value().total()).isGreaterThan(after.use().value().pipes());
        int ends = after.use().value().pipes() - before.use().value().pipes();
        more.add(List.of(ends, after.pipes().size() - before.pipes().size()));
      } finally {
        pipe.sink().close();
        pipe.source().close();
      }
    }
    assertThat(more).contains(List.of(2, 1));
  }

  @Test
  void descriptors_links_areCountedByKind() {
    Descriptors descriptors = new Descriptors();
    Map<Integer, String> links =
        Map.of(
            0, "/dev/null",
            1, "socket:[77]",
            2, "pipe:[78]",
            3, "anon_inode:[eventpoll]",
            4, "anon_inode:[eventfd]",
            5, "/a/socket:[1]",
            6, "socket:[77]",
            7, "pipe:[99999999999999999999]",
            8, "pipe:[78");
    links.forEach(
        (fd, link) -> {
          byte[] bytes = link.getBytes(StandardCharsets.UTF_8);
          descriptors.take(fd, bytes, bytes.length);
        });
    assertThat(descriptors.count()).isEqualTo(new DescriptorUse(2, 3, 2, 1, 1));
    assertThat(descriptors.sockets().fd(77)).isEqualTo(1);
    assertThat(descriptors.pipes().size()).isEqualTo(1);
  }

  @Test
  void pipes_ofAnotherProcess_tellWhatWaitsInside() throws IOException, InterruptedException {
    // The child never reads its standard input, which is a pipe.
    Process process =
        new ProcessBuilder("sleep", "60")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Target target = awaitName(process, "sleep");
      process.getOutputStream().write(new byte[12_345]);
      process.getOutputStream().flush();
      Reading<PipeUse> reading = Pipes.read(target, Descriptors.read(target));
      assertThat(reading.unseen()).isEmpty();
      assertThat(reading.value()).isEqualTo(new PipeUse(1, 12_345, 65_536));
      assertThat(process.isAlive()).isTrue();
      // And it is still there to be read.
      assertThat(Pipes.read(target, Descriptors.read(target)).value()).isEqualTo(reading.value());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** The test runner's own pipes move meanwhile, so one quiet moment of many must be right. */
  @Test
  void pipes_ofThisProcess_areCountedOnce() throws IOException {
    Target self = Target.self();
    Pipe pipe = Pipe.open();
    ByteBuffer bytes = ByteBuffer.allocate(5000);
    List<Long> grown = new ArrayList<>();
    try {
      while (grown.size() < 100 && !grown.contains(5000L)) {
        PipeUse empty = Objects.requireNonNull(Pipes.read(self, Descriptors.read(self)).value());
        pipe.sink().write(bytes.clear());
        PipeUse filled = Objects.requireNonNull(Pipes.read(self, Descriptors.read(self)).value());
        pipe.source().read(bytes.clear());
        assertThat(filled.count()).isEqualTo(empty.count());
        grown.add(filled.heldBytes() - empty.heldBytes());
      }
      assertThat(grown).contains(5000L);
    } finally {
      pipe.sink().close();
      pipe.source().close();
    }
  }

  /** The child bears its name only once it has become what it was started as. */
  private static Target awaitName(Process process, String name)
      throws IOException, InterruptedException {
    for (int i = 0; i < 2_000; i++) {
      Target target = Target.of(process.pid());
      if (StatusFile.read(target).name().equals(name)) {
        return target;
      }
      Thread.sleep(10);
    }
    throw new IOException("no " + name + " in 20 s");
  }

  private static long stackPointer(String line) throws IOException {
    ProcText text =
        ProcText.of(new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)), "syscall");
    text.nextLine();
    return Threads.stackPointer(text);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
