package io.weir.bench;

import io.weir.load.Way;

/**
 * Clients of one kind that are under way at once.
 *
 * @param kind what each of them does
 * @param count of them; of probes, how many connections may wait for their answer at once
 * @param path that they ask for
 * @param rateBytesPerSecond that each takes, 0 for all it gets
 * @param receiveBufferBytes SO_RCVBUF of each, 0 for the kernel's choice
 */
record Crowd(Kind kind, int count, String path, long rateBytesPerSecond, int receiveBufferBytes) {
  /** Time between two probes. */
  static final int PROBE_MILLIS = 20;

  /** More than a second's worth: a proxy that lets so many wait has an answer in that. */
  private static final int PROBES_MAX = 100;

  /** What a client does. */
  enum Kind {
    /** Reads one body. */
    STREAM,
    /** Reads one body after the other, each on a new connection. */
    AGAIN,
    /** Asks for a small body again and again on the same connection. */
    KEEP_ALIVE,
    /** Asks for small bodies, each on a new connection. */
    CHURN,
    /** Asks once, on a new connection, whenever {@link #PROBE_MILLIS} have passed. */
    PROBE
  }

  static Crowd stream(int count, String path, long rateBytesPerSecond) {
    return new Crowd(Kind.STREAM, count, path, rateBytesPerSecond, 0);
  }

  static Crowd asking(Kind kind, int count) {
    return new Crowd(kind, count, "/hello", 0, 0);
  }

  static Crowd probe() {
    return asking(Kind.PROBE, PROBES_MAX);
  }

  /** Whether its bytes count, not its answers. */
  boolean streams() {
    return kind == Kind.STREAM || kind == Kind.AGAIN;
  }

  boolean paced() {
    return rateBytesPerSecond > 0;
  }

  /** The same with bodies of another size. */
  Crowd withBytes(long bytes) {
    return new Crowd(kind, count, "/bytes/" + bytes, rateBytesPerSecond, receiveBufferBytes);
  }

  /** What {@link LoadProcess} is told to start it; bodies alone can come another way. */
  String command(int port, Way way) {
    String to = " " + port + " " + path + " ";
    return switch (kind) {
      case STREAM, AGAIN ->
          "readers"
              + to
              + count
              + " "
              + rateBytesPerSecond
              + " "
              + receiveBufferBytes
              + (kind == Kind.AGAIN ? " again " : " once ")
              + way;
      case KEEP_ALIVE -> "requests" + to + count + " keep";
      case CHURN -> "requests" + to + count + " close";
      case PROBE -> "probe" + to + count + " " + PROBE_MILLIS;
    };
  }
}
