package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.LedgerRow.Kind;
import java.util.ArrayList;
import java.util.List;

/** What is said where nothing else is: what cannot be seen, what stopped, and that all is well. */
final class RestRules {
  /** A live size at which one look should not say that all is well. */
  private static final long UNWATCHED_BYTES_MIN = 64L << 20;

  private static final int UNWATCHED_PERCENT_MIN = 40;

  private RestRules() {}

  /** Memory that cannot be split, whatever else was found. */
  static void judgeUncounted(Signs signs, List<Finding> findings) {
    long bytes = Signs.anonymousBytes(signs.last());
    if (!signs.isLargeInRss(bytes)) {
      return;
    }
    switch (signs.last().census()) {
      case Census.OtherAllocator other -> findings.add(otherAllocator(signs, other, bytes));
      case Census.Uncounted uncounted -> findings.add(uncounted(signs, uncounted, bytes));
      case Census.Counted _ -> {}
    }
  }

  private static Finding otherAllocator(Signs signs, Census.OtherAllocator other, long bytes) {
    List<String> lines = new ArrayList<>();
    lines.add("anonymous memory: " + Megabytes.text(bytes));
    lines.add("allocator: " + other.name() + " in " + Signs.plain(other.library()));
    for (String detail : other.details()) {
      lines.add(Signs.plain(detail));
    }
    waiting(signs, lines);
    String name = other.name();
    return new Finding(
        Verdict.OTHER_ALLOCATOR,
        bytes,
        Megabytes.text(bytes)
            + " in "
            + signs.who()
            + " belong to "
            + name
            + (isSplit(other)
                ? ", which has its own way to keep what was freed"
                : ", in which live and kept memory cannot be told apart from outside"),
        lines,
        "it stays at its peak and does not grow: most allocators keep what they once needed",
        "the allocator's own statistics say otherwise",
        List.of(statistics(name), "weir doctor " + signs.pid() + " --watch 60s   # for growth"));
  }

  /** Do the details tell live and kept, as those of a known jemalloc do? */
  private static boolean isSplit(Census.OtherAllocator other) {
    return other.details().stream().anyMatch(detail -> detail.startsWith("live: "));
  }

  private static String statistics(String allocator) {
    return switch (allocator) {
      case "jemalloc" ->
          "MALLOC_CONF=stats_print:true prints at exit: allocated is live, resident - allocated kept";
      case "tcmalloc" -> "MallocExtension::GetStats() in it; release with MALLOC_RELEASE_RATE";
      case "mimalloc" -> "MIMALLOC_SHOW_STATS=1 prints at exit; MIMALLOC_PURGE_DELAY=0 gives back";
      default -> "run it with glibc's malloc, if it can, to have it counted";
    };
  }

  private static Finding uncounted(Signs signs, Census.Uncounted uncounted, long bytes) {
    List<String> lines = new ArrayList<>();
    lines.add("anonymous memory: " + Megabytes.text(bytes));
    waiting(signs, lines);
    List<String> next = new ArrayList<>();
    if (!uncounted.remedy().isEmpty()) {
      next.add(uncounted.remedy());
    }
    next.add("weir doctor " + signs.pid() + " --watch 60s   # for growth");
    return new Finding(
        Verdict.TOO_EARLY,
        bytes,
        "cannot split "
            + Megabytes.text(bytes)
            + " in "
            + signs.who()
            + " into live and kept: "
            + uncounted.why(),
        lines,
        "it does not grow",
        "the heap can be counted",
        next);
  }

  private static void waiting(Signs signs, List<String> lines) {
    if (signs.isBlocked()) {
      Blocked blocked = signs.latestBlocked();
      lines.add("some of it may wait for readers that do not read:");
      QueueRules.nameSockets(lines, "blocked", blocked.sockets(), true);
    }
  }

  /** The only finding there is. */
  static Finding rest(Signs signs) {
    Growth growth = signs.counted() != null ? signs.liveGrowth() : anonymous(signs);
    if (growth.shape() == Growth.Shape.STOPPED) {
      return plateau(signs, growth);
    }
    boolean watched = signs.watchSeconds() >= Growth.WATCH_SECONDS_MIN && signs.looks().size() >= 2;
    long live = Math.max(signs.liveBytes(), signs.rowBytes(Kind.ANONYMOUS));
    if (!watched
        && live >= UNWATCHED_BYTES_MIN
        && live * 100.0 >= signs.rssBytes() * (double) UNWATCHED_PERCENT_MIN) {
      return unwatched(signs, live);
    }
    return healthy(signs, growth, watched);
  }

  private static Growth anonymous(Signs signs) {
    return signs.growth(Signs::anonymousBytes);
  }

  private static Finding plateau(Signs signs, Growth growth) {
    return new Finding(
        Verdict.PLATEAU,
        growth.toBytes(),
        signs.who()
            + " grew by "
            + Megabytes.text(growth.grownBytes())
            + " and then stopped, at "
            + Megabytes.text(growth.toBytes()),
        List.of(QueueRules.grownLine(signs, growth), "in the last quarter of the watch it did not"),
        "always: what fills up and stops is a cache, a pool or a warm-up",
        "a longer watch shows further steps",
        List.of("weir doctor " + signs.pid() + " --watch 5m"));
  }

  private static Finding unwatched(Signs signs, long live) {
    return new Finding(
        Verdict.TOO_EARLY,
        live,
        Megabytes.text(live)
            + " in "
            + signs.who()
            + " are live; a working set and a leak look the same until it is watched for 12 s",
        List.of(
            (live > signs.liveBytes() ? "anonymous, beside malloc: " : "live in malloc: ")
                + Megabytes.text(live)
                + " of "
                + Megabytes.text(signs.rssBytes())
                + " RSS",
            "watched for " + signs.watchText() + ", looks: " + signs.looks().size(),
            "no socket is blocked, and malloc keeps little of it"),
        "it is what the program needs",
        "a watch shows that it grows",
        List.of("weir doctor " + signs.pid() + " --watch 30s"));
  }

  private static Finding healthy(Signs signs, Growth growth, boolean watched) {
    return new Finding(
        Verdict.HEALTHY,
        signs.rssBytes(),
        signs.who()
            + (watched
                ? ": nothing stands out in " + signs.watchText()
                : ": nothing stands out now; growth needs a watch"),
        healthyLines(signs, growth, watched),
        watched ? "always" : "it does not grow",
        watched ? "a longer watch, or one under more load, shows growth" : "a watch shows growth",
        watched ? List.of() : List.of("weir doctor " + signs.pid() + " --watch 30s"));
  }

  private static List<String> healthyLines(Signs signs, Growth growth, boolean watched) {
    List<String> lines = new ArrayList<>();
    List<LedgerRow> rows = signs.ledger().rows();
    if (!rows.isEmpty()) {
      LedgerRow row = rows.getFirst();
      lines.add(
          "the largest row is "
              + row.name()
              + ": "
              + Megabytes.text(row.bytes())
              + " of a charge of "
              + Megabytes.text(signs.chargeBytes()));
    }
    if (watched) {
      String moved = Megabytes.signed(growth.grownBytes());
      lines.add(
          (signs.counted() != null ? "live in malloc " : "anonymous ")
              + moved
              + (growth.shape() == Growth.Shape.SWINGING ? ", up and down in between" : ""));
    }
    Blocked blocked = signs.latestBlocked();
    if (!blocked.sockets().isEmpty()) {
      lines.add("readers do not read, but what waits is bounded: it waits in the kernel");
      QueueRules.nameSockets(lines, "blocked", blocked.sockets(), true);
    }
    if (!blocked.unreadSockets().isEmpty()) {
      lines.add("it leaves received bytes unread, so its sources wait: back-pressure at work");
      QueueRules.nameSockets(lines, "not read", blocked.unreadSockets(), false);
    }
    return lines;
  }
}
