package io.weir.relay.exchange;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What some loop lacks and another may provide: how often it was asked for and not yet provided.
 * Whoever still lacks it asks anew at each look, so what was not asked for lately is forgotten. Any
 * thread.
 */
final class Want {
  /** Two looks of a loop: one that asks at each of them is never forgotten in between. */
  private static final long KEPT_NANOS = 500_000_000;

  private final int asksMax;
  private final AtomicInteger asks = new AtomicInteger();
  private final AtomicLong lastNanos = new AtomicLong();

  /** At most {@code asksMax} are remembered. */
  Want(int asksMax) {
    this.asksMax = asksMax;
  }

  void ask(long nowNanos) {
    boolean forgotten = !asked(nowNanos);
    lastNanos.set(nowNanos);
    asks.updateAndGet(before -> forgotten ? 1 : Math.min(asksMax, before + 1));
  }

  /** Whether something is wanted. */
  boolean asked(long nowNanos) {
    return asks.get() > 0 && nowNanos - lastNanos.get() <= KEPT_NANOS;
  }

  /** Answers one ask; false if another did, or it is forgotten. */
  boolean take(long nowNanos) {
    return asked(nowNanos) && asks.getAndUpdate(before -> Math.max(0, before - 1)) > 0;
  }
}
