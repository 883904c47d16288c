package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ResidentSetTest {
  /** The kernel's lazy counter: 64 pages a CPU and more; generous for 64 CPUs. */
  private static final long SLACK_BYTES = 16 << 20;

  private static final long TOUCHED_BYTES = 64 << 20;

  @Test
  void resident_memoryTouchedAndFreed_followsIt() throws IOException {
    ResidentSet self = ResidentSet.ofThisProcess();
    long before = self.bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(TOUCHED_BYTES, 4096);
      memory.fill((byte) 1);
      assertThat(self.bytes()).isGreaterThan(before + TOUCHED_BYTES - SLACK_BYTES);
    }
    assertThat(self.bytes()).isLessThan(before + SLACK_BYTES);
  }

  @Test
  void resident_ownPid_sameAsStatusFile() throws IOException {
    long bytes = ResidentSet.of(ProcessHandle.current().pid()).bytes();
    assertThat(bytes).isBetween(vmRssBytes() - SLACK_BYTES, vmRssBytes() + SLACK_BYTES);
  }

  @Test
  void resident_endedProcess_saysSo() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("true").start();
    ResidentSet other = ResidentSet.of(process.pid());
    process.waitFor();
    assertThatThrownBy(other::bytes)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no such process")
        .hasMessageContaining(Long.toString(process.pid()));
  }

  @Test
  void pageBytes_always_sameAsGetconf() throws IOException {
    Process getconf = new ProcessBuilder("getconf", "PAGESIZE").start();
    try (BufferedReader out = getconf.inputReader()) {
      assertThat(ResidentSet.pageBytes()).isEqualTo(Long.parseLong(out.readLine()));
    }
  }

  private static long vmRssBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IOException("/proc/self/status has no VmRSS");
  }
}
