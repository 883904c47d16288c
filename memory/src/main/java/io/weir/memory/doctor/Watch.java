package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.MappingUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.SocketRow;
import io.weir.memory.probe.SocketUse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The looks of a watch, however long it is, in bounded memory: at most {@link #LOOKS_MAX}, each
 * second one dropped when they are too many, and only the latest two in full.
 *
 * <p>A full look at a large process takes a megabyte: thousands of mappings and sockets. What the
 * judge asks of an earlier look is the sums, the fullest queues, and of the first one the histogram
 * of chunk sizes. Not safe for use by several threads.
 */
public final class Watch {
  /** At one a second two minutes; then every other second, and so on. */
  static final int LOOKS_MAX = 120;

  /** Sockets kept of an earlier look: those that hold most. */
  private static final int SOCKETS_MAX = 32;

  private final List<Look> looks = new ArrayList<>();
  private final List<Ledger> ledgers = new ArrayList<>();

  /** An empty one. */
  public Watch() {}

  /** One more look, later than all before. */
  public void add(Look look, Ledger ledger) {
    if (looks.size() == LOOKS_MAX) {
      thinOut();
    }
    int before = looks.size() - 2;
    if (before >= 0) {
      looks.set(before, slim(looks.get(before), before == 0));
    }
    looks.add(look);
    ledgers.add(ledger);
  }

  /**
   * Keeps only the sums of the latest look too. For a process that watches itself, whose looks are
   * part of what it looks at; to be called when they have been judged.
   */
  public void slimLatest() {
    int last = looks.size() - 1;
    if (last >= 0) {
      looks.set(last, slim(looks.get(last), last == 0));
    }
  }

  /** How many are kept. */
  public int size() {
    return looks.size();
  }

  /** What they mean; there must be one at least. */
  public Diagnosis judge() {
    return Judge.judge(looks, ledgers);
  }

  /** Keeps the first, and of the others each second one, the latest among them. */
  private void thinOut() {
    for (int i = looks.size() - 2; i > 0; i -= 2) {
      looks.remove(i);
      ledgers.remove(i);
    }
  }

  private static Look slim(Look look, boolean histogram) {
    return new Look(
        look.pid(),
        look.atNanos(),
        look.status(),
        with(look.memory(), sum(look.memory().value())),
        with(look.threads(), look.threads().value() == null ? null : List.of()),
        look.descriptors(),
        look.cgroup(),
        with(look.sockets(), fullest(look.sockets().value())),
        look.pipes(),
        slim(look.census(), histogram),
        with(look.jvm(), slim(look.jvm().value())),
        look.node());
  }

  private static <T> Reading<T> with(Reading<T> reading, @Nullable T value) {
    return new Reading<>(value, reading.unseen(), reading.remedy(), reading.costNanos());
  }

  private static @Nullable MemoryUse sum(@Nullable MemoryUse memory) {
    if (memory == null || memory.mappings().isEmpty()) {
      return memory;
    }
    Mapping one = memory.mappings().getFirst().mapping();
    return new MemoryUse(
        List.of(
            new MappingUse(
                one,
                memory.rssBytes(),
                memory.pssBytes(),
                memory.anonymousBytes(),
                memory.lazyFreeBytes(),
                memory.hugeBytes(),
                memory.swapBytes())),
        memory.count());
  }

  private static @Nullable SocketUse fullest(@Nullable SocketUse use) {
    if (use == null || use.rows().size() <= SOCKETS_MAX) {
      return use;
    }
    List<SocketRow> rows = new ArrayList<>(use.rows());
    rows.sort(
        Comparator.<SocketRow>comparingLong(row -> row.sendQueueBytes() + row.receiveQueueBytes())
            .reversed());
    int dropped = rows.size() - SOCKETS_MAX;
    return new SocketUse(
        List.copyOf(rows.subList(0, SOCKETS_MAX)), use.others() + dropped, List.of());
  }

  private static Census slim(Census census, boolean histogram) {
    if (!(census instanceof Census.Counted counted)) {
      return census;
    }
    return new Census.Counted(
        counted.library(),
        counted.arenas(),
        counted.mmapped(),
        histogram ? counted.sizes() : List.of(),
        counted.thresholds(),
        List.of(),
        counted.residentBytes(),
        counted.freeResidentBytes(),
        counted.retries(),
        counted.readBytes(),
        counted.costNanos());
  }

  private static @Nullable JvmUse slim(@Nullable JvmUse jvm) {
    return jvm == null
        ? null
        : new JvmUse(
            jvm.version(),
            jvm.collector(),
            List.of(),
            jvm.heapUsedBytes(),
            jvm.heapCommittedBytes(),
            jvm.heapMaxBytes(),
            jvm.metaspaceUsedBytes(),
            jvm.codeUsedBytes(),
            jvm.directBytes(),
            jvm.directInMalloc(),
            jvm.nmt(),
            jvm.mallocRetainedBytes());
  }
}
