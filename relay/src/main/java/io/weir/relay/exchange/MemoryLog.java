package io.weir.relay.exchange;

import io.weir.relay.budget.Budget;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Says what is done as memory gets short, and when there is enough again; each step seldom, the
 * counters have it all. Resets and refused requests have lines of their own, {@link OwnAnswers}.
 * Any thread.
 */
final class MemoryLog {
  private static final System.Logger LOG = System.getLogger("io.weir");
  private static final long PAUSE_NANOS = 10_000_000_000L;

  private static final MemoryLog WINDOWS = new MemoryLog();
  private static final MemoryLog WAITS = new MemoryLog();
  private static final MemoryLog PLACES = new MemoryLog();
  private static final MemoryLog IDLE = new MemoryLog();

  private final AtomicLong lastNanos = new AtomicLong(System.nanoTime() - PAUSE_NANOS);

  private MemoryLog() {}

  /**
   * A loop has found that not every flow can have the windows that its rate wants, or can again.
   */
  static void windows(boolean scarce, Admission admission) {
    WINDOWS.say(
        scarce
            ? "memory is short, {0} of {1} MiB are leased: the windows of the fastest flows are cut"
            : "memory suffices again, {0} of {1} MiB are leased",
        admission);
  }

  /** A request finds no least lease. */
  static void waits(Admission admission) {
    WAITS.say(
        "no memory for one more connection, {0} of {1} MiB are leased: requests wait a moment, then"
            + " they are refused with 503",
        admission);
  }

  /** A connection finds no place. */
  static void noPlace(Admission admission) {
    PLACES.say("all {2} connections are in use: new ones are refused with 503", admission);
  }

  /** A client at rest was closed. */
  static void idleClosed(Admission admission) {
    IDLE.say(
        "no room for one more connection, {0} of {1} MiB are leased, {2} may be open: clients"
            + " between two requests are closed, the longest at rest first",
        admission);
  }

  private void say(String format, Admission admission) {
    long now = System.nanoTime();
    long last = lastNanos.get();
    if (now - last < PAUSE_NANOS || !lastNanos.compareAndSet(last, now)) {
      return;
    }
    Budget budget = admission.budget();
    LOG.log(
        System.Logger.Level.INFO,
        format,
        Long.toString(budget.leasedBytes() >> 20),
        Long.toString(budget.bytes() >> 20),
        Integer.toString(admission.connectionsMax()));
  }
}
