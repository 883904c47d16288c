package io.weir.relay.exchange;

/**
 * The least lease of a connection and of the one that serves it: taken when it comes in, if there
 * is one left, else when it asks for work, waiting a short time for flows that are being cut.
 *
 * <pre>
 *   none --takeIfFree()--> taken
 *    |                       ^
 *    +--take(): NOT_YET--> waiting --take() again--> REFUSED, after the time
 * </pre>
 *
 * <p>Thread: the loop.
 */
final class LeastLease {
  /** What came of asking. */
  enum Answer {
    TAKEN,
    NOT_YET,
    REFUSED
  }

  /** How long a request waits until flows that are being cut have given memory back. */
  private static final int WAIT_MILLIS = 1_000;

  private static final long WAIT_NANOS = WAIT_MILLIS * 1_000_000L;

  private boolean taken;
  private boolean waits;
  private long deadlineNanos;

  /** Takes it if there is one left now. */
  void takeIfFree(Worker worker) {
    taken = taken || worker.admit();
  }

  /** Takes it, if need be at another's cost; asked again by whoever was told to wait. */
  Answer take(Worker worker, long nowNanos) {
    taken = taken || worker.admit(nowNanos);
    if (taken) {
      if (waits) {
        waits = false;
        worker.withdrawReset(nowNanos);
      }
      return Answer.TAKEN;
    }
    if (!waits) {
      waits = true;
      worker.leaseWaited();
      deadlineNanos = nowNanos + WAIT_NANOS;
    } else if (nowNanos - deadlineNanos >= 0 && !awaitsReset(worker, nowNanos)) {
      waits = false;
      return Answer.REFUSED;
    }
    return Answer.NOT_YET;
  }

  /** Whether it waits on, for as long again, since a stalled flow may be reset for it. */
  private boolean awaitsReset(Worker worker, long nowNanos) {
    return nowNanos - deadlineNanos < WAIT_NANOS && worker.askForReset(nowNanos);
  }

  boolean taken() {
    return taken;
  }

  /** Whether somebody was told to wait. */
  boolean waits() {
    return waits;
  }
}
