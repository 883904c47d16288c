package io.weir.relay.exchange;

import io.weir.relay.budget.Budget;
import java.util.concurrent.atomic.AtomicLong;

/** Says when memory gets short, and when there is enough again; seldom. Any thread. */
final class MemoryLog {
  private static final System.Logger LOG = System.getLogger("io.weir");
  private static final long PAUSE_NANOS = 10_000_000_000L;
  private static final AtomicLong LAST_NANOS = new AtomicLong(System.nanoTime() - PAUSE_NANOS);

  private MemoryLog() {}

  /**
   * A loop has found that not every flow can have the windows that its rate wants, or can again.
   */
  static void say(boolean scarce, Admission admission) {
    long now = System.nanoTime();
    long last = LAST_NANOS.get();
    if (now - last < PAUSE_NANOS || !LAST_NANOS.compareAndSet(last, now)) {
      return;
    }
    Budget budget = admission.budget();
    LOG.log(
        System.Logger.Level.INFO,
        scarce
            ? "memory is short, {0} of {1} MiB are leased: the windows of the fastest flows are cut"
            : "memory suffices again, {0} of {1} MiB are leased",
        Long.toString(budget.leasedBytes() >> 20),
        Long.toString(budget.bytes() >> 20));
  }
}
