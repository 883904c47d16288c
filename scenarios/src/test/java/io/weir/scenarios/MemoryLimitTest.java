package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Weir makes of a container's limit: by the launcher, in a real cgroup. */
class MemoryLimitTest {
  @TempDir private Path folder;

  @Test
  void memory_notGivenInALimitedCgroup_isHalfOfTheLimitForJvmAndPlan() throws Exception {
    assertThat(explain(1200L << 20))
        .anyMatch(line -> line.endsWith(" 600.0 MiB  half of the cgroup's limit of 1,200.0 MiB"))
        .anyMatch(line -> line.startsWith("- heap ") && line.contains("  26.0 MiB "));
  }

  @Test
  void memory_cgroupTooSmall_isRefusedWithWhatWouldDo() throws Exception {
    // The JVM itself runs in that much, as long as it only explains.
    assertThat(explain(100L << 20).getFirst())
        .contains("more than 80 % of this cgroup's limit of 100.0 MiB")
        .contains("raise that to ");
  }

  private List<String> explain(long limitBytes) throws Exception {
    try (ChargeGroup group = ChargeGroup.make()) {
      group.limit(limitBytes);
      Path said = folder.resolve("said");
      List<String> command = new ArrayList<>();
      command.add(Path.of(property("weir.root"), "weir").toString());
      command.addAll(List.of("serve", "--threads", "2", "--explain-memory"));
      ProcessBuilder builder = new ProcessBuilder(group.inside(command));
      builder.environment().put("JAVA_HOME", property("java.home"));
      builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
      Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
      try {
        assertThat(process.waitFor(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
      return Files.readAllLines(said, StandardCharsets.UTF_8);
    }
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty(name), name);
  }
}
