package io.weir.relay.exchange;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The last step where memory is spent, and only where the user has switched it on: the stalled flow
 * that may hold the most is reset, for a request that has waited for its least lease in vain.
 *
 * <pre>
 *   loop that lacks memory             every loop, at each look while the budget is spent
 *   a request's wait is over           publishes the lease of its largest stalled exchange
 *        |                                   |
 *        +--> ask() --> want <-- take() -----+ whose number is the largest: resets that exchange
 * </pre>
 *
 * <h2>Stalled</h2>
 *
 * A sink took nothing for the time that is set, neither written nor acknowledged, and the other
 * direction stood still for as long. That is asked once more, with a fresh look at the socket, when
 * it is about to be reset, so none is that has moved since the last look.
 *
 * <h2>Bounds</h2>
 *
 * At most one reset in the time of a look, all loops together; none but for a want of the last two
 * looks; none where the budget has room for a least lease. An exchange gives back its own least
 * lease at least, so each reset makes room for one.
 *
 * <p>Loops share numbers, not exchanges: a number may be a look old, so the largest is the largest
 * as of each loop's last look. Any thread, but {@link Share}: its loop.
 */
final class StalledReset {
  /** The time of a look. */
  static final long PAUSE_NANOS = 250_000_000;

  private final Want want = new Want(1);
  private final AtomicLong lastNanos;
  private final List<Share> shares = new CopyOnWriteArrayList<>();

  StalledReset(long nowNanos) {
    lastNanos = new AtomicLong(nowNanos - PAUSE_NANOS);
  }

  /**
   * Whether two directions stand still since a sink takes nothing.
   *
   * @param oneStalled whether the one's sink takes nothing
   * @param oneSilent whether its source says nothing, or has ended
   */
  static boolean stands(
      boolean oneStalled, boolean oneSilent, boolean otherStalled, boolean otherSilent) {
    boolean bothStill = (oneStalled || oneSilent) && (otherStalled || otherSilent);
    return bothStill && (oneStalled || otherStalled);
  }

  /** One more loop's part. */
  Share share() {
    Share share = new Share();
    shares.add(share);
    return share;
  }

  /** Asks for a reset; false if no loop has a stalled exchange, so that there is none to be had. */
  boolean ask(long nowNanos) {
    for (Share share : shares) {
      if (share.largestBytes.getOpaque() > 0) {
        want.ask(nowNanos);
        return true;
      }
    }
    return false;
  }

  /**
   * Whoever asked got what it lacked. It may have asked once more since, just before an exchange
   * was reset for it, and the next would be reset for nobody; who still lacks it asks again.
   */
  void withdraw(long nowNanos) {
    want.take(nowNanos);
  }

  /** What one loop says of itself. */
  final class Share {
    private final AtomicLong largestBytes = new AtomicLong();

    /**
     * Publishes the lease of this loop's largest stalled exchange, 0 if there is none or the budget
     * has room; returns whether that exchange is to be reset now.
     */
    boolean due(long bytes, long nowNanos) {
      largestBytes.setOpaque(bytes);
      if (bytes <= 0 || !want.asked(nowNanos) || !largest(bytes)) {
        return false;
      }
      long last = lastNanos.get();
      return nowNanos - last >= PAUSE_NANOS
          && lastNanos.compareAndSet(last, nowNanos)
          && want.take(nowNanos);
    }

    private boolean largest(long bytes) {
      for (Share share : shares) {
        if (share.largestBytes.getOpaque() > bytes) {
          return false;
        }
      }
      return true;
    }
  }
}
