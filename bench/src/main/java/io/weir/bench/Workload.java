package io.weir.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * One kind of load.
 *
 * <p>Bodies are endless (1 TiB), and what is measured is a window of time after a warm-up, so that
 * neither start nor end is in the figures. Readers check every byte.
 *
 * @param name on the command line
 * @param says one line for people
 * @param kind what the readers do
 * @param connections at once
 * @param path that they ask for
 * @param rateBytesPerSecond that each reader takes, 0 for all it gets
 */
record Workload(
    String name, String says, Kind kind, int connections, String path, long rateBytesPerSecond) {

  /** What readers do. */
  enum Kind {
    /** Read one body as fast as it comes. */
    BULK,
    /** Read one body at a rate. */
    PACED,
    /** Ask again and again on the same connection. */
    KEEP_ALIVE,
    /** Ask once on each connection. */
    CHURN
  }

  private static final String ENDLESS = "/bytes/1t";
  private static final String ENDLESS_CHUNKED = "/chunked/1t";

  /** In all, of the paced workloads: only the number of connections differs between them. */
  private static final long PACED_BYTES_PER_SECOND = 20_000_000;

  private static final int MANY = 9_000;

  private static final List<Workload> ALL =
      List.of(
          new Workload(
              "bulk1", "1 reader, as fast as it can, Content-Length", Kind.BULK, 1, ENDLESS, 0),
          new Workload(
              "bulk16",
              "16 readers, as fast as they can, Content-Length",
              Kind.BULK,
              16,
              ENDLESS,
              0),
          new Workload(
              "chunk16",
              "16 readers, as fast as they can, chunks of 16 KiB",
              Kind.BULK,
              16,
              ENDLESS_CHUNKED,
              0),
          new Workload(
              "small",
              "64 connections kept alive, a body of 6 bytes for each request",
              Kind.KEEP_ALIVE,
              64,
              "/hello",
              0),
          new Workload(
              "churn",
              "16 at a time, a new connection for each body of 6 bytes",
              Kind.CHURN,
              16,
              "/hello",
              0),
          paced("paced1", 1, "1 reader at 20 MB/s"),
          paced("paced16", 16, "16 readers at 1.25 MB/s"),
          paced("slow", 1_000, "1,000 readers at 20 kB/s"),
          new Workload("slow9000", "9,000 readers at 2 kB/s", Kind.PACED, MANY, ENDLESS, 2_000));

  private static Workload paced(String name, int connections, String says) {
    return new Workload(
        name, says, Kind.PACED, connections, ENDLESS, PACED_BYTES_PER_SECOND / connections);
  }

  /** All there are, in the order in which they run. */
  static List<Workload> all() {
    return ALL;
  }

  /** Those that run unless others are asked for. */
  static List<Workload> usual(boolean full) {
    return ALL.stream()
        .filter(w -> full || (!w.name().equals("churn") && w.connections() < MANY))
        .toList();
  }

  /** Whether bytes count, not requests. */
  boolean streams() {
    return kind == Kind.BULK || kind == Kind.PACED;
  }

  /** Descriptors that a proxy needs for it: two sockets a connection, and some of its own. */
  long descriptors() {
    return 2L * connections + 500;
  }

  /**
   * SO_RCVBUF of each reader, 0 for the kernel's choice. Nine thousand readers with the kernel's
   * choice would take a share of tcp_mem that is not the proxy's.
   */
  int receiveBufferBytes() {
    return connections >= MANY ? 32 * 1024 : 0;
  }

  /**
   * Whether the origin's send buffers are small (64 KiB): else a thousand slow transfers fill
   * tcp_mem from the origin's side, whatever the proxy does.
   */
  boolean smallOriginBuffers() {
    return kind == Kind.PACED;
  }

  /** How much longer than usual the warm-up is: many connections take their time. */
  int warmUpFactor() {
    return connections >= MANY ? 4 : connections >= 1_000 ? 2 : 1;
  }

  /** The figures that this load gives, in order. */
  List<Figure> figures() {
    List<Figure> first =
        streams()
            ? List.of(Figure.CPU_PER_GB, Figure.THROUGHPUT)
            : List.of(Figure.CPU_PER_REQUEST, Figure.REQUESTS, Figure.P50, Figure.P99);
    List<Figure> all = new ArrayList<>(first);
    all.addAll(List.of(Figure.RESIDENT, Figure.KERNEL, Figure.CHARGE));
    if (kind == Kind.PACED) {
      all.add(Figure.DELIVERED);
    }
    all.addAll(
        List.of(Figure.FAILED, Figure.ORIGIN_CORES, Figure.READER_CORES, Figure.FOREIGN_CORES));
    return all;
  }
}
