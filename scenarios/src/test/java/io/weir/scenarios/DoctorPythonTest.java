package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.scenarios.Doctor.Report;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One look at a Python process, under its own allocator and others. */
class DoctorPythonTest {
  private static final long BYTES = (Program.LONG ? 400L : 100L) * 1_000_000;

  /** What the kernel may take from a process at rest. */
  private static final long NOISE_BYTES = 1 << 20;

  private static final List<Path> JEMALLOC =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"),
          Path.of("/usr/lib/aarch64-linux-gnu/libjemalloc.so.2"),
          Path.of("/usr/lib64/libjemalloc.so.2"));

  @Test
  void objects_freedBelowALiveOne_areRetained() throws Exception {
    try (Target target = Target.python(Map.of())) {
      long idle = target.rssBytes();
      target.told("hold " + BYTES).told("drop");
      long before = target.rssBytes();
      Report report = Doctor.examine(target.pid());
      assertThat(target.rssBytes()).isCloseTo(before, within(NOISE_BYTES));
      assertThat(report.verdict()).as(report.toString()).isEqualTo("RETAINED");
      assertThat((double) report.trimmableBytes())
          .isBetween((before - idle) * 0.95, (before - idle) * 1.02);
      assertThat(report.liveBytes()).isLessThan(10_000_000);
    }
  }

  @Test
  void trim_ofPython_saysHowAndChangesNothing() throws Exception {
    try (Target target = Target.python(Map.of())) {
      target.told("hold " + BYTES).told("drop");
      long before = target.rssBytes();
      Program.Outcome outcome = Doctor.run(Long.toString(target.pid()), "--trim");
      assertThat(target.rssBytes()).isCloseTo(before, within(NOISE_BYTES));
      assertThat(outcome.out()).anyMatch(line -> line.contains("malloc_trim"));
    }
  }

  @Test
  void objects_held_areDescribedNotAccused() throws Exception {
    try (Target target = Target.python(Map.of())) {
      target.told("hold " + BYTES);
      Report report = Doctor.examine(target.pid());
      assertThat((double) report.liveBytes()).isBetween(BYTES * 0.95, BYTES * 1.2);
      assertThat(report.verdicts())
          .as(report.toString())
          .doesNotContain("LEAK-SUSPECT", "BUFFERING", "RETAINED", "FRAGMENTED");
    }
  }

  /** Pools of Python's own are mappings, not malloc's: one live object in each keeps them. */
  @Test
  void pools_mostlyFree_areNotMallocs() throws Exception {
    try (Target target = Target.python(Map.of())) {
      target.told("pools " + BYTES);
      Report report = Doctor.examine(target.pid());
      assertThat(report.liveBytes()).isLessThan(BYTES / 4);
      assertThat(report.row("anonymous")).isGreaterThan(BYTES / 2);
      assertThat(report.verdicts())
          .as(report.toString())
          .doesNotContain("LEAK-SUSPECT", "BUFFERING", "RETAINED", "FRAGMENTED");
    }
  }

  @Test
  void jemalloc_preloaded_isNamed() throws Exception {
    List<Path> present = JEMALLOC.stream().filter(path -> path.toFile().exists()).toList();
    assumeThat(present).as("libjemalloc.so.2").isNotEmpty();
    try (Target target = Target.python(Map.of("LD_PRELOAD", present.getFirst().toString()))) {
      target.told("hold " + BYTES).told("drop");
      Report report = Doctor.examine(target.pid());
      assertThat(report.allocator()).contains("jemalloc");
      assertThat(report.counted()).isFalse();
      assertThat(report.verdicts()).as(report.toString()).contains("OTHER-ALLOCATOR");
      assertThat(report.finding("OTHER-ALLOCATOR").toString()).contains("jemalloc");
    }
  }
}
