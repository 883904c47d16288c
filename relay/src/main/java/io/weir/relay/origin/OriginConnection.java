package io.weir.relay.origin;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Loop;
import io.weir.relay.translation.OriginStream;
import io.weir.relay.translation.StreamFault;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the origin: used by one exchange at a time, waiting in its pool in between.
 *
 * <p>While it waits, any sign of life is a reason to close it: an origin has nothing to say that
 * was not asked. Thread: the loop. Owner: the exchange, else the pool.
 */
public final class OriginConnection implements Attendant {
  private final OriginPool pool;
  private final Endpoint endpoint;

  /** Who keeps the connection that this is a stream of, and the stream; else null. */
  private final @Nullable OriginLinks links;

  private final @Nullable OriginStream stream;
  private boolean reused;
  long idleSinceNanos;

  OriginConnection(OriginPool pool, Endpoint endpoint) {
    this.pool = pool;
    this.endpoint = endpoint;
    this.links = null;
    this.stream = null;
  }

  /**
   * A stream to an origin that speaks HTTP/2: for one exchange, and never used again.
   *
   * @param used whether its link has served another exchange before
   */
  OriginConnection(OriginPool pool, OriginLinks links, OriginStream stream, boolean used) {
    this.pool = pool;
    this.endpoint = stream;
    this.links = links;
    this.stream = stream;
    this.reused = used;
  }

  /** The socket; the exchange attends to it while it owns the connection. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Whether an exchange has used it before, so that the origin may have closed it meanwhile. */
  public boolean reused() {
    return reused;
  }

  /**
   * Whether it is open and nothing has come that was not asked for: what an origin sends beyond a
   * response, or its end, must not meet the next request. Uses the loop's outgoing scratch space.
   */
  public boolean quiet(Loop loop) {
    return !endpoint.failed()
        && !endpoint.inputEnded()
        && endpoint.peek(loop.out(), 0, 1) == Source.NOTHING_YET;
  }

  /** Why it broke, if it is a stream that knows. */
  public @Nullable StreamFault fault() {
    return stream == null ? null : stream.fault();
  }

  /** Gives it back for the next exchange: the response is over, and nothing follows it. */
  public void release() {
    if (links != null) {
      close();
      return;
    }
    reused = true;
    pool.keep(this);
  }

  /**
   * Resets it: the exchange was given up. What waits to be sent is dropped, for an origin that has
   * stalled would have it held for long; and it cannot take the part for a whole.
   */
  public void cut() {
    endpoint.reset();
    if (links != null) {
      links.serveLater();
    } else {
      pool.closed();
    }
  }

  /**
   * Resets it behind what was sent to it, for the other side of a tunnel broke: a stream at once,
   * whose reset follows its data anyway.
   */
  public void breakOff() {
    if (links != null) {
      cut();
    } else {
      pool.breakOff(endpoint);
    }
  }

  /** Closes it in order: the origin wants no more on it, or there is no place for it to wait. */
  public void close() {
    if (links != null) {
      endpoint.close();
      links.serveLater();
    } else {
      pool.close(endpoint);
    }
  }

  @Override
  public void ready() {
    if (endpoint.failed() || endpoint.inputEnded() || (endpoint.readable() && !pool.quiet(this))) {
      pool.discard(this);
    }
  }

  @Override
  public void abandon() {
    pool.discard(this);
  }
}
