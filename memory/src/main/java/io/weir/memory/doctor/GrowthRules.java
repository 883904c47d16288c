package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.census.SizeClass;
import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.JvmUse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What grows: LEAK-SUSPECT, or TOO-EARLY where it cannot be told yet.
 *
 * <p>Growth alone is no leak. It is held back, with the reason, while anything else may explain it:
 * readers that do not read (then it is BUFFERING), sockets that could not be seen, a load that grew
 * as well, or a collector that has not run.
 */
final class GrowthRules {
  /** V8 lets Buffers grow by 64 MB between two full collections, and by as much while one runs. */
  static final long AWAITED_BYTES_MAX = 128L << 20;

  /** A fall of less is no collection. */
  private static final long COLLECTION_BYTES_MIN = 1 << 20;

  /**
   * Direct buffers are seldom smaller than a page: the Java objects that own one take some 140
   * bytes. Growth in smaller chunks is somebody else's.
   */
  private static final long BUFFER_BYTES_MIN = 4096;

  /** More sockets than this share more, and this many, are a load that grew. */
  private static final double LOAD_SHARE_MIN = 0.1;

  private static final int LOAD_SOCKETS_MIN = 10;

  /** Where live and kept cannot be told apart, more must be seen before a leak is named. */
  private static final double UNSPLIT_SECONDS_MIN = 20;

  private static final long UNSPLIT_BYTES_MIN = 16L << 20;
  private static final double UNSPLIT_SHARE_MIN = 0.1;

  private GrowthRules() {}

  static void judge(Signs signs, List<Finding> findings) {
    Growth live = signs.liveGrowth();
    boolean counted = signs.counted() != null;
    Growth growth = counted ? live : signs.growth(Signs::anonymousBytes);
    Growth mapped = counted ? signs.growth(Kind.ANONYMOUS) : Growth.UNSEEN;
    // A runtime that maps its arenas itself, such as Python for small objects, grows beside malloc.
    boolean beside =
        growth.shape() != Growth.Shape.GROWING && mapped.grownBytes() > growth.grownBytes();
    judge(signs, beside ? mapped : growth, counted && !beside, findings);
  }

  private static void judge(Signs signs, Growth growth, boolean split, List<Finding> findings) {
    switch (growth.shape()) {
      case GROWING -> {
        if (!signs.isBlocked()) {
          String doubt = doubt(signs, growth, split);
          findings.add(doubt == null ? leak(signs, growth, split) : tooEarly(signs, growth, doubt));
        }
      }
      case TOO_SHORT -> findings.add(tooEarly(signs, growth, tooShort(signs)));
      case UNEVEN ->
          findings.add(
              tooEarly(signs, growth, "it grew unevenly, so a longer watch must tell if it stops"));
      case NONE, STOPPED, SWINGING -> {}
    }
  }

  private static String tooShort(Signs signs) {
    return signs.watchSeconds() < Growth.WATCH_SECONDS_MIN
        ? "that takes a watch of at least 12 s"
        : "that takes " + Growth.LOOKS_MIN + " looks at least, and there were " + looks(signs);
  }

  private static int looks(Signs signs) {
    return signs.looks().size();
  }

  /** Why this growth may be no leak, or null. */
  private static @Nullable String doubt(Signs signs, Growth growth, boolean split) {
    if (!signs.seesSockets()) {
      return "the sockets could not be seen, so it may be what waits for readers";
    }
    int before = Signs.sockets(signs.first());
    int now = Signs.sockets(signs.last());
    if (now - before >= LOAD_SOCKETS_MIN && now - before >= before * LOAD_SHARE_MIN) {
      return "the load grew too, from " + before + " to " + now + " sockets";
    }
    if (mayAwaitCollection(signs, growth)) {
      return "no collection of "
          + signs.runtime().text()
          + " was seen meanwhile, and it may be garbage that waits for one";
    }
    if (!split && !isPlainWithoutSplit(signs, growth)) {
      return "live and kept memory could not be told apart in it";
    }
    return null;
  }

  private static boolean isPlainWithoutSplit(Signs signs, Growth growth) {
    return !signs.runtime().isCollected()
        && growth.seconds() >= UNSPLIT_SECONDS_MIN
        && growth.grownBytes() >= UNSPLIT_BYTES_MIN
        && growth.grownBytes() >= growth.fromBytes() * UNSPLIT_SHARE_MIN;
  }

  private static boolean mayAwaitCollection(Signs signs, Growth growth) {
    return switch (signs.runtime()) {
      case JVM -> !fell(signs, GrowthRules::heapUsedBytes) && mayBeDirect(signs, growth);
      case NODE -> growth.grownBytes() < AWAITED_BYTES_MAX;
      case RUBY, DOTNET, GO -> growth.grownBytes() < AWAITED_BYTES_MAX;
      case PYTHON, NATIVE -> false;
    };
  }

  /** Direct buffers are freed when their owners are collected; other native memory is not. */
  private static boolean mayBeDirect(Signs signs, Growth growth) {
    JvmUse first = signs.first().jvm().value();
    JvmUse last = signs.last().jvm().value();
    if (first == null || last == null || first.directBytes() < 0 || last.directBytes() < 0) {
      Grown grown = mostGrown(signs);
      return grown == null || grown.bytes() >= grown.count() * BUFFER_BYTES_MIN;
    }
    return (last.directBytes() - first.directBytes()) * 2 >= growth.grownBytes();
  }

  private static long heapUsedBytes(Look look) {
    JvmUse jvm = look.jvm().value();
    return jvm == null ? -1 : jvm.heapUsedBytes();
  }

  /** Did it fall between any two looks? Then a collection ran. */
  private static boolean fell(Signs signs, ToLongFunction<Look> size) {
    long before = -1;
    for (Look look : signs.looks()) {
      long now = size.applyAsLong(look);
      if (now >= 0 && before - now >= COLLECTION_BYTES_MIN) {
        return true;
      }
      before = now;
    }
    return false;
  }

  private static Finding leak(Signs signs, Growth growth, boolean split) {
    List<String> lines = new ArrayList<>();
    lines.add((split ? "live in malloc " : "anonymous ") + QueueRules.grownLine(signs, growth));
    lines.add(
        "after warm-up "
            + Megabytes.signed(growth.bytesPerMinute())
            + " a minute, over "
            + looks(signs)
            + " looks; it goes on to the end");
    lines.add("no socket is blocked, so it does not wait for readers");
    Grown grown = split ? mostGrown(signs) : null;
    if (grown != null) {
      lines.add(grown.text());
    }
    if (!split) {
      lines.add("live and kept cannot be told apart here, so this is less sure than a count");
    }
    String limit = untilLimit(signs, growth);
    if (!limit.isEmpty()) {
      lines.add(limit);
    }
    RuntimeKind runtime = signs.runtime();
    List<String> next = new ArrayList<>();
    next.add("weir doctor " + signs.pid() + " --watch 5m   # under steady load: does it go on?");
    next.addAll(Advice.findAllocations(runtime, signs.pid()));
    return new Finding(
        Verdict.LEAK_SUSPECT,
        growth.grownBytes(),
        signs.who()
            + " grows by "
            + Megabytes.text(growth.bytesPerMinute())
            + " a minute and does not stop: "
            + Megabytes.signed(growth.grownBytes())
            + (split ? " live in " : " anonymous in ")
            + signs.watchText()
            + (grown == null ? "" : ", most of it in " + grown.name()),
        lines,
        "it fills a cache that has a limit, and has not reached it yet",
        runtime.isCollected()
            ? "it falls after a full collection, or stops in a longer watch"
            : "it stops in a longer watch under the same load",
        next);
  }

  /** The size class that grew most, by how many chunks and bytes. */
  private record Grown(String name, long count, long bytes) {
    String text() {
      return name
          + ": "
          + (count > 0 ? "+" : "")
          + Megabytes.grouped(count)
          + " = "
          + Megabytes.text(bytes);
    }
  }

  private static @Nullable Grown mostGrown(Signs signs) {
    List<SizeClass> before = firstSizes(signs);
    Census.Counted counted = signs.counted();
    if (counted == null || before.isEmpty()) {
      return null;
    }
    Map<Long, SizeClass> bySize = new HashMap<>();
    for (SizeClass size : before) {
      bySize.put(size.minBytes(), size);
    }
    Grown most = null;
    for (SizeClass size : counted.sizes()) {
      SizeClass then = bySize.get(size.minBytes());
      long bytes = size.bytes() - (then == null ? 0 : then.bytes());
      if (bytes > 0 && (most == null || bytes > most.bytes())) {
        most = new Grown(chunks(size), size.count() - (then == null ? 0 : then.count()), bytes);
      }
    }
    return most;
  }

  /** Of the first look that has kept its histogram, the last look left out. */
  private static List<SizeClass> firstSizes(Signs signs) {
    for (Look look : signs.looks().subList(0, signs.looks().size() - 1)) {
      if (look.census() instanceof Census.Counted counted && !counted.sizes().isEmpty()) {
        return counted.sizes();
      }
    }
    return List.of();
  }

  private static String chunks(SizeClass size) {
    String least = Megabytes.grouped(size.minBytes());
    return size.minBytes() == size.maxBytes()
        ? "chunks of " + least + " bytes"
        : "chunks of " + least + " to " + Megabytes.grouped(size.maxBytes()) + " bytes";
  }

  private static String untilLimit(Signs signs, Growth growth) {
    CgroupUse cgroup = signs.last().cgroup().value();
    if (cgroup == null
        || cgroup.limitBytes() <= 0
        || cgroup.limitBytes() == Long.MAX_VALUE
        || cgroup.usageBytes() < 0
        || growth.bytesPerSecond() <= 0) {
      return "";
    }
    long left = Math.max(0, cgroup.limitBytes() - cgroup.usageBytes());
    return "its cgroup's limit of "
        + Megabytes.text(cgroup.limitBytes())
        + " is "
        + Megabytes.text(left)
        + " away: "
        + duration(left / growth.bytesPerSecond())
        + " at this rate";
  }

  /** In the unit that a person would take. */
  static String duration(double seconds) {
    long minutes = Math.round(seconds / 60);
    if (seconds < 120) {
      return Math.round(seconds) + " s";
    }
    if (minutes < 120) {
      return minutes + " minutes";
    }
    long hours = Math.round(seconds / 3600);
    return hours < 48 ? hours + " hours" : Megabytes.grouped(hours / 24) + " days";
  }

  private static Finding tooEarly(Signs signs, Growth growth, String why) {
    return new Finding(
        Verdict.TOO_EARLY,
        growth.grownBytes(),
        signs.who()
            + " grew by "
            + Megabytes.text(growth.grownBytes())
            + " in "
            + signs.watchText()
            + "; whether that is a leak cannot be told yet: "
            + why,
        List.of(QueueRules.grownLine(signs, growth), "looks: " + looks(signs)),
        "it stops",
        "a longer watch shows that it goes on",
        tooEarlyNext(signs, growth));
  }

  private static List<String> tooEarlyNext(Signs signs, Growth growth) {
    String watch = "weir doctor " + signs.pid() + " --watch ";
    if (!signs.runtime().isCollected()) {
      return List.of(watch + "60s");
    }
    double rate = Math.max(growth.bytesPerSecond(), 1);
    long seconds = (long) Math.clamp(AWAITED_BYTES_MAX * 1.2 / rate, 60, 3600);
    return List.of(watch + seconds + "s", Advice.collect(signs.runtime(), signs.pid()));
  }
}
