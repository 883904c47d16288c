package io.weir.relay.origin;

import java.util.concurrent.TimeUnit;

/**
 * How long an origin has said nothing although something was asked of it.
 *
 * <pre>
 *   RESTING --asked()--> LISTENING --nothing for {@link #SILENT_NANOS}--> PINGED --as long again--> gone
 *      ^                  |     ^                                          |
 *      +----answered()----+     +-------------- a frame -------------------+
 * </pre>
 *
 * While nothing is asked, an origin has nothing to say: that time does not count. What is asked
 * while it is silent already does not begin the time anew.
 *
 * <p>Thread: the loop.
 */
final class Silence {
  /** An origin that says nothing for so long is asked for a sign of life. */
  static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What is to be done about it. */
  enum Verdict {
    WAIT,
    PING,
    GONE
  }

  private boolean listening;
  private boolean pinged;
  private long framesSeen;
  private long sinceNanos;

  /** Something is asked of the origin. */
  void asked(long nowNanos, long framesIn) {
    if (!listening) {
      listening = true;
      heard(nowNanos, framesIn);
    }
  }

  /** Nothing is asked any more. */
  void answered() {
    listening = false;
  }

  /**
   * Looks whether it is silent still.
   *
   * @param framesIn all that have come
   */
  Verdict look(long nowNanos, long framesIn) {
    if (!listening) {
      return Verdict.WAIT;
    }
    if (framesIn != framesSeen) {
      heard(nowNanos, framesIn);
    }
    if (nowNanos - sinceNanos < SILENT_NANOS) {
      return Verdict.WAIT;
    }
    if (pinged) {
      return Verdict.GONE;
    }
    pinged = true;
    sinceNanos = nowNanos; // a loop that was late has asked late
    return Verdict.PING;
  }

  private void heard(long nowNanos, long framesIn) {
    framesSeen = framesIn;
    sinceNanos = nowNanos;
    pinged = false;
  }
}
