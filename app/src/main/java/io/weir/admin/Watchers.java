package io.weir.admin;

import io.weir.relay.exchange.LocalResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Those who watch the live page. There are far fewer of them than connections that the admin
 * listener takes, so that health checks find one. Any thread.
 */
final class Watchers {
  /** Of 64 connections. A page takes one for its events, and now and then another one. */
  static final int WATCHERS_MAX = 16;

  private static final LocalResponse FULL =
      AdminPages.text(
              503, "as many watch the live page as may (" + WATCHERS_MAX + "); try again later\n")
          .with("Retry-After: 10\r\n")
          .closing();

  /** Tells the browser's own reader, where one is used, when to come again. */
  private static final byte[] OPENING = "retry: 2000\n\n".getBytes(StandardCharsets.US_ASCII);

  private final List<EventStream> streams = new CopyOnWriteArrayList<>();
  private final AtomicLong dropped = new AtomicLong();

  /** One more, who is sent the last frame at once if there is one; a refusal if they are many. */
  synchronized LocalResponse enter(byte @Nullable [] last) {
    if (streams.size() >= WATCHERS_MAX) {
      return FULL;
    }
    EventStream stream = new EventStream(this);
    stream.offer(last == null ? OPENING : last);
    streams.add(stream);
    return new LocalResponse(200, "text/event-stream", "", stream, false);
  }

  void leave(EventStream stream) {
    streams.remove(stream);
  }

  /** Offers a frame to all. */
  void publish(byte[] frame) {
    for (EventStream stream : streams) {
      if (!stream.offer(frame)) {
        dropped.incrementAndGet();
      }
    }
  }

  int count() {
    return streams.size();
  }

  /** Frames that a slow watcher was not sent. */
  long dropped() {
    return dropped.get();
  }
}
