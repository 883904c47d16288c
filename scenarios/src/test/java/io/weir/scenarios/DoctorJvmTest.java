package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.scenarios.Doctor.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One look at a JVM whose memory is known. */
class DoctorJvmTest {
  private static final String NMT = "-XX:NativeMemoryTracking=summary";
  private static final String NO_NMT = "-XX:NativeMemoryTracking=off";

  /** A JVM allocates on its own between the doctor's count and its own. */
  private static final long NOISE_BYTES = 4 << 20;

  private static final int SCALE = Program.LONG ? 4 : 1;

  private static String scaled(String command, long bytes) {
    return command.replace("BYTES", Long.toString(SCALE * bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {NMT, NO_NMT})
  void jvm_idle_isHealthy(String tracking) throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA, tracking)) {
      Report report = Doctor.examine(target.pid());
      assertThat(report.verdict()).as(report.toString()).isEqualTo("HEALTHY");
    }
  }

  @ParameterizedTest
  @CsvSource({"keep-last BYTES 4000, RETAINED", "keep-every 4 BYTES 1000, FRAGMENTED"})
  void freed_butKept_isCountedRightly(String command, String verdict) throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      target.told(scaled(command, 160_000_000));
      Report report = Doctor.examine(target.pid());
      String[] truth = target.ask("truth").split(" ", -1);
      assertThat(Math.abs(report.liveBytes() - Long.parseLong(truth[1]))).isLessThan(NOISE_BYTES);
      assertThat(Math.abs(report.freeBytes() - Long.parseLong(truth[3]))).isLessThan(NOISE_BYTES);
      assertThat(report.verdict()).as(report.toString()).isEqualTo(verdict);
      String[] trimmed = target.ask("trim").split(" ", -1);
      long fell = Long.parseLong(trimmed[1]) - Long.parseLong(trimmed[3]);
      assertThat(Math.abs(report.trimmableBytes() - fell)).isLessThan(NOISE_BYTES + fell / 200);
    }
  }

  @Test
  void freed_inTheArenasOfThreads_isManyArenas() throws Exception {
    try (Target target = Target.jvm(Map.of())) {
      target.told(scaled("arenas 16 BYTES 4000", 160_000_000));
      Report report = Doctor.examine(target.pid());
      assertThat(report.verdict()).as(report.toString()).isIn("MANY-ARENAS", "RETAINED");
      assertThat(report.verdicts()).contains("MANY-ARENAS");
      assertThat(report.freeBytes()).isGreaterThan(140_000_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--watch=2s", "--no-attach"})
  void stacks_ofManyThreads_areNamed(String option) throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      target.told("stacks 200 " + SCALE * 524_288);
      Report report = Doctor.examine(target.pid(), option.split("=", -1));
      assertThat(report.verdict()).as(report.toString()).isEqualTo("THREAD-STACKS");
      assertThat(Json.number(report.finding("THREAD-STACKS"), "bytes")).isGreaterThan(90_000_000);
    }
  }

  @Test
  void file_mappedAndRead_isFiles(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("mapped");
    byte[] piece = new byte[1 << 20];
    try (var out = Files.newOutputStream(file)) {
      for (int i = 0; i < SCALE * 200; i++) {
        out.write(piece);
      }
    }
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      target.told("map " + file);
      Report report = Doctor.examine(target.pid());
      assertThat(report.verdict()).as(report.toString()).isEqualTo("FILES");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {NMT, NO_NMT})
  void heap_collectedButKept_isManagedHeap(String tracking) throws Exception {
    String[] options = {tracking, "-Xmx1g", "-XX:MaxHeapFreeRatio=100"};
    try (Target target = Target.jvm(Target.ONE_ARENA, options)) {
      target.told("heap 200000000").told("drop").told("gc");
      Report report = Doctor.examine(target.pid());
      assertThat(report.verdict()).as(report.toString()).isEqualTo("MANAGED-HEAP");
      assertThat(Json.number(report.finding("MANAGED-HEAP"), "bytes")).isGreaterThan(100_000_000);
    }
  }

  @ParameterizedTest
  @CsvSource({"hold BYTES 1000", "direct BYTES", "heap BYTES"})
  void live_largeAndSteady_isDescribedNotAccused(String command) throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA, "-Xmx1g")) {
      target.told(scaled(command, 150_000_000));
      checkNotAccused(Doctor.examine(target.pid()));
      checkNotAccused(Doctor.examine(target.pid(), "--no-attach"));
    }
  }

  private static void checkNotAccused(Report report) throws Exception {
    assertThat(report.verdicts())
        .as(report.toString())
        .doesNotContain("LEAK-SUSPECT", "BUFFERING", "RETAINED", "FRAGMENTED");
  }

  @Test
  void trim_ofAJvm_isDoneByItself() throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      target.told(scaled("keep-last BYTES 4000", 160_000_000));
      long before = target.rssBytes();
      Program.Outcome outcome = Doctor.run(Long.toString(target.pid()), "--trim");
      assertThat(before - target.rssBytes()).as("%s", outcome).isGreaterThan(SCALE * 150_000_000L);
    }
  }

  @Test
  void census_ofAJvm_changesNothing() throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      target.told(scaled("keep-every 2 BYTES 1000", 100_000_000));
      target.ask("trim");
      Doctor.examine(target.pid(), "--no-attach");
      long before = target.rssBytes();
      Doctor.examine(target.pid(), "--no-attach");
      assertThat(target.rssBytes() - before).isLessThan(1 << 20);
    }
  }
}
