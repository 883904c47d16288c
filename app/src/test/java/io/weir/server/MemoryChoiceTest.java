package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryChoiceTest {
  private static final long MIB = 1 << 20;

  @TempDir private Path proc;

  private static SystemLimits limited(long limitBytes) {
    return new SystemLimits(16 * MIB, 20_000, 4096, limitBytes);
  }

  @Test
  void usual_withoutLimit_is256Mebibytes() throws PlanException {
    assertThat(MemoryChoice.usual(limited(Long.MAX_VALUE), 86 * MIB).bytes()).isEqualTo(256 * MIB);
  }

  @Test
  void usual_withALimit_isHalfOfIt() throws PlanException {
    MemoryChoice choice = MemoryChoice.usual(limited(1000 * MIB), 86 * MIB);
    assertThat(choice.bytes()).isEqualTo(500 * MIB);
    assertThat(choice.source()).isEqualTo("half of the cgroup's limit of 1,000.0 MiB");
  }

  @Test
  void usual_halfTooLittle_isTheLeastThatWouldDo() throws PlanException {
    assertThat(MemoryChoice.usual(limited(110 * MIB), 86 * MIB).bytes()).isEqualTo(86 * MIB);
  }

  @Test
  void usual_evenFourFifthsTooLittle_isRefused() {
    assertThatThrownBy(() -> MemoryChoice.usual(limited(100 * MIB), 86 * MIB))
        .isInstanceOf(PlanException.class)
        .hasMessageContaining("86m, more than 80 % of this cgroup's limit of 100.0 MiB")
        .hasMessageContaining("raise that to 108 MiB at least");
  }

  @Test
  void asked_moreThanTheLimit_isSaid() {
    assertThat(MemoryChoice.asked(300 * MIB, limited(200 * MIB)).source())
        .isEqualTo("--memory, which is more than the 200.0 MiB of this cgroup");
  }

  @Test
  void limits_readFromProc_areThoseOfTheSystem() throws IOException {
    Path mount = Files.createDirectories(proc.resolve("mount"));
    file("self/limits", "Limit  Soft Limit  Hard\nMax open files            1234     99   files\n");
    file("sys/net/core/somaxconn", "128\n");
    file("self/cgroup", "0::/\n");
    file("self/mountinfo", "31 23 0:28 / " + mount + " rw - cgroup2 cgroup2 rw\n");
    file("mount/memory.max", "100000000\n");
    assertThat(SystemLimits.read(proc, 16 * MIB - 200_000))
        .isEqualTo(new SystemLimits(16 * MIB, 1234, 128, 100_000_000));
  }

  @Test
  void limits_nothingToRead_areNone() {
    assertThat(SystemLimits.read(proc, 16 * MIB))
        .isEqualTo(new SystemLimits(16 * MIB, Integer.MAX_VALUE, 4096, Long.MAX_VALUE));
  }

  @Test
  void limits_ofThisProcess_areThoseOfTheKernel() throws IOException {
    Path somaxconn = Path.of("/proc/sys/net/core/somaxconn");
    assumeTrue(Files.exists(somaxconn));
    // Not by Files.readString, which reads the first byte alone.
    try (BufferedReader reader = Files.newBufferedReader(somaxconn)) {
      assertThat(SystemLimits.here().backlogMax())
          .isEqualTo(Integer.parseInt(reader.readLine().strip()));
    }
  }

  private void file(String name, String text) throws IOException {
    Path file = proc.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
