package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The doctor's patients have what they are said to have: by their own allocator's count. */
class TargetsTest {
  private static final Pattern TRUTH = Pattern.compile("live (\\d+) free (\\d+) rss (\\d+)");
  private static final Pattern TRIMMED = Pattern.compile("trimmed (\\d+) to (\\d+)");

  /** What a JVM of this size does on its own meanwhile. */
  private static final long NOISE_BYTES = 6_000_000;

  private record Truth(long live, long free, long rss) {
    static Truth of(Target target) throws Exception {
      Matcher said = TRUTH.matcher(target.ask("truth"));
      assertThat(said.matches()).isTrue();
      return new Truth(number(said, 1), number(said, 2), number(said, 3));
    }
  }

  private static long number(Matcher said, int group) {
    return Long.parseLong(said.group(group));
  }

  private static long trimmed(Target target) throws Exception {
    Matcher said = TRIMMED.matcher(target.ask("trim"));
    assertThat(said.matches()).isTrue();
    return number(said, 1) - number(said, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "hold 50000000 1000, 50, 0, 0",
    "keep-last 50000000 1000, 0, 50, 50",
    "keep-every 2 100000000 1000, 50, 50, 0",
  })
  void command_onceAnswered_isTrue(String command, int liveMore, int freeMore, int trimmable)
      throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      Truth before = Truth.of(target);
      target.told(command);
      Truth after = Truth.of(target);
      assertNear("live", after.live - before.live, liveMore);
      assertNear("free", after.free - before.free, freeMore);
      assertNear("trimmed", trimmed(target), trimmable);
    }
  }

  /** Within a tenth, for headers, and the noise. */
  private static void assertNear(String what, long bytes, int megabytes) {
    assertThat((double) bytes)
        .as(what)
        .isBetween(megabytes * 1e6 - NOISE_BYTES, megabytes * 1.1e6 + NOISE_BYTES);
  }

  @Test
  void manyArenas_withoutALimit_areMany() throws Exception {
    try (Target target = Target.jvm(Map.of())) {
      target.told("arenas 16 64000000 4000");
      assertThat(Truth.of(target).free).isGreaterThan(50_000_000);
    }
  }

  @Test
  void stacks_used_areResident() throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      long before = target.rssBytes();
      target.told("stacks 100 524288");
      assertThat(target.rssBytes() - before).isGreaterThan(40_000_000);
    }
  }

  @Test
  void heap_droppedAndCollected_isKeptByTheJvm() throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA, "-Xmx256m", "-XX:MaxHeapFreeRatio=100")) {
      long before = target.rssBytes();
      target.told("heap 100000000").told("drop").told("gc");
      assertThat(target.rssBytes() - before).isGreaterThan(90_000_000);
    }
  }

  @Test
  void objects_dropped_stayResident() throws Exception {
    try (Target target = Target.python(Map.of())) {
      target.told("hold 50000000").told("drop");
      assertThat(target.rssBytes()).isGreaterThan(50_000_000);
    }
  }
}
