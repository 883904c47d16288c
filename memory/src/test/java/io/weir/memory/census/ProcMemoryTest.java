package io.weir.memory.census;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.memory.probe.Target;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ProcMemoryTest {
  /** Linux maps nothing there, vm.mmap_min_addr: what a mapping that has just gone looks like. */
  private static final long NOT_MAPPED = 4096;

  @Test
  void words_mappingHasGone_isAChangeAndNotTheEnd() throws IOException {
    try (ProcMemory memory = ProcMemory.open(Target.self())) {
      assertThatThrownBy(() -> memory.words(NOT_MAPPED, new long[1], 1))
          .isInstanceOf(HeapChangedException.class)
          .hasMessageContaining("gone");
    }
  }
}
