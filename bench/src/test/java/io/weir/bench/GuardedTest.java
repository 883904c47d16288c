package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardedTest {
  private static final long WAIT_SECONDS_MAX = 60;

  @TempDir Path folder;

  private Guarded start(String script) throws Exception {
    Path log = folder.resolve("log");
    return Guarded.start(List.of("/bin/sh", "-c", script), Map.of("NAME", "value"), log, null);
  }

  private void awaitLog(String text) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
    while (!Files.readString(folder.resolve("log")).contains(text)) {
      assertThat(System.nanoTime()).as("says " + text).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  @Test
  void close_ofProcessWithChildren_endsAll() throws Exception {
    Guarded guarded = start("sleep 1000 & echo \"$NAME $!\"; wait");
    awaitLog("value ");
    List<Long> tree = ProcessTree.of(guarded.pid());
    assertThat(tree).hasSize(2);
    assertThat(ProcessTree.residentBytes(tree)).isPositive();
    guarded.close();
    assertThat(tree).noneMatch(ProcessTree::alive);
  }

  @Test
  void close_ofProcessThatIgnoresTerm_endsItAllTheSame() throws Exception {
    Guarded guarded = start("trap '' TERM; echo ready; while :; do sleep 1; done");
    awaitLog("ready");
    guarded.close();
    assertThat(guarded.alive()).isFalse();
  }

  @Test
  void alive_ofProcessThatEndedByItself_isFalse() throws Exception {
    try (Guarded guarded = start("echo over")) {
      awaitLog("over");
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
      while (guarded.alive()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(10);
      }
    }
  }
}
