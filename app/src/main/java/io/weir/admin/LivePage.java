package io.weir.admin;

import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.LocalResponse;
import io.weir.relay.exchange.Totals;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the live page is told: a sample a second, for as long as somebody watches.
 *
 * <pre>
 *            first watcher                    nobody for 30 s
 *   nothing ---------------> thread "page": ------------------> nothing
 *                            sample, frame,
 *                            offer, sleep
 *
 *   /live          frames from now on, as server-sent events
 *   /live/history  the last five minutes, as far as they were sampled
 * </pre>
 *
 * <h2>Cost</h2>
 *
 * Before the first visit there is neither thread nor class of it. The sampler reads counters, which
 * loops write and never wait for; kernel memory by {@link Pulse}; rows and verdict by {@link
 * SelfLook}, which paces itself. A frame is rendered once for all watchers.
 *
 * <p>Any thread.
 */
final class LivePage {
  private static final int HISTORY_SECONDS = 300;
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final long LINGER_NANOS = 30 * SECOND_NANOS;
  private static final System.Logger LOG = System.getLogger("io.weir");

  private final HttpServer relay;
  private final Frames frames;
  private final Watchers watchers = new Watchers();
  private final FlowsPage flows;
  private final ArrayDeque<Sample> history = new ArrayDeque<>();
  private final SelfLook self = new SelfLook();
  private volatile byte @Nullable [] lastFrame;
  private boolean running;
  private long lastMovedBytes;
  private long lastNanos;

  LivePage(HttpServer relay, Frames frames, FlowsPage flows) {
    this.relay = relay;
    this.frames = frames;
    this.flows = flows;
  }

  /** One more watcher, or a refusal. */
  LocalResponse watch() {
    LocalResponse response = watchers.enter(lastFrame);
    start();
    return response;
  }

  private synchronized void start() {
    if (!running && watchers.count() > 0) {
      running = true;
      Thread.ofPlatform().daemon().name("page").start(this::run);
    }
  }

  /** What was sampled in the last minutes. */
  LocalResponse history() {
    List<Sample> samples;
    synchronized (history) {
      samples = List.copyOf(history);
    }
    return new LocalResponse(200, AdminPages.JSON, frames.history(samples));
  }

  private void run() {
    boolean failed = true;
    try {
      Pulse pulse = Pulse.ofThisProcess();
      long watchedNanos = System.nanoTime();
      lastMovedBytes = moved(relay.totals());
      lastNanos = watchedNanos;
      while (System.nanoTime() - watchedNanos < LINGER_NANOS) {
        long beganNanos = System.nanoTime();
        sample(pulse);
        if (watchers.count() > 0) {
          watchedNanos = beganNanos;
        }
        LockSupport.parkNanos(SECOND_NANOS - (System.nanoTime() - beganNanos));
      }
      failed = false;
    } catch (IOException | RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "the live page is told nothing more", e);
    } finally {
      ended(failed);
    }
  }

  /** Whoever came while the thread was ending gets another one. */
  private synchronized void ended(boolean failed) {
    running = false;
    lastFrame = null;
    if (!failed) {
      start();
    }
  }

  private void sample(Pulse pulse) throws IOException {
    self.look(); // a first sample has rows too
    Totals totals = relay.totals();
    Leased leased = relay.leased();
    long nowNanos = System.nanoTime();
    long moved = moved(totals);
    long perSecond =
        Math.round(
            (moved - lastMovedBytes) * (double) SECOND_NANOS / Math.max(1, nowNanos - lastNanos));
    lastMovedBytes = moved;
    lastNanos = nowNanos;
    Sample sample =
        Sample.of(pulse.next(), self.ledger(), totals, perSecond, Steps.counts(totals, leased));
    synchronized (history) {
      if (history.size() == HISTORY_SECONDS) {
        history.removeFirst();
      }
      history.add(sample);
    }
    byte[] frame = frames.frame(sample, totals, leased, self, watchers, flows.pauseMillis());
    lastFrame = frame;
    watchers.publish(frame);
  }

  private static long moved(Totals totals) {
    return totals.downloadedBytes() + totals.uploadedBytes();
  }

  int watching() {
    return watchers.count();
  }
}
