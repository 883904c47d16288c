package io.weir.relay.loop;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Failures that are ours: each kind is logged once, with its stack, and counted after that.
 *
 * <p>A kind is the exception's class and the place where it was thrown. The number of kinds that
 * are told apart is bounded, so that a fault in a loop fills neither log nor memory. Any thread.
 */
public final class Faults {
  private static final int KINDS_MAX = 64;
  private static final System.Logger LOG = System.getLogger("io.weir");

  private final ConcurrentHashMap<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final LongAdder total = new LongAdder();

  /** Counts {@code fault}, and logs it if its kind is new. */
  public void record(Throwable fault) {
    total.increment();
    StackTraceElement[] stack = fault.getStackTrace();
    String kind = fault.getClass().getName() + (stack.length > 0 ? " at " + stack[0] : "");
    if (counts.size() >= KINDS_MAX && !counts.containsKey(kind)) {
      return;
    }
    LongAdder fresh = new LongAdder();
    LongAdder known = counts.putIfAbsent(kind, fresh);
    (known == null ? fresh : known).increment();
    if (known == null) {
      log(fault);
    }
  }

  /** A log that cannot be written must not end the loop whose fault it was to tell. */
  private void log(Throwable fault) {
    try {
      LOG.log(
          System.Logger.Level.ERROR, "internal fault, logged once and counted from now on", fault);
    } catch (Throwable again) {
      total.increment();
    }
  }

  /** Faults so far. */
  public long total() {
    return total.sum();
  }

  /** Logs the kinds that occurred more than once, with their counts. */
  public void logRepeated() {
    counts.forEach(
        (kind, count) -> {
          if (count.sum() > 1) {
            LOG.log(System.Logger.Level.ERROR, "internal fault, {0} times: {1}", count.sum(), kind);
          }
        });
  }
}
