package io.weir.memory.census;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.census.TargetProcess.Truth;
import io.weir.memory.probe.AddressRange;
import java.io.IOException;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Against what the process itself knows of its heap. */
@EnabledOnOs(OS.LINUX)
class HeapCensusTest {
  private static final Map<String, String> ONE_ARENA = Map.of("MALLOC_ARENA_MAX", "1");
  private static final Map<String, String> EIGHT_ARENAS = Map.of("MALLOC_ARENA_MAX", "8");

  /** Looks at a target until it stood still during one: a JVM has threads of its own. */
  private static final int STANDSTILL_TRIES = 50;

  /** A census during which the target's own count did not change, and that count. */
  private record Still(Census.Counted census, Truth truth) {}

  private static Still still(TargetProcess target) throws IOException {
    for (int i = 0; i < STANDSTILL_TRIES; i++) {
      Truth before = target.truth();
      Census census = HeapCensus.take(target.target());
      if (before.equals(target.truth())) {
        assertThat(census).isInstanceOf(Census.Counted.class);
        return new Still((Census.Counted) census, before);
      }
    }
    throw new AssertionError("the target did not stand still");
  }

  private static void exact(Still still) {
    Census.Counted census = still.census;
    Truth truth = still.truth;
    System.out.println(census + "\n" + truth);
    long system = census.arenas().stream().mapToLong(ArenaCensus::systemBytes).sum();
    long tcache = census.arenas().stream().mapToLong(ArenaCensus::tcacheBytes).sum();
    assertThat(tcache).isNotNegative();
    assertThat(system).isEqualTo(truth.arena());
    assertThat(census.freeBytes() - tcache).isEqualTo(truth.fordblks());
    assertThat(census.arenas().stream().mapToLong(ArenaCensus::fastbinBytes).sum())
        .isEqualTo(truth.fsmblks());
    assertThat(census.mmapped().bytes()).isEqualTo(truth.hblkhd());
    assertThat(census.mmapped().count()).isEqualTo(truth.hblks());
    // What is neither live nor free are malloc's own structures, in arenas other than the main one.
    long own = truth.uordblks() - tcache - (census.liveBytes() - census.mmapped().bytes());
    int heaps = census.arenas().stream().mapToInt(ArenaCensus::heaps).sum();
    assertThat(own).isBetween(0L, 2400L * (heaps - 1));
    assertThat(census.sizes().stream().mapToLong(SizeClass::bytes).sum())
        .isEqualTo(census.liveBytes());
    assertThat(census.ranges().stream().mapToLong(AddressRange::bytes).sum())
        .isGreaterThanOrEqualTo(census.residentBytes());
  }

  @Test
  void counted_oneArenaEveryOtherFreed_exact() throws IOException {
    try (TargetProcess target = TargetProcess.java(ONE_ARENA)) {
      target.tell("alloc 1 40000 16 4000");
      exact(still(target));
      target.tell("free other");
      exact(still(target));
    }
  }

  @Test
  void counted_eightArenas_exact() throws IOException {
    try (TargetProcess target = TargetProcess.java(EIGHT_ARENAS)) {
      target.tell("alloc 8 20000 16 4000");
      exact(still(target));
      target.tell("free last");
      exact(still(target));
    }
  }

  @Test
  void trimmable_allButLastFreed_isWhatTrimGivesBack() throws IOException {
    for (Map<String, String> environment : java.util.List.of(ONE_ARENA, EIGHT_ARENAS)) {
      try (TargetProcess target = TargetProcess.java(environment)) {
        target.tell("alloc 4 20000 16 4000");
        target.tell("free last");
        long predicted = still(target).census.trimmableBytes();
        long before = target.rssBytes();
        target.tell("trim");
        assertThat(before - target.rssBytes())
            .isCloseTo(predicted, Percentage.withPercentage(0.5));
        assertThat(still(target).census.trimmableBytes()).isLessThan(1 << 20);
        assertThat(still(target).census.trimmableBytes()).isLessThan(1 << 20);
      }
    }
  }
}
