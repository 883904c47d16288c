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

  private static final long STOPPED_NANOS = 1_000_000_000;

  private On on = On.NOTHING;
  private long movedBytes = -1;
  private long sinceNanos;
  private long sampledNanos;
  private long undeliveredBytes = -1;
  private boolean stopped;

  On on() {
    return on;
  }

  /** The direction has stopped; the wait begins anew if it is another, or bytes have moved. */
  void set(On next, long moved) {
    if (on != next || moved != movedBytes) {
      on = next;
      movedBytes = moved;
      undeliveredBytes = -1;
      stopped = false;
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
      sample(nowNanos, sink);
    }
    return nowNanos - sinceNanos >= limitNanos;
  }

  /** Looks at once whether {@code sink} has taken something, if that is what it waits for. */
  void sample(long nowNanos, Sink sink) {
    sampledNanos = nowNanos;
    long now = on == On.SINK ? sink.undelivered() : -1;
    if (now >= 0 && now != undeliveredBytes) {
      if (undeliveredBytes >= 0) {
        sinceNanos = nowNanos;
      }
      undeliveredBytes = now;
    }
  }

  /** True once in a wait for a sink, when nothing could be written for a second. */
  boolean stops(long nowNanos) {
    if (stopped || on != On.SINK || nowNanos - sinceNanos < STOPPED_NANOS) {
      return false;
    }
    stopped = true;
    return true;
  }
}
