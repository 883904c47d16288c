package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.SocketUse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The numbers of a watch as the rules ask for them; computed once, when first asked for. */
final class Signs {
  /** A verdict needs bytes and a share: below either of these nobody has a problem. */
  static final long LARGE_BYTES_MIN = 32L << 20;

  static final int LARGE_PERCENT_MIN = 20;

  private static final double NANOS_PER_SECOND = 1e9;

  private final List<Look> looks;
  private final List<Ledger> ledgers;
  private final List<Blocked> blocked = new ArrayList<>();

  Signs(List<Look> looks, List<Ledger> ledgers) {
    if (looks.isEmpty() || looks.size() != ledgers.size()) {
      throw new IllegalArgumentException(
          looks.size() + " looks and " + ledgers.size() + " ledgers; one each at least");
    }
    this.looks = looks;
    this.ledgers = ledgers;
    Look before = null;
    for (Look look : looks) {
      blocked.add(Blocked.at(look, before));
      before = look;
    }
  }

  List<Look> looks() {
    return looks;
  }

  Look first() {
    return looks.getFirst();
  }

  Look last() {
    return looks.getLast();
  }

  Ledger ledger() {
    return ledgers.getLast();
  }

  long pid() {
    return last().pid();
  }

  /** Such as {@code node (PID 4711)}; the name is the process' own choice, so it is made plain. */
  String who() {
    return plain(last().status().name()) + " (PID " + pid() + ")";
  }

  RuntimeKind runtime() {
    return RuntimeKind.of(last());
  }

  double watchSeconds() {
    return (last().atNanos() - first().atNanos()) / NANOS_PER_SECOND;
  }

  /** Such as {@code 15 s} or {@code 0.5 s}. */
  String watchText() {
    return seconds(watchSeconds());
  }

  static String seconds(double seconds) {
    long tenths = Math.round(seconds * 10);
    boolean whole = tenths >= 100 || tenths % 10 == 0;
    return (whole ? Long.toString(Math.round(seconds)) : tenths / 10 + "." + tenths % 10) + " s";
  }

  long rssBytes() {
    return ledger().rssBytes() > 0 ? ledger().rssBytes() : last().status().rssBytes();
  }

  long chargeBytes() {
    return Math.max(ledger().chargeBytes(), 1);
  }

  long rowBytes(LedgerRow.Kind... kinds) {
    long sum = 0;
    for (LedgerRow.Kind kind : kinds) {
      sum += Math.max(0, ledger().bytes(kind));
    }
    return sum;
  }

  /** Is this much for this whole? Both bytes and share. */
  static boolean isLarge(long bytes, long whole) {
    return bytes >= LARGE_BYTES_MIN && bytes * 100.0 >= whole * (double) LARGE_PERCENT_MIN;
  }

  boolean isLargeInRss(long bytes) {
    return isLarge(bytes, rssBytes());
  }

  /** The census of the last look, null where there is none. */
  Census.@Nullable Counted counted() {
    return last().census() instanceof Census.Counted counted ? counted : null;
  }

  boolean allCounted() {
    return looks.stream().allMatch(look -> look.census() instanceof Census.Counted);
  }

  /** Live bytes of malloc that take memory, at the last look; -1 where they were not counted. */
  long liveBytes() {
    return liveBytes(last());
  }

  /** Handed out, but never touched, is no memory; moved to swap, it is. */
  static long liveBytes(Look look) {
    if (!(look.census() instanceof Census.Counted counted)) {
      return -1;
    }
    MemoryUse memory = look.memory().value();
    long swap = memory == null ? look.status().swapBytes() : memory.swapBytes();
    long resident = Math.max(0, counted.residentBytes() - counted.freeResidentBytes());
    return Math.min(counted.liveBytes(), resident + Math.max(0, swap));
  }

  /** Anonymous memory, swapped or not, without Java objects. */
  static long anonymousBytes(Look look) {
    MemoryUse memory = look.memory().value();
    long anonymous =
        memory == null
            ? look.status().rssAnonBytes() + look.status().swapBytes()
            : memory.anonymousBytes() + memory.swapBytes();
    JvmUse jvm = look.jvm().value();
    long heap = jvm == null ? 0 : Math.max(0, jvm.heapUsedBytes());
    return Math.max(0, anonymous - heap);
  }

  /** Of the last look. */
  Blocked blocked() {
    return blocked.getLast();
  }

  /**
   * Were sinks blocked in so much of the watch that it means something? A short watch has one
   * chance in two of hitting a bad moment; in a longer one a quarter of the looks must agree.
   */
  boolean isBlocked() {
    long times = blocked.stream().filter(Blocked::any).count();
    return looks.size() < 5 ? blocked().any() : times * 4 >= looks.size();
  }

  /** The latest look at which something was blocked. */
  Blocked latestBlocked() {
    for (int i = blocked.size() - 1; i >= 0; i--) {
      if (blocked.get(i).any()) {
        return blocked.get(i);
      }
    }
    return blocked();
  }

  boolean seesSockets() {
    return looks.stream().allMatch(look -> look.sockets().value() != null);
  }

  static int sockets(Look look) {
    SocketUse use = look.sockets().value();
    return use == null ? 0 : use.rows().size() + use.others();
  }

  /** How a size went over the looks; those where it is less than 0 have not seen it. */
  Growth growth(ToLongFunction<Look> size) {
    return growth(looks.stream().mapToLong(size).toArray());
  }

  /** How a row of the ledger went. */
  Growth growth(LedgerRow.Kind kind) {
    return growth(ledgers.stream().mapToLong(ledger -> ledger.bytes(kind)).toArray());
  }

  private Growth growth(long[] sizes) {
    double[] seconds = new double[sizes.length];
    double[] values = new double[sizes.length];
    int count = 0;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] >= 0) {
        seconds[count] = (looks.get(i).atNanos() - first().atNanos()) / NANOS_PER_SECOND;
        values[count++] = sizes[i];
      }
    }
    return count == 0
        ? Growth.UNSEEN
        : Growth.of(new Trend(Arrays.copyOf(seconds, count), Arrays.copyOf(values, count)));
  }

  /** Live bytes of malloc over the watch. */
  Growth liveGrowth() {
    return growth(Signs::liveBytes);
  }

  /** Text from outside without what a terminal would obey. */
  static String plain(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length() && i < 200; i++) {
      char c = text.charAt(i);
      boolean harmless = !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT;
      plain.append(harmless ? c : '?');
    }
    return plain.toString();
  }
}
