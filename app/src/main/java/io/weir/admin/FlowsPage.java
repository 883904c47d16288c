package io.weir.admin;

import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.LocalResponse;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * {@code /flows}: one row for each exchange under way, then the totals. With {@code ?form=table}
 * rows are arrays, which is what the live page reads; see {@link FlowsStream}. Thread: the admin
 * listener's loop, but for {@link #pauseMillis}.
 */
final class FlowsPage {
  /** Answers under way at once: each has some rows in memory. */
  private static final int STREAMS_MAX = 4;

  /** The pages that watch may have the rows made for this part of the time, in all. */
  private static final long PACE = 300;

  private static final long PAUSE_MILLIS_MIN = 1_000;
  private static final long PAUSE_MILLIS_MAX = 60_000;

  private static final LocalResponse BUSY =
      AdminPages.text(503, "as many read the flows as may (" + STREAMS_MAX + "); try again\n")
          .with("Retry-After: 1\r\n")
          .closing();

  private final HttpServer relay;
  private final long memoryBytes;
  private final IntSupplier watchers;
  private final AtomicInteger streams = new AtomicInteger();
  private volatile long costNanos;

  FlowsPage(HttpServer relay, long memoryBytes, IntSupplier watchers) {
    this.relay = relay;
    this.memoryBytes = memoryBytes;
    this.watchers = watchers;
  }

  /** All flows, or a refusal. */
  LocalResponse answer(String query) {
    if (streams.incrementAndGet() > STREAMS_MAX) {
      streams.decrementAndGet();
      return BUSY;
    }
    FlowsStream stream =
        new FlowsStream(relay, memoryBytes, query.equals("form=table"), this::over);
    return new LocalResponse(200, AdminPages.JSON, "", stream, false);
  }

  private void over(long tookNanos) {
    streams.decrementAndGet();
    costNanos = tookNanos;
  }

  /** How long each page waits before it asks again, so that all of them together cost little. */
  long pauseMillis() {
    long pause = costNanos * PACE / 1_000_000 * Math.max(1, watchers.getAsInt());
    return Math.clamp(pause, PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX);
  }
}
