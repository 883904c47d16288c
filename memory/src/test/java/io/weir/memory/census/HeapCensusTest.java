package io.weir.memory.census;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.memory.census.TargetProcess.Truth;
import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.MemoryMap;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Against what the process itself knows of its heap. */
@EnabledOnOs(OS.LINUX)
class HeapCensusTest {
  private static final Map<String, String> ONE_ARENA = Map.of("MALLOC_ARENA_MAX", "1");
  private static final Map<String, String> EIGHT_ARENAS = Map.of("MALLOC_ARENA_MAX", "8");

  /** Each takes nearly a second, since the mappings change all the time. */
  private static final int CHURNED_RUNS = Boolean.getBoolean("weir.long") ? 20 : 6;

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
    long system = census.arenas().stream().mapToLong(ArenaCensus::systemBytes).sum();
    long tcache = census.arenas().stream().mapToLong(ArenaCensus::tcacheBytes).sum();
    assertThat(tcache).isNotNegative();
    assertThat(system).isEqualTo(truth.arena());
    assertThat(census.freeBytes() - tcache).isEqualTo(truth.fordblks());
    assertThat(census.arenas().stream().mapToLong(ArenaCensus::fastbinBytes).sum())
        .isEqualTo(truth.fsmblks());
    // By shape alone, a page of the JVM's own that begins like a chunk may be taken for one.
    long others = census.mmapped().countedByMalloc() ? 0 : 2;
    assertThat(census.mmapped().count() - truth.hblks()).isBetween(0L, others);
    assertThat(census.mmapped().bytes() - truth.hblkhd()).isBetween(0L, others << 20);
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
    for (Map<String, String> environment : List.of(ONE_ARENA, EIGHT_ARENAS)) {
      try (TargetProcess target = TargetProcess.java(environment)) {
        target.tell("alloc 4 20000 16 4000");
        target.tell("free last");
        long predicted = still(target).census.trimmableBytes();
        long before = target.rssBytes();
        target.tell("trim");
        assertThat(before - target.rssBytes()).isCloseTo(predicted, Percentage.withPercentage(0.5));
        assertThat(still(target).census.trimmableBytes()).isLessThan(1 << 20);
        assertThat(still(target).census.trimmableBytes()).isLessThan(1 << 20);
      }
    }
  }

  @Test
  void counted_mmappedChunks_located() throws IOException {
    try (TargetProcess target = TargetProcess.java(ONE_ARENA)) {
      target.tell("alloc 1 300 100000 900000");
      target.tell("free other");
      Still still = still(target);
      exact(still);
      assertThat(still.census.mmapped().count()).isGreaterThan(50);
      assertThat(still.census.mmapped().located()).isTrue();
    }
  }

  @Test
  void counted_limitOfMappingsSet_exact() throws IOException {
    Map<String, String> limited =
        Map.of("MALLOC_ARENA_MAX", "2", "GLIBC_TUNABLES", "glibc.malloc.mmap_max=1000");
    try (TargetProcess target = TargetProcess.java(limited)) {
      target.tell("alloc 1 300 100000 900000");
      Still still = still(target);
      exact(still);
      assertThat(still.census.mmapped().located()).isTrue();
      assertThat(still.census.mmapped().countedByMalloc()).isTrue();
      assertThat(still.census.thresholds().arenasMax()).isEqualTo(2);
    }
  }

  @Test
  void counted_noMappingsAllowed_exact() throws IOException {
    Map<String, String> none = Map.of("GLIBC_TUNABLES", "glibc.malloc.mmap_max=0");
    try (TargetProcess target = TargetProcess.java(none)) {
      target.tell("alloc 2 300 100000 900000");
      Still still = still(target);
      exact(still);
      assertThat(still.census.mmapped().count()).isZero();
    }
  }

  @Test
  void counted_parametersNotFound_byShapeAndSaysSo() throws IOException {
    Map<String, String> unusual =
        Map.of("GLIBC_TUNABLES", "glibc.malloc.mmap_max=1000:glibc.malloc.arena_test=3");
    try (TargetProcess target = TargetProcess.java(unusual)) {
      target.tell("alloc 1 300 100000 900000");
      Still still = still(target);
      exact(still);
      assertThat(still.census.mmapped().located()).isFalse();
      assertThat(still.census.mmapped().countedByMalloc()).isFalse();
      assertThat(still.census.thresholds().mmapBytes()).isEqualTo(-1);
    }
  }

  @Test
  void counted_mainHeapGoesOnInMmap_exact() throws IOException {
    try (TargetProcess target = TargetProcess.java(ONE_ARENA)) {
      target.tell("brk block");
      target.tell("alloc 1 20000 16 4000");
      target.tell("free other");
      Still still = still(target);
      exact(still);
      assertThat(still.census.arenas().getFirst().heaps()).isGreaterThan(1);
    }
  }

  @Test
  void counted_brkMovedByOthers_exactButForTheGap() throws IOException {
    try (TargetProcess target = TargetProcess.java(ONE_ARENA)) {
      target.tell("brk foreign");
      target.tell("alloc 1 20000 16 4000");
      Still still = still(target);
      ArenaCensus main = still.census.arenas().getFirst();
      assertThat(main.heaps()).isEqualTo(2);
      assertThat(still.census.freeBytes() - main.tcacheBytes()).isEqualTo(still.truth.fordblks());
      // malloc counts the foreign bytes as its own.
      long gap = still.truth.live() - main.tcacheBytes() - still.census.liveBytes();
      assertThat(gap).isBetween(5008L, 5008L + 4096 + 64);
    }
  }

  @Test
  void counted_cacheOfThreadsOff_exact() throws IOException {
    Map<String, String> off =
        Map.of("MALLOC_ARENA_MAX", "2", "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    try (TargetProcess target = TargetProcess.java(off)) {
      target.tell("alloc 2 20000 16 2000");
      target.tell("free other");
      Still still = still(target);
      exact(still);
      assertThat(still.census.arenas()).allMatch(arena -> arena.tcacheBytes() == 0);
    }
  }

  @Test
  void counted_allSmallInFastbins_trimPredicted() throws IOException {
    Map<String, String> off =
        Map.of("MALLOC_ARENA_MAX", "64", "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    try (TargetProcess target = TargetProcess.java(off)) {
      target.tell("alloc 1 400000 100 100");
      target.tell("free last");
      Still still = still(target);
      exact(still);
      // The worker has an arena to itself, so nothing but the trim puts the chunks together.
      assertThat(still.truth.fsmblks()).isGreaterThan(40_000_000);
      long before = target.rssBytes();
      target.tell("trim");
      assertThat(before - target.rssBytes())
          .isCloseTo(still.census.trimmableBytes(), Percentage.withPercentage(0.5));
    }
  }

  @Test
  void counted_always_changesNoResidentPage() throws IOException {
    try (TargetProcess target = TargetProcess.java(EIGHT_ARENAS)) {
      target.tell("alloc 8 5000 16 20000");
      target.tell("free last");
      target.tell("trim");
      for (int i = 0; i < STANDSTILL_TRIES; i++) {
        long before = target.rssBytes();
        Still still = still(target);
        if (before == target.rssBytes()) {
          assertThat(still.census.residentBytes()).isLessThan(before);
          return;
        }
      }
      throw new AssertionError("the resident set changed at each of the looks");
    }
  }

  @Test
  void counted_busyTarget_closeTwentyTimesOfTwenty() throws IOException {
    try (TargetProcess target = TargetProcess.java(EIGHT_ARENAS)) {
      target.tell("alloc 4 20000 16 4000");
      target.tell("free other");
      target.tell("churn 4");
      for (int i = 0; i < 20; i++) {
        Truth before = target.truth();
        Census census = HeapCensus.take(target.target());
        Truth after = target.truth();
        assertThat(census).as("run %d", i).isInstanceOf(Census.Counted.class);
        Census.Counted counted = (Census.Counted) census;
        long tcache = counted.arenas().stream().mapToLong(ArenaCensus::tcacheBytes).sum();
        long live = counted.liveBytes() + tcache;
        long least = Math.min(before.live(), after.live());
        long most = Math.max(before.live(), after.live());
        long allowed = Math.max(1 << 20, most / 100);
        assertThat(live).as("run %d", i).isBetween(least - allowed, most + allowed);
      }
    }
  }

  @Test
  void counted_chunksThatAreMappingsComeAndGo_countedAllTheSame() throws IOException {
    Map<String, String> small = Map.of("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=1000");
    try (TargetProcess target = TargetProcess.java(small)) {
      target.tell("alloc 2 2000 2000 4000");
      target.tell("churn 2");
      for (int i = 0; i < CHURNED_RUNS; i++) {
        assertThat(HeapCensus.take(target.target()))
            .as("run %d", i)
            .isInstanceOf(Census.Counted.class);
      }
    }
  }

  @Test
  void counted_thisProcess_hasSelfCheck() throws IOException {
    Census census = HeapCensus.take(Target.self());
    assertThat(census).isInstanceOf(Census.Counted.class);
    assertThat(((Census.Counted) census).liveBytes()).isPositive();
  }

  @Test
  void uncounted_endedProcess_saysSo() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sleep", "60").start();
    Target target = Target.of(process.pid());
    process.destroyForcibly().waitFor();
    assertThat(HeapCensus.take(target))
        .isInstanceOfSatisfying(
            Census.Uncounted.class, census -> assertThat(census.why()).endsWith("has ended"));
  }

  @Test
  void other_jemallocPreloaded_named() throws IOException {
    Path library = Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2");
    assumeTrue(Files.exists(library), "no jemalloc here");
    try (TargetProcess target = TargetProcess.java(Map.of("LD_PRELOAD", library.toString()))) {
      target.tell("truth");
      assertThat(HeapCensus.take(target.target()))
          .isInstanceOfSatisfying(
              Census.OtherAllocator.class,
              census -> {
                assertThat(census.name()).isEqualTo("jemalloc");
                assertThat(census.library()).contains("libjemalloc");
                assertThat(census.details()).isNotEmpty();
              });
    }
  }

  @Test
  void other_jemalloc_countedAsItCountsItself() throws IOException {
    String library = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
    assumeTrue(Files.exists(Path.of(library)), "no jemalloc here");
    try (TargetProcess target = TargetProcess.java(Map.of("LD_PRELOAD", library))) {
      target.tell("jemalloc " + library + " 40000 4000");
      target.tell("jemalloc " + library + " 200 900000");
      String mapped = mappedName(target, library);
      for (int i = 0; i < STANDSTILL_TRIES; i++) {
        String before = target.tell("jemalloc " + library + " 0 1");
        JemallocExtents.Sums sums = jemalloc(target, mapped);
        if (before.equals(target.tell("jemalloc " + library + " 0 1"))) {
          assertThat(sums).isNotNull();
          assertThat(sums.live + " " + sums.active + " " + sums.retained).isEqualTo(before);
          assertThat(sums.live).isGreaterThan(80_000_000);
          return;
        }
      }
      throw new AssertionError("the target did not stand still");
    }
  }

  private static String mappedName(TargetProcess target, String library) throws IOException {
    String real = Path.of(library).toRealPath().toString();
    return MemoryMap.read(target.target()).stream()
        .map(Mapping::name)
        .filter(real::equals)
        .findFirst()
        .orElseThrow();
  }

  private static JemallocExtents.@Nullable Sums jemalloc(TargetProcess target, String library)
      throws IOException {
    try (ProcMemory memory = ProcMemory.open(target.target())) {
      return JemallocExtents.count(
          new Window(memory, Window.WORDS_MAX),
          new Window(memory, 0),
          MemoryMap.read(target.target()),
          library);
    }
  }
}
