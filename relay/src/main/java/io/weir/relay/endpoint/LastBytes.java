package io.weir.relay.endpoint;

import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import io.weir.relay.loop.Timed;

/**
 * Sees a connection to its end after the last byte was written: a socket that is closed can hold
 * megabytes that no descriptor owns and no lease counts.
 *
 * <pre>
 *   close() --nothing undelivered--> closed
 *      |
 *      +--> our side ended --all acknowledged, or the peer has gone--> closed
 *                 |
 *                 +--not a byte acknowledged for the time limit--> reset
 *                 |
 *      +--> waiting, to be reset --all acknowledged, or the peer has gone--> reset
 *      |
 *   reset() --nothing undelivered--> reset
 * </pre>
 *
 * Where the loop ends first, the descriptor is closed at once, and what is undelivered is the
 * kernel's.
 *
 * <h2>Behind the last byte, a reset</h2>
 *
 * Who is told that the other side broke may not take what it has for the whole, so its side is not
 * ended but reset; and a reset drops what the kernel has not delivered. What the other side had
 * said before it broke is delivered first. The socket is set to be reset at its end before the
 * wait, so whoever cuts the wait short, were it the end of the process, makes a reset of it too.
 * Where the kernel's queue cannot be told (no epoll), only what waits in user space is seen out.
 *
 * <p>What still arrives is thrown away. Thread: the loop. Owns the endpoint.
 */
public final class LastBytes extends Timed implements Attendant {
  private static final int DISCARDED_BYTES_PER_TURN = 1024 * 1024;

  private final Loop loop;
  private final Endpoint endpoint;
  private final long limitNanos;
  private final Runnable gone;
  private long undeliveredBytes;
  private long sinceNanos = System.nanoTime();
  private boolean over;

  private LastBytes(Loop loop, Endpoint endpoint, int limitMillis, Runnable gone) {
    this.loop = loop;
    this.endpoint = endpoint;
    this.limitNanos = limitMillis * 1_000_000L;
    this.gone = gone;
    this.undeliveredBytes = endpoint.undelivered();
  }

  /**
   * Closes in order, now or when the peer has all.
   *
   * @param limitMillis how long it may take nothing at all
   * @param gone called once, when the descriptor is closed
   */
  public static void close(Loop loop, Endpoint endpoint, int limitMillis, Runnable gone) {
    if (!endpoint.open() || endpoint.failed() || endpoint.undelivered() <= 0) {
      endpoint.close();
      gone.run();
      return;
    }
    new LastBytes(loop, endpoint, limitMillis, gone).begin();
    endpoint.finish();
  }

  /**
   * Resets, now or when the peer has all.
   *
   * @param limitMillis how long it may take nothing at all
   * @param gone called once, when the descriptor is closed
   */
  public static void reset(Loop loop, Endpoint endpoint, int limitMillis, Runnable gone) {
    endpoint.breakAtEnd();
    if (!endpoint.open() || endpoint.failed() || endpoint.undelivered() <= 0) {
      endpoint.reset();
      gone.run();
      return;
    }
    new LastBytes(loop, endpoint, limitMillis, gone).begin();
  }

  private void begin() {
    endpoint.lease().narrow();
    endpoint.attend(this);
    loop.watch(this);
  }

  @Override
  public void ready() {
    if (over) {
      return;
    }
    discard();
    if (endpoint.failed() || endpoint.undelivered() <= 0) {
      end();
    }
  }

  private void discard() {
    Scratch in = loop.in();
    int discarded = 0;
    while (endpoint.readable() && discarded < DISCARDED_BYTES_PER_TURN) {
      int arrived = endpoint.peek(in, 0, in.capacityBytes());
      if (arrived <= 0) {
        return;
      }
      endpoint.skip(arrived);
      discarded += arrived;
    }
  }

  @Override
  protected void sweep(long nowNanos) {
    discard();
    endpoint.lease().settle();
    long now = endpoint.undelivered();
    if (endpoint.failed() || now <= 0) {
      end();
    } else if (now != undeliveredBytes) {
      undeliveredBytes = now;
      sinceNanos = nowNanos;
    } else if (nowNanos - sinceNanos >= limitNanos) {
      endpoint.reset();
      end();
    }
  }

  @Override
  public void abandon() {
    endpoint.reset();
    end();
  }

  /** The kernel sees to the last bytes alone. */
  @Override
  protected void loopEnds() {
    end();
  }

  private void end() {
    if (!over) {
      over = true;
      loop.unwatch(this);
      endpoint.close();
      gone.run();
    }
  }
}
