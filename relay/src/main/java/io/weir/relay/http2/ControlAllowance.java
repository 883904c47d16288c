package io.weir.relay.http2;

import java.util.function.LongSupplier;

/**
 * How many control frames (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM and unknown ones) a
 * peer may send: each takes one, and what the peer may have sent it for gives some back, so that a
 * long-lived connection with much traffic is never near the limit and a flood reaches it at once.
 *
 * <pre>
 *   a header list in or out                +4      a second passes        +20
 *   a KiB of data in or out                +4
 * </pre>
 *
 * Thread: the loop.
 */
final class ControlAllowance {
  static final int PER_SECOND = 20;
  private static final int PER_FIELDS = 4;
  private static final int PER_KIB = 4;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final int max;
  private final LongSupplier clock;
  private int left;
  private long dataBytes;
  private long filledNanos;

  ControlAllowance(int max, LongSupplier clock) {
    this.max = max;
    this.clock = clock;
    this.left = max;
    this.filledNanos = clock.getAsLong();
  }

  /** Takes one; false if none is left. */
  boolean take() {
    if (left == 0) {
      fill();
    }
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }

  private void fill() {
    long nowNanos = clock.getAsLong();
    long seconds = (nowNanos - filledNanos) / NANOS_PER_SECOND;
    filledNanos += seconds * NANOS_PER_SECOND;
    give(dataBytes / 1024 * PER_KIB + Math.min(seconds, max) * PER_SECOND);
    dataBytes %= 1024;
  }

  private void give(long more) {
    left = (int) Math.min(max, left + more);
  }

  void fields() {
    give(PER_FIELDS);
  }

  /** Counts data; what they allow is reckoned when it is needed. */
  void data(int bytes) {
    dataBytes = Math.min(dataBytes + bytes, (long) max * 1024);
  }
}
