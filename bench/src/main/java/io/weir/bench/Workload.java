package io.weir.bench;

import io.weir.load.Quantity;
import java.util.ArrayList;
import java.util.List;

/**
 * One kind of load.
 *
 * <p>Bodies are endless (1 TiB) unless it says otherwise, and what is measured is a window of time
 * after a warm-up, so that neither start nor end is in the figures. Readers check every byte.
 *
 * @param name on the command line
 * @param says one line for people
 * @param kind what is measured
 * @param crowds of clients; the first is the one that is measured, others are beside it
 * @param once whether one round will do, since memory varies less than time
 * @param entrance by which the clients come
 */
record Workload(
    String name, String says, Kind kind, List<Crowd> crowds, boolean once, Entrance entrance) {
  /** By plain HTTP/1.1. */
  Workload(String name, String says, Kind kind, List<Crowd> crowds, boolean once) {
    this(name, says, kind, crowds, once, Entrance.HTTP);
  }

  /** What is measured, and how it goes on. */
  enum Kind {
    /** Bodies as fast as they come: one window. */
    BULK,
    /** Bodies at a rate: one window. */
    PACED,
    /** Small requests: one window. */
    REQUESTS,
    /** Small requests on new connections while the others read: one window. */
    LATENCY,
    /** Fast readers first alone, then with the others: two windows. */
    BESIDE,
    /**
     * The readers come, leave, and come and leave again: memory before and after the second time.
     */
    AFTER,
    /** Memory before anything came, and after each crowd has come and left. */
    START,
    /** Bodies from their first byte to their last: first small ones, as a warm-up. */
    WHOLE
  }

  private static final String ENDLESS = "/bytes/1t";
  private static final String ENDLESS_CHUNKED = "/chunked/1t";
  private static final String MEBIBYTE = "/bytes/1m";

  /** In all, of the paced workloads: only the number of connections differs between them. */
  private static final long PACED_BYTES_PER_SECOND = 20_000_000;

  private static final long SLOW_BYTES_PER_SECOND = 20_000;

  /** Of readers of short bodies: each lasts a little more than 10 seconds. */
  private static final long AGAIN_BYTES_PER_SECOND = 100_000;

  private static final int AGAIN_SECONDS_MIN = 12;

  /** About what two cores move, encrypted, with warm-up; only to say how long it will take. */
  private static final long WHOLE_BYTES_PER_MILLI = 400_000;

  private static final int SLOW = 1_000;
  private static final int MANY = 9_000;
  private static final int FAST = 4;
  private static final int BULK = 16;

  /**
   * Nine thousand readers with the kernel's choice would take a share of tcp_mem that is not the
   * proxy's.
   */
  private static final int MANY_RECEIVE_BYTES = 32 * 1024;

  /** Run when nothing else is asked for: about a quarter of an hour with all proxies. */
  private static final List<String> USUAL =
      List.of("bulk16", "small", "latency", "slow", "start", "after", "paced16");

  private static final List<Workload> ALL =
      List.of(
          of("bulk1", "1 reader, as fast as it can, Content-Length", bulk(1, ENDLESS)),
          of("bulk16", "16 readers, as fast as they can, Content-Length", bulk(BULK, ENDLESS)),
          of(
              "chunk16",
              "16 readers, as fast as they can, chunks of 16 KiB",
              bulk(BULK, ENDLESS_CHUNKED)),
          of(
              "small",
              "64 connections kept alive, a body of 6 bytes for each request",
              Crowd.asking(Crowd.Kind.KEEP_ALIVE, 64)),
          of(
              "churn",
              "16 at a time, a new connection for each body of 6 bytes",
              Crowd.asking(Crowd.Kind.CHURN, 16)),
          new Workload(
              "latency",
              "a body of 6 bytes on a new connection every 20 ms, beside 16 fast readers",
              Kind.LATENCY,
              List.of(Crowd.probe(), bulk(BULK, ENDLESS)),
              false),
          of("slow", "1,000 readers at 20 kB/s", slow()),
          memory(
              "start",
              "resident 1 s after the first answer; then 16 fast readers and small requests",
              Kind.START,
              bulk(BULK, ENDLESS),
              Crowd.asking(Crowd.Kind.KEEP_ALIVE, 64)),
          memory(
              "after",
              "5 s after 1,000 readers at 20 kB/s have left for the first and the second time",
              Kind.AFTER,
              slow()),
          memory("paced1", "1 reader at 20 MB/s", Kind.PACED, paced(1)),
          memory("paced16", "16 readers at 1.25 MB/s", Kind.PACED, paced(BULK)),
          memory(
              "beside",
              "4 fast readers alone, then with 1,000 readers at 20 kB/s beside them",
              Kind.BESIDE,
              bulk(FAST, ENDLESS),
              slow()),
          memory(
              "again",
              "1,000 readers at 100 kB/s of bodies of 1 MiB, a new connection for each",
              Kind.PACED,
              new Crowd(Crowd.Kind.AGAIN, SLOW, MEBIBYTE, AGAIN_BYTES_PER_SECOND, 0)),
          memory(
              "slow9000",
              "9,000 readers at 2 kB/s",
              Kind.PACED,
              new Crowd(Crowd.Kind.STREAM, MANY, ENDLESS, 2_000, MANY_RECEIVE_BYTES)));

  private static Crowd bulk(int count, String path) {
    return Crowd.stream(count, path, 0);
  }

  private static Crowd paced(int count) {
    return Crowd.stream(count, ENDLESS, PACED_BYTES_PER_SECOND / count);
  }

  private static Crowd slow() {
    return Crowd.stream(SLOW, ENDLESS, SLOW_BYTES_PER_SECOND);
  }

  private static Workload of(String name, String says, Crowd crowd) {
    Kind kind = crowd.paced() ? Kind.PACED : crowd.streams() ? Kind.BULK : Kind.REQUESTS;
    return new Workload(name, says, kind, List.of(crowd), false);
  }

  private static Workload memory(String name, String says, Kind kind, Crowd... crowds) {
    return new Workload(name, says, kind, List.of(crowds), true);
  }

  /**
   * Those that go every way into a proxy, two for each.
   *
   * @param bytes of each of the downloads that are measured as a whole
   */
  static List<Workload> paths(long bytes) {
    List<Workload> all = new ArrayList<>();
    for (Entrance entrance : Entrance.values()) {
      String by = " by " + entrance.title();
      all.add(
          new Workload(
              entrance.key() + "-slow",
              "1,000 readers at 20 kB/s" + by,
              Kind.PACED,
              List.of(slow()),
              true,
              entrance));
      all.add(
          new Workload(
              entrance.key() + "-whole",
              "16 downloads of " + bytes / 1_000_000 + " MB" + by,
              Kind.WHOLE,
              List.of(bulk(BULK, "/bytes/" + bytes)),
              false,
              entrance));
    }
    return List.copyOf(all);
  }

  /** Whether it is one of {@link #paths}. */
  boolean ofPaths() {
    return name.startsWith(entrance.key() + "-");
  }

  /** The bytes of each body, where it has an end. */
  long bodyBytes() {
    return Quantity.bytes(measured().path().substring("/bytes/".length()));
  }

  /** All there are, in the order in which they run. */
  static List<Workload> all() {
    return ALL;
  }

  /** Those that run unless others are asked for. */
  static List<Workload> usual(boolean full) {
    return full ? ALL : ALL.stream().filter(w -> USUAL.contains(w.name())).toList();
  }

  /**
   * The one of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Workload named(String name) {
    return ALL.stream()
        .filter(w -> w.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no workload " + name));
  }

  /** The crowd that is measured. */
  Crowd measured() {
    return crowds.getFirst();
  }

  /** Connections of clients at once. */
  int connections() {
    return crowds.stream().mapToInt(Crowd::count).sum();
  }

  /** Whether it says how memory and CPU grow with connections: the same bytes over more of them. */
  boolean grows() {
    return kind == Kind.PACED && measured().kind() == Crowd.Kind.STREAM && !ofPaths();
  }

  /** Whether it makes sense without a proxy. */
  boolean direct() {
    return kind != Kind.START && kind != Kind.AFTER && entrance == Entrance.HTTP;
  }

  /** Descriptors that a proxy needs for it: two sockets a connection, and some of its own. */
  long descriptors() {
    return 2L * connections() + 500;
  }

  /**
   * Whether the origin's send buffers are small (64 KiB): else a thousand slow transfers fill
   * tcp_mem from the origin's side, whatever the proxy does.
   */
  boolean smallOriginBuffers() {
    return crowds.stream().anyMatch(Crowd::paced);
  }

  /** How much longer than usual the warm-up is: many connections take their time. */
  int warmUpFactor() {
    return connections() >= MANY ? 4 : connections() >= SLOW ? 2 : 1;
  }

  /**
   * How long a window is, where so many seconds are asked for: of short bodies it holds the whole
   * time of one, since a proxy may read all of a body at its beginning.
   */
  int windowSeconds(int seconds) {
    return measured().kind() == Crowd.Kind.AGAIN ? Math.max(seconds, AGAIN_SECONDS_MIN) : seconds;
  }

  /** Time that one cell takes, but for the start and the end of the proxy. */
  long millis(long warmUpMillis, int seconds) {
    long window = windowSeconds(seconds) * 1_000L;
    long warm = warmUpMillis * warmUpFactor();
    return switch (kind) {
      case BULK, PACED, REQUESTS, LATENCY -> warm + window;
      case BESIDE -> warmUpMillis + warm + 2 * window;
      case AFTER -> 2 * (warm + window + Stage.AFTER_MILLIS);
      case START -> Stage.START_MILLIS + crowds.size() * warm + Stage.AFTER_MILLIS;
      case WHOLE -> measured().count() * bodyBytes() / WHOLE_BYTES_PER_MILLI;
    };
  }

  /** The figures that this load gives, in order. */
  List<Figure> figures() {
    List<Figure> all =
        new ArrayList<>(
            switch (kind) {
              case BULK, PACED, WHOLE -> List.of(Figure.CPU_PER_GB, Figure.THROUGHPUT);
              case REQUESTS ->
                  List.of(Figure.CPU_PER_REQUEST, Figure.REQUESTS, Figure.P50, Figure.P99);
              case LATENCY -> List.of(Figure.P50, Figure.P90, Figure.P99, Figure.THROUGHPUT);
              case BESIDE -> List.of(Figure.ALONE, Figure.TOGETHER, Figure.SHARE);
              case AFTER -> List.of(Figure.CHARGE_BEFORE, Figure.CHARGE_AFTER, Figure.CHARGE_KEPT);
              case START -> List.of(Figure.RESIDENT_START, Figure.RESIDENT_WARM);
            });
    all.addAll(List.of(Figure.RESIDENT, Figure.KERNEL, Figure.CHARGE));
    if (smallOriginBuffers()) {
      all.add(Figure.DELIVERED);
    }
    all.addAll(
        List.of(Figure.FAILED, Figure.ORIGIN_CORES, Figure.READER_CORES, Figure.FOREIGN_CORES));
    return all;
  }
}
