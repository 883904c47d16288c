package io.weir.admin;

import io.weir.relay.exchange.LocalBody;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The frames that one watcher of the live page is sent. At most one waits here: a newer one takes
 * its place, so a browser that stops reading holds one frame and what its socket's lease allows,
 * and the next one that it reads is whole and of that moment. Frames are shared by all watchers.
 *
 * <p>Thread: the admin listener's loop, but for {@link #offer}.
 */
final class EventStream implements LocalBody.Streamed {
  private final Watchers watchers;
  private final AtomicReference<byte @Nullable []> waiting = new AtomicReference<>();
  private volatile @Nullable Runnable more;

  EventStream(Watchers watchers) {
    this.watchers = watchers;
  }

  /** Sends a frame when the one before was taken. Any thread; false if it replaced another. */
  boolean offer(byte[] frame) {
    boolean first = waiting.getAndSet(frame) == null;
    Runnable wake = more;
    if (wake != null) {
      wake.run();
    }
    return first;
  }

  @Override
  public void begin(Runnable wake) {
    more = wake;
  }

  @Override
  public byte @Nullable [] next() {
    return waiting.getAndSet(null);
  }

  @Override
  public void end() {
    more = null;
    watchers.leave(this);
  }
}
