package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;

/**
 * A connection that is about to close while its peer may still be sending.
 *
 * <p>Closing a socket with unread input sends a reset, which may destroy the answer on its way (RFC
 * 9112, 9.6). So our side is ended first, and input is thrown away until the peer ends or the time
 * is over. Thread: the loop. The endpoint stays its owner's.
 */
final class Lingering {
  /** How it goes on. */
  enum Step {
    /** More is to come, and readiness will be told. */
    WAITS,
    /** More is there: go on in the next round. */
    GIVES_WAY,
    /** The peer has ended: close. */
    ENDED
  }

  private static final int MILLIS_MAX = 5_000;
  private static final int TURN_BYTES = 1024 * 1024;

  private final Loop loop;
  private final Endpoint endpoint;
  private final long deadlineNanos = System.nanoTime() + MILLIS_MAX * 1_000_000L;

  /** Ends our side. */
  Lingering(Loop loop, Endpoint endpoint) {
    this.loop = loop;
    this.endpoint = endpoint;
    endpoint.finish();
  }

  /** Throws away what has come. */
  Step step() {
    Scratch in = loop.in();
    int discarded = 0;
    while (endpoint.readable()) {
      int arrived = endpoint.peek(in, Scratch.HEADROOM_BYTES, in.capacityBytes());
      if (arrived <= 0) {
        return arrived < 0 ? Step.ENDED : Step.WAITS;
      }
      endpoint.skip(arrived);
      discarded += arrived;
      if (discarded >= TURN_BYTES) {
        return Step.GIVES_WAY;
      }
    }
    return Step.WAITS;
  }

  boolean overdue(long nowNanos) {
    return nowNanos - deadlineNanos >= 0;
  }
}
