package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelMemoryTest {
  private static final List<Long> OWN = List.of(ProcessHandle.current().pid());

  /** Far above what page tables and threads of a test's JVM change meanwhile. */
  private static final int PIPES = 64;

  private static final int BYTES = 60_000;

  @Test
  void bytes_ofPipesThatHoldSome_countsThemInPagesAndReadsNothing() throws Exception {
    Pipe[] pipes = new Pipe[PIPES];
    for (int i = 0; i < PIPES; i++) {
      pipes[i] = Pipe.open();
    }
    long before = KernelMemory.bytes(OWN);
    for (Pipe pipe : pipes) {
      assertThat(pipe.sink().write(ByteBuffer.allocate(BYTES))).isEqualTo(BYTES);
    }
    long full = KernelMemory.bytes(OWN) - before;
    assertThat(full).isBetween(PIPES * 15 * 4096L - (1 << 20), PIPES * 15 * 4096L + (1 << 20));
    for (Pipe pipe : pipes) {
      assertThat(pipe.source().read(ByteBuffer.allocate(BYTES + 1))).isEqualTo(BYTES);
      pipe.sink().close();
      pipe.source().close();
    }
    assertThat(KernelMemory.bytes(OWN) - before).isLessThan(1 << 20);
  }

  @Test
  void bytes_ofAProcess_hasPageTablesAndStacks() {
    assertThat(KernelMemory.bytes(OWN)).isBetween(100_000L, 100_000_000L);
    assertThat(KernelMemory.bytes(List.of())).isZero();
    assertThat(KernelMemory.bytes(List.of(Long.MAX_VALUE))).as("ended").isZero();
  }
}
