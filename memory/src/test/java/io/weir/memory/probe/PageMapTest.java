package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PageMapTest {
  @Test
  void read_beyondUserSpace_zerosSinceTheProcessIsAlive() throws IOException {
    long[] entries = {1, 1, 1, 1};
    try (PageMap map = PageMap.open(Target.self())) {
      map.read(1L << 62, entries, 4);
    }
    assertThat(entries).containsOnly(0);
  }

  @Test
  void read_endedProcess_saysSo() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sleep", "60").start();
    try (PageMap map = PageMap.open(Target.of(process.pid()))) {
      process.destroyForcibly().waitFor();
      assertThatThrownBy(() -> map.read(1L << 20, new long[4], 4))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("has ended");
    }
  }
}
