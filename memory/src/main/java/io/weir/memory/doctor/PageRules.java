package io.weir.memory.doctor;

import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.MemoryUse;
import java.util.ArrayList;
import java.util.List;

/** What the pages themselves tell: LAZY-FREE, HUGE-PAGES, THREAD-STACKS, FILES. */
final class PageRules {
  /** Files are cheap: only where they are most of the charge do they explain it. */
  private static final int FILES_PERCENT_MIN = 50;

  private static final long FILES_BYTES_MIN = 64L << 20;

  /** Huge pages are the default on many systems; only where much of them is idle they matter. */
  private static final int HUGE_PERCENT_MIN = 40;

  private PageRules() {}

  static void judge(Signs signs, List<Finding> findings) {
    lazyFree(signs, findings);
    hugePages(signs, findings);
    threadStacks(signs, findings);
    files(signs, findings);
  }

  private static void lazyFree(Signs signs, List<Finding> findings) {
    MemoryUse memory = signs.last().memory().value();
    long lazy = memory == null ? 0 : memory.lazyFreeBytes();
    if (!signs.isLargeInRss(lazy)) {
      return;
    }
    List<String> next = new ArrayList<>();
    switch (signs.runtime()) {
      case GO -> next.add("GODEBUG=madvdontneed=1 in its environment: RSS then falls at once");
      default ->
          next.add("jemalloc: MALLOC_CONF=muzzy_decay_ms:0; mimalloc: MIMALLOC_PURGE_DELAY=0");
    }
    next.add("grep LazyFree /proc/" + signs.pid() + "/smaps_rollup");
    findings.add(
        new Finding(
            Verdict.LAZY_FREE,
            lazy,
            Megabytes.text(lazy)
                + " in the RSS of "
                + signs.who()
                + " are given back already; the kernel takes them when it needs them",
            List.of(
                "LazyFree "
                    + Megabytes.text(lazy)
                    + " of RSS "
                    + Megabytes.text(signs.rssBytes())
                    + " ("
                    + Megabytes.percent(lazy, signs.rssBytes())
                    + " %)"),
            "always, but for who watches RSS",
            "RSS stays as it is when memory gets short",
            next));
  }

  private static void hugePages(Signs signs, List<Finding> findings) {
    MemoryUse memory = signs.last().memory().value();
    if (memory == null || signs.counted() == null) {
      return;
    }
    JvmUse jvm = signs.last().jvm().value();
    long live =
        signs.liveBytes()
            + (jvm == null ? 0 : Math.max(0, jvm.heapUsedBytes()))
            + signs.rowBytes(Kind.METASPACE, Kind.CODE, Kind.GC, Kind.V8_HEAP);
    long idle = memory.anonymousBytes() - live;
    long bytes = Math.min(memory.hugeBytes(), idle);
    if (!signs.isLargeInRss(bytes) || bytes * 100.0 < signs.rssBytes() * HUGE_PERCENT_MIN) {
      return;
    }
    findings.add(
        new Finding(
            Verdict.HUGE_PAGES,
            bytes,
            Megabytes.text(bytes)
                + " in "
                + signs.who()
                + " are in huge pages beyond what is known to be live: each takes 2 MiB, however"
                + " little of it is used",
            List.of(
                "in transparent huge pages: " + Megabytes.text(memory.hugeBytes()),
                "anonymous "
                    + Megabytes.text(memory.anonymousBytes())
                    + " - known to be live "
                    + Megabytes.text(live)
                    + " = "
                    + Megabytes.text(idle)),
            "the program maps memory itself and uses it: this is then only what cannot be counted",
            "RSS is the same after a restart with huge pages off",
            List.of(
                "cat /sys/kernel/mm/transparent_hugepage/enabled   # madvise leaves out who did not"
                    + " ask",
                "prctl(PR_SET_THP_DISABLE) before its start, to compare")));
  }

  private static void threadStacks(Signs signs, List<Finding> findings) {
    long stacks = signs.rowBytes(Kind.THREADS);
    if (!signs.isLargeInRss(stacks)) {
      return;
    }
    int threads = Math.max(1, signs.last().status().threads());
    findings.add(
        new Finding(
            Verdict.THREAD_STACKS,
            stacks,
            Megabytes.text(stacks)
                + " in "
                + signs.who()
                + " are stacks of "
                + Megabytes.grouped(threads)
                + " threads",
            List.of(
                Megabytes.text(stacks)
                    + " / "
                    + Megabytes.grouped(threads)
                    + " = "
                    + Megabytes.text(stacks / threads)
                    + " a thread"),
            "so many threads are meant to be there",
            "the number of threads falls and the memory does not",
            List.of(
                "ls /proc/" + signs.pid() + "/task | wc -l   # some times: does the number grow?",
                "a bounded pool of threads; smaller stacks (-Xss512k, ulimit -s)")));
  }

  private static void files(Signs signs, List<Finding> findings) {
    long files = signs.rowBytes(Kind.FILES);
    if (files < FILES_BYTES_MIN || files * 100.0 < signs.chargeBytes() * FILES_PERCENT_MIN) {
      return;
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        "files "
            + Megabytes.text(files)
            + " of the charge "
            + Megabytes.text(signs.chargeBytes())
            + " ("
            + Megabytes.percent(files, signs.chargeBytes())
            + " %, "
            + signs.ledger().chargeSource()
            + ")");
    CgroupUse cgroup = signs.last().cgroup().value();
    if (cgroup != null && cgroup.fileBytes() >= 0) {
      lines.add("page cache charged to its cgroup: " + Megabytes.text(cgroup.fileBytes()));
    }
    findings.add(
        new Finding(
            Verdict.FILES,
            files,
            Megabytes.text(files)
                + " of what is charged for "
                + signs.who()
                + " are files in the page cache, which the kernel takes back when it needs them",
            lines,
            "nearly always: the cache makes way before anything is killed",
            "the charge stays near the limit and the process is killed, while files are large",
            List.of(
                "watch anon in memory.stat of its cgroup, not memory.current",
                "posix_fadvise(POSIX_FADV_DONTNEED) or O_DIRECT where it reads once only")));
  }
}
