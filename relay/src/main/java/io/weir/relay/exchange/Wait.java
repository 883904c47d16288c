package io.weir.relay.exchange;

import io.weir.relay.endpoint.Sink;

/**
 * What one direction of an exchange waits for, and since when. Thread: the loop.
 *
 * <p>A slow reader with a large receive window frees no room that a write could use for a minute,
 * and yet reads; so before a sink counts as stalled, its undelivered bytes are looked at, which
 * fall as it acknowledges.
 */
final class Wait {
  enum On {
    NOTHING,
    SOURCE,
    SINK
  }

  /** The undelivered bytes are looked at this many times within a timeout, not at each sweep. */
  private static final int SAMPLES = 8;

  private On on = On.NOTHING;
  private long movedBytes = -1;
  private long sinceNanos;
  private long sampledNanos;
  private long undeliveredBytes = -1;

  On on() {
    return on;
  }

  /** The direction has stopped; the wait begins anew if it is another, or bytes have moved. */
  void set(On next, long moved) {
    if (on != next || moved != movedBytes) {
      on = next;
      movedBytes = moved;
      undeliveredBytes = -1;
      sinceNanos = System.nanoTime();
      sampledNanos = sinceNanos;
    }
  }

  void clear() {
    on = On.NOTHING;
    movedBytes = -1;
  }

  /** Whether it has waited for its source for {@code millis}. */
  boolean sourceOverdue(long nowNanos, int millis) {
    return on == On.SOURCE && nowNanos - sinceNanos >= millis * 1_000_000L;
  }

  /** Whether {@code sink} has taken nothing at all for {@code millis}. */
  boolean sinkOverdue(long nowNanos, int millis, Sink sink) {
    if (on != On.SINK) {
      return false;
    }
    long limitNanos = millis * 1_000_000L;
    if (nowNanos - sampledNanos >= limitNanos / SAMPLES) {
      sampledNanos = nowNanos;
      long now = sink.undelivered();
      if (now >= 0 && now != undeliveredBytes) {
        if (undeliveredBytes >= 0) {
          sinceNanos = nowNanos;
        }
        undeliveredBytes = now;
      }
    }
    return nowNanos - sinceNanos >= limitNanos;
  }
}
