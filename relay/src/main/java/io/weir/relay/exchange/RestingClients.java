package io.weir.relay.exchange;

import org.jspecify.annotations.Nullable;

/**
 * The clients of one loop that wait for a request of which no byte has come, the longest at rest
 * first. Each has a place and, as a rule, a least lease; where there is none left for one more, the
 * one that has rested longest is closed, as if its keep-alive time were over.
 *
 * <pre>
 *   head expected --> at rest --> first byte of a head, or the end
 *                      ^   |
 *                      +---+ found with bytes under way to it or from it: its rest begins anew
 * </pre>
 *
 * <p>Links are in the connections, so a request costs no object. Thread: the loop.
 */
final class RestingClients {
  /**
   * Rest before a client may be closed. Shorter pauses lie between the requests of one page, and
   * between connecting and the first request; and if the closed ones come back at once, each place
   * changes hands once a second at most.
   */
  static final long REST_NANOS_MIN = 1_000_000_000;

  /** Clients that are looked at for one place: two system calls each. */
  private static final int LOOKED_AT_MAX = 64;

  private final long restNanosMin;
  private @Nullable Connection oldest;
  private @Nullable Connection newest;

  /** None is closed before it has rested for {@code restNanosMin}. */
  RestingClients(long restNanosMin) {
    this.restNanosMin = restNanosMin;
  }

  /** It rests from now on; it must not be here already. */
  void add(Connection client, long nowNanos) {
    Connection last = newest;
    client.resting = true;
    client.restSinceNanos = nowNanos;
    client.restedBefore = last;
    if (last == null) {
      oldest = client;
    } else {
      last.restedAfter = client;
    }
    newest = client;
  }

  /** It rests no more; no effect if it did not. */
  void remove(Connection client) {
    if (!client.resting) {
      return;
    }
    Connection before = client.restedBefore;
    Connection after = client.restedAfter;
    if (before == null) {
      oldest = after;
    } else {
      before.restedAfter = after;
    }
    if (after == null) {
      newest = before;
    } else {
      after.restedBefore = before;
    }
    client.restedBefore = null;
    client.restedAfter = null;
    client.resting = false;
  }

  /**
   * Closes the client that has rested longest, if it has rested long enough.
   *
   * @param withLease only one that has a least lease will do
   * @return whether there was one; its place and its lease are free then
   */
  boolean closeOldest(long nowNanos, boolean withLease) {
    Connection next = oldest;
    int looked = 0;
    while (next != null && looked < LOOKED_AT_MAX) {
      if (nowNanos - next.restSinceNanos < restNanosMin) {
        return false;
      }
      Connection after = next.restedAfter;
      if (next.admitted() || !withLease) {
        looked++;
        if (next.quiet()) {
          next.closeAtRest();
          return true;
        }
        remove(next);
        add(next, nowNanos);
      }
      next = after;
    }
    return false;
  }
}
