package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.census.SizeClass;
import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.JvmUse;
import java.util.ArrayList;
import java.util.List;

/**
 * What a runtime holds: MANAGED-HEAP and POOLED. These describe; whether anybody needs the memory
 * only a collection or the program's own metrics can tell.
 */
final class RuntimeRules {
  /** A young generation that is empty now is nothing to speak of. */
  private static final long HEAP_KEPT_BYTES_MIN = 64L << 20;

  private static final int HEAP_KEPT_PERCENT_MIN = 30;

  /** Compilers, symbols and collectors of a JVM live in malloc as well, up to about this share. */
  private static final int JVM_NATIVE_PERCENT_MIN = 40;

  /** Netty's pools take chunks of 4 MiB, or 16 MiB before 4.1.75. */
  private static final long POOL_CHUNK_BYTES = 4L << 20;

  private static final long POOL_CHUNK_OLD_BYTES = 16L << 20;

  /** Alignment, malloc's header and the end of the last page. */
  private static final long POOL_CHUNK_MARGIN_BYTES = 64 << 10;

  private RuntimeRules() {}

  static void judge(Signs signs, List<Finding> findings) {
    heapKept(signs, findings);
    heapGrew(signs, findings);
    if (signs.runtime().isCollected() && isSteady(signs)) {
      long pooled = pooledBytes(signs);
      if (signs.isLargeInRss(pooled)) {
        findings.add(pooled(signs, pooled));
      } else {
        nativeHeld(signs, findings);
      }
    }
  }

  /** Two looks at least, no growth, and nobody waits. */
  private static boolean isSteady(Signs signs) {
    return signs.looks().size() > 1
        && !signs.isBlocked()
        && signs.seesSockets()
        && signs.liveGrowth().shape() == Growth.Shape.NONE;
  }

  private static void heapKept(Signs signs, List<Finding> findings) {
    JvmUse jvm = signs.last().jvm().value();
    if (jvm == null || jvm.heapUsedBytes() < 0) {
      return;
    }
    long resident = signs.rowBytes(Kind.JVM_HEAP);
    long kept = resident - jvm.heapUsedBytes();
    if (kept < HEAP_KEPT_BYTES_MIN || kept * 100.0 < signs.rssBytes() * HEAP_KEPT_PERCENT_MIN) {
      return;
    }
    findings.add(
        new Finding(
            Verdict.MANAGED_HEAP,
            kept,
            Megabytes.text(kept) + " of the Java heap of " + signs.who() + " hold no object now",
            List.of(
                "heap: resident " + Megabytes.text(resident) + ", " + heapText(jvm),
                "resident - used = " + Megabytes.text(kept)),
            "the next burst of allocations fills it again, and -Xmx is what you planned for",
            "the used heap is near to the resident one whenever you look",
            List.of(
                "jcmd " + signs.pid() + " GC.heap_info",
                "-XX:+UseG1GC -XX:G1PeriodicGCInterval=60000, or ZGC: they give unused heap back",
                "a smaller -Xmx, and -XX:MaxHeapFreeRatio=30 -XX:MinHeapFreeRatio=10")));
  }

  private static String heapText(JvmUse jvm) {
    StringBuilder text = new StringBuilder(64);
    text.append("used ").append(Megabytes.text(jvm.heapUsedBytes()));
    if (jvm.heapCommittedBytes() >= 0) {
      text.append(", committed ").append(Megabytes.text(jvm.heapCommittedBytes()));
    }
    if (jvm.heapMaxBytes() >= 0) {
      text.append(", at most ").append(Megabytes.text(jvm.heapMaxBytes()));
    }
    return text.append(" (").append(Signs.plain(jvm.collector())).append(')').toString();
  }

  /** A heap between collections always grows: this says where, and accuses nobody. */
  private static void heapGrew(Signs signs, List<Finding> findings) {
    Growth jvm = signs.growth(Kind.JVM_HEAP);
    Growth v8 = signs.growth(Kind.V8_HEAP);
    Growth growth = jvm.grownBytes() >= v8.grownBytes() ? jvm : v8;
    boolean already = findings.stream().anyMatch(f -> f.verdict() == Verdict.MANAGED_HEAP);
    if (already || !signs.isLargeInRss(growth.grownBytes())) {
      return;
    }
    findings.add(
        new Finding(
            Verdict.MANAGED_HEAP,
            growth.grownBytes(),
            "the heap of "
                + signs.runtime().text()
                + " in "
                + signs.who()
                + " has taken "
                + Megabytes.text(growth.grownBytes())
                + " more; what of it is garbage only a collection tells",
            List.of(QueueRules.grownLine(signs, growth)),
            "it stops at the heap's limit, and that is what you planned for",
            "it is still that large after a full collection: then objects are held",
            List.of(
                Advice.collect(signs.runtime(), signs.pid()),
                Advice.findAllocations(signs.runtime(), signs.pid()).getLast())));
  }

  private static void nativeHeld(Signs signs, List<Finding> findings) {
    long live = signs.liveBytes();
    long v8 = signs.rowBytes(Kind.V8_HEAP);
    long held = Math.max(0, live) + v8;
    boolean jvm = signs.runtime() == RuntimeKind.JVM;
    long least = jvm ? signs.rssBytes() * JVM_NATIVE_PERCENT_MIN / 100 : 0;
    if (!signs.isLargeInRss(held) || held < HEAP_KEPT_BYTES_MIN || held < least) {
      return;
    }
    List<String> lines = new ArrayList<>();
    lines.add("live in malloc " + Megabytes.text(Math.max(0, live)));
    if (v8 > 0) {
      lines.add("heap of JavaScript objects " + Megabytes.text(v8));
    }
    lines.add("steady for " + signs.watchText() + "; no socket is blocked");
    findings.add(
        new Finding(
            Verdict.MANAGED_HEAP,
            held,
            Megabytes.text(held)
                + " in "
                + signs.who()
                + " are live and steady while nobody waits: held by objects that "
                + signs.runtime().text()
                + " has not collected yet, or still uses",
            lines,
            "the next full collection frees it; this is no sign of a leak",
            "it is still live after a full collection: then the program holds it",
            List.of(
                Advice.collect(signs.runtime(), signs.pid()),
                "weir doctor " + signs.pid() + " --watch 60s   # does it grow?")));
  }

  /** Direct buffers by the JVM's own count, else what is in chunks of a pool's size. */
  private static long pooledBytes(Signs signs) {
    JvmUse jvm = signs.last().jvm().value();
    if (signs.runtime() != RuntimeKind.JVM) {
      return 0;
    }
    if (jvm != null && jvm.directBytes() >= 0) {
      return jvm.directBytes();
    }
    Census.Counted counted = signs.counted();
    return counted == null ? 0 : poolChunkBytes(counted);
  }

  private static long poolChunkBytes(Census.Counted counted) {
    long sum = 0;
    for (SizeClass size : counted.sizes()) {
      if (isPoolChunk(size.minBytes(), POOL_CHUNK_BYTES)
          || isPoolChunk(size.minBytes(), POOL_CHUNK_OLD_BYTES)) {
        sum += size.bytes();
      }
    }
    return sum;
  }

  private static boolean isPoolChunk(long size, long chunk) {
    return size >= chunk && size <= chunk + POOL_CHUNK_MARGIN_BYTES;
  }

  private static Finding pooled(Signs signs, long bytes) {
    JvmUse jvm = signs.last().jvm().value();
    boolean told = jvm != null && jvm.directBytes() >= 0;
    return new Finding(
        Verdict.POOLED,
        bytes,
        Megabytes.text(bytes)
            + " in "
            + signs.who()
            + " are in "
            + (told ? "direct buffers" : "chunks of the size that Netty's pools take")
            + ", steady while nobody waits: a pool keeps them, or garbage does",
        List.of(
            (told ? "the JVM counts " : "the census counts ")
                + Megabytes.text(bytes)
                + ", "
                + Megabytes.percent(bytes, signs.rssBytes())
                + " % of RSS",
            "steady for " + signs.watchText() + "; no socket is blocked"),
        "the pool is as large as the busiest minute needs it",
        "it falls after a full collection: then no pool held it, but objects not yet collected",
        List.of(
            "Netty: PooledByteBufAllocator.DEFAULT.metric() tells used from pooled",
            Advice.collect(RuntimeKind.JVM, signs.pid()),
            "-Dio.netty.allocator.maxOrder=6, or fewer -Dio.netty.allocator.numDirectArenas",
            "-Djdk.nio.maxCachedBufferSize=65536, where threads read and write heap buffers"));
  }
}
