package io.weir.relay.origin;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Loop;

/**
 * A connection to the origin: used by one exchange at a time, waiting in its pool in between.
 *
 * <p>While it waits, any sign of life is a reason to close it: an origin has nothing to say that
 * was not asked. Thread: the loop. Owner: the exchange, else the pool.
 */
public final class OriginConnection implements Attendant {
  private final OriginPool pool;
  private final Endpoint endpoint;
  private boolean reused;
  long idleSinceNanos;

  OriginConnection(OriginPool pool, Endpoint endpoint) {
    this.pool = pool;
    this.endpoint = endpoint;
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

  /** Gives it back for the next exchange: the response is over, and nothing follows it. */
  public void release() {
    reused = true;
    pool.keep(this);
  }

  /**
   * Resets it: the exchange was given up. What waits to be sent is dropped, for an origin that has
   * stalled would have it held for long; and it cannot take the part for a whole.
   */
  public void cut() {
    endpoint.reset();
    pool.closed();
  }

  /** Closes it in order: the origin wants no more on it, or there is no place for it to wait. */
  public void close() {
    pool.close(endpoint);
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
