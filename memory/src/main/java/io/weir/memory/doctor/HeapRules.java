package io.weir.memory.doctor;

import io.weir.memory.census.ArenaCensus;
import io.weir.memory.census.Census;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What malloc keeps: RETAINED, FRAGMENTED, MANY-ARENAS. */
final class HeapRules {
  /** Fewer arenas than this are no reason to set a limit. */
  private static final int ARENAS_MIN = 4;

  /** An arena that keeps less is not counted among those that the bytes are spread over. */
  private static final long ARENA_KEPT_BYTES_MIN = 1 << 20;

  /** M_MMAP_THRESHOLD before malloc raises it, mallopt(3). */
  private static final long MMAP_THRESHOLD_BYTES = 128 << 10;

  private HeapRules() {}

  static void judge(Signs signs, List<Finding> findings) {
    Census.Counted counted = signs.counted();
    if (counted == null) {
      return;
    }
    retained(signs, counted, findings);
    fragmented(signs, counted, findings);
    manyArenas(signs, counted, findings);
  }

  private static void retained(Signs signs, Census.Counted counted, List<Finding> findings) {
    long trimmable = counted.trimmableBytes();
    if (!signs.isLargeInRss(trimmable)) {
      return;
    }
    findings.add(
        new Finding(
            Verdict.RETAINED,
            trimmable,
            Megabytes.text(trimmable)
                + " in "
                + signs.who()
                + " are freed, but malloc keeps them: whole pages that a trim would give back",
            arithmetic(signs, counted),
            "the program will soon need as much again, and nothing else needs the memory meanwhile",
            "RSS does not fall by about " + Megabytes.text(trimmable) + " after malloc_trim(0)",
            retainedNext(signs, counted)));
  }

  private static List<String> retainedNext(Signs signs, Census.Counted counted) {
    RuntimeKind runtime = signs.runtime();
    List<String> next = new ArrayList<>();
    next.add(Advice.trimNow(runtime, signs.pid()));
    if (runtime == RuntimeKind.JVM) {
      next.add("-XX:TrimNativeHeapInterval=5000 at its start: the JVM trims every 5 s");
    }
    ArenaCensus main = mainArena(counted);
    // Only the end of the main heap is bounded by this threshold; holes below it are not.
    if (main != null && main.topBytes() * 2 >= counted.trimmableBytes()) {
      next.add(
          "MALLOC_TRIM_THRESHOLD_=131072 in its environment: "
              + Megabytes.text(main.topBytes())
              + " are at the end of the main heap, where free() gives back what is above this");
    }
    if (keptInOthers(counted) * 2 >= counted.freeBytes() && counted.arenas().size() > 2) {
      next.add("MALLOC_ARENA_MAX=2 in its environment: most of it is in threads' arenas");
    }
    if (counted.thresholds().mmapBytes() > MMAP_THRESHOLD_BYTES) {
      next.add(
          "MALLOC_MMAP_THRESHOLD_=131072 in its environment: the threshold has grown by itself to "
              + Megabytes.text(counted.thresholds().mmapBytes())
              + "; larger chunks than it go back as soon as they are freed");
    }
    next.add("LD_PRELOAD of jemalloc with MALLOC_CONF=background_thread:true, to compare");
    return next;
  }

  private static void fragmented(Signs signs, Census.Counted counted, List<Finding> findings) {
    long stuck = counted.freeResidentBytes() - counted.trimmableBytes();
    if (!signs.isLargeInRss(stuck)) {
      return;
    }
    long tops = otherTops(counted);
    List<String> lines = arithmetic(signs, counted);
    lines.add(
        "kept "
            + Megabytes.text(counted.freeResidentBytes())
            + " - trimmable "
            + Megabytes.text(counted.trimmableBytes())
            + " = "
            + Megabytes.text(stuck)
            + " that no trim gives back");
    if (tops > 0) {
      lines.add(
          Megabytes.text(tops) + " are free ends of threads' arenas, which malloc_trim leaves");
    }
    findings.add(
        new Finding(
            Verdict.FRAGMENTED,
            stuck,
            Megabytes.text(stuck)
                + " in "
                + signs.who()
                + " are freed, but not in whole pages: live chunks lie between; a trim would give"
                + " back "
                + Megabytes.text(counted.trimmableBytes()),
            lines,
            "new chunks of the same sizes will fill the holes",
            "RSS falls by much more than "
                + Megabytes.text(counted.trimmableBytes())
                + " after malloc_trim(0)",
            List.of(
                "LD_PRELOAD of jemalloc or mimalloc, which keep sizes apart, to compare",
                "keep what lives long and what lives short apart: allocate the long-lived first",
                "a restart is the only thing that gives it back at once")));
  }

  private static void manyArenas(Signs signs, Census.Counted counted, List<Finding> findings) {
    long kept = keptInOthers(counted);
    long resident = counted.freeResidentBytes();
    long spread =
        counted.arenas().stream().filter(a -> a.freeBytes() >= ARENA_KEPT_BYTES_MIN).count();
    if (spread < ARENAS_MIN || kept * 2 < counted.freeBytes() || !signs.isLargeInRss(resident)) {
      return;
    }
    int arenas = counted.arenas().size();
    findings.add(
        new Finding(
            Verdict.MANY_ARENAS,
            resident,
            Megabytes.text(resident)
                + " that malloc keeps in "
                + signs.who()
                + " are spread over "
                + spread
                + " of "
                + arenas
                + " arenas",
            List.of(
                arenas + " arenas for " + signs.last().status().threads() + " threads",
                "free in arenas other than the main one: "
                    + Megabytes.text(kept)
                    + " of "
                    + Megabytes.text(counted.freeBytes())),
            "the threads all work at times, and each fills its own arena again",
            "with MALLOC_ARENA_MAX=2 it keeps as much under the same load",
            List.of(
                "MALLOC_ARENA_MAX=2 in its environment, and a restart",
                Advice.trimNow(signs.runtime(), signs.pid()))));
  }

  /** What the census counted, a line each; the caller may add to it. */
  static List<String> arithmetic(Signs signs, Census.Counted counted) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "RSS "
            + Megabytes.text(signs.rssBytes())
            + ", of it malloc "
            + Megabytes.text(counted.residentBytes()));
    lines.add(
        "malloc: live "
            + Megabytes.text(counted.liveBytes())
            + ", free "
            + Megabytes.text(counted.freeBytes())
            + ", of the free resident "
            + Megabytes.text(counted.freeResidentBytes()));
    lines.add(
        "a trim would give back "
            + Megabytes.text(counted.trimmableBytes())
            + ", "
            + Megabytes.percent(counted.trimmableBytes(), signs.rssBytes())
            + " % of RSS");
    return lines;
  }

  private static @Nullable ArenaCensus mainArena(Census.Counted counted) {
    for (ArenaCensus arena : counted.arenas()) {
      if (arena.main()) {
        return arena;
      }
    }
    return null;
  }

  private static long keptInOthers(Census.Counted counted) {
    return counted.arenas().stream()
        .filter(a -> !a.main())
        .mapToLong(ArenaCensus::freeBytes)
        .sum();
  }

  private static long otherTops(Census.Counted counted) {
    return counted.arenas().stream().filter(a -> !a.main()).mapToLong(ArenaCensus::topBytes).sum();
  }
}
