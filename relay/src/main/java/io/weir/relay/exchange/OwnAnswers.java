package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The log of the relay's own answers and of exchanges that broke: a line each, but no more than
 * {@link #LINES_PER_SECOND_MAX}; what was left out is said with the next line. Any thread.
 */
final class OwnAnswers {
  private static final System.Logger LOG = System.getLogger("io.weir");

  /** A flood of bad requests must not become a flood of lines; the counters have them all. */
  private static final int LINES_PER_SECOND_MAX = 10;

  private static final AtomicLong SECOND = new AtomicLong();
  private static final AtomicInteger LINES = new AtomicInteger();
  private static final AtomicInteger LEFT_OUT = new AtomicInteger();

  private OwnAnswers() {}

  static void log(Reason reason, String detail, InetSocketAddress peer) {
    long second = System.nanoTime() / 1_000_000_000L;
    if (SECOND.getAndSet(second) != second) {
      LINES.set(0);
    }
    if (LINES.incrementAndGet() > LINES_PER_SECOND_MAX) {
      LEFT_OUT.incrementAndGet();
      return;
    }
    int leftOut = LEFT_OUT.getAndSet(0);
    LOG.log(
        System.Logger.Level.INFO,
        "{0}{1} for {2}:{3}{4}{5}",
        reason.word(),
        reason.status() == 0 ? "" : " (" + reason.status() + ")",
        peer.getHostString(),
        Integer.toString(peer.getPort()),
        detail.isEmpty() ? "" : ": " + detail,
        leftOut == 0 ? "" : " (and " + leftOut + " more lines left out)");
  }
}
