package io.weir.relay.pump;

import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * Moves a flow through the loop's scratch space, holding nothing between turns.
 *
 * <h2>Peek, write, skip</h2>
 *
 * <pre>
 *      source.peek ---> framing ---> sink.write ---> source.skip(what the sink took)
 *          ^                             |
 *          |          took all           |  took less
 *          +-----------------------------+------------> WAIT_SINK, the rest is still in the source
 * </pre>
 *
 * A copying pump that reads first must keep what a slow sink did not take: with 1,000 slow readers
 * that is 1,000 buffers, which is why relays run out of memory. Here the rest stays in the kernel's
 * receive queue, which fills, closes the window, and stops the origin. The price is one more system
 * call for each piece, which copies nothing, and a second copy of the bytes that did not fit; so
 * the size of a peek follows what the sink took last time.
 *
 * <h2>Turns</h2>
 *
 * One run moves at most {@link #TURN_BYTES}; then the loop serves others.
 *
 * <p>It allocates nothing, takes no lock and logs nothing.
 */
public final class CopyPump implements Pump {
  /**
   * Bytes of one turn. 16 bulk flows make a new request wait for 16 turns: 1 MiB each is 8 to 16 ms
   * at 1 to 2 GB/s. A quarter of it cost 10 to 20 % more CPU for a byte when it was tried.
   */
  static final int TURN_BYTES = 1024 * 1024;

  /** A peek never asks for less, bytes: below, the calls cost more than the copy. */
  static final int PEEK_MIN_BYTES = 16 * 1024;

  private static final int PEEK_FIRST_BYTES = 64 * 1024;

  private final Source source;
  private final Sink sink;
  private final Framing framing;
  private final Scratch scratch;
  private int peekBytes;
  private long movedBytes;
  private boolean surplus;

  /** Owns nothing: the exchange closes both ends. {@code scratch} is the loop's. */
  public CopyPump(Source source, Sink sink, Framing framing, Scratch scratch) {
    this.source = source;
    this.sink = sink;
    this.framing = framing;
    this.scratch = scratch;
    peekBytes = Math.min(PEEK_FIRST_BYTES, scratch.capacityBytes());
  }

  @Override
  public Progress run() {
    long turnEnd = movedBytes + TURN_BYTES;
    while (!framing.over()) {
      if (!sink.writable()) {
        return Progress.WAIT_SINK;
      }
      int arrived = 0;
      boolean ended = false;
      if (!framing.owes()) {
        if (!source.readable()) {
          return Progress.WAIT_SOURCE;
        }
        arrived = source.peek(scratch, Scratch.HEADROOM_BYTES, peekBytes);
        if (arrived == Source.BROKEN) {
          return Progress.SOURCE_BROKEN;
        }
        if (arrived == Source.NOTHING_YET) {
          return Progress.WAIT_SOURCE;
        }
        ended = arrived == Source.END || (arrived < peekBytes && source.inputEnded());
      }
      Progress stopped = pass(Math.max(arrived, 0), ended);
      if (stopped != Progress.GIVE_WAY) {
        return stopped;
      }
      if (movedBytes >= turnEnd) {
        return Progress.GIVE_WAY;
      }
    }
    return Progress.DONE;
  }

  /** Passes on what was peeked; {@link Progress#GIVE_WAY} if there may be more to peek. */
  private Progress pass(int arrived, boolean ended) {
    byte[] bytes = scratch.bytes();
    int from = Scratch.HEADROOM_BYTES;
    int to = from + arrived;
    @Nullable Progress stopped;
    do {
      stopped = null;
      Framing.Found found = framing.frame(bytes, from, to, ended);
      if (found == Framing.Found.MALFORMED) {
        stopped = Progress.MALFORMED;
      } else if (found == Framing.Found.NEED_MORE) {
        stopped = needMore(from, arrived, ended);
      } else {
        int length = framing.end - framing.start;
        int taken = length == 0 ? 0 : sink.write(scratch, framing.start, length, false);
        if (taken == Sink.BROKEN) {
          stopped = Progress.SINK_BROKEN;
        } else {
          from += framing.sent(taken);
          movedBytes += taken;
          resizePeek(taken, length);
          stopped = taken < length ? Progress.WAIT_SINK : null;
        }
      }
    } while (stopped == null && !framing.over() && (from < to || ended || framing.owes()));
    surplus = from < to;
    if (from > Scratch.HEADROOM_BYTES) {
      source.skip(from - Scratch.HEADROOM_BYTES);
    }
    return stopped == null ? Progress.GIVE_WAY : stopped;
  }

  private Progress needMore(int from, int arrived, boolean ended) {
    if (ended) {
      return Progress.MALFORMED;
    }
    // A full peek in which nothing could be consumed would come back the same.
    boolean stuck = from == Scratch.HEADROOM_BYTES && arrived == scratch.capacityBytes();
    if (arrived == peekBytes) {
      peekBytes = Math.min(2 * peekBytes, scratch.capacityBytes());
      return stuck ? Progress.MALFORMED : Progress.GIVE_WAY;
    }
    return Progress.WAIT_SOURCE;
  }

  private void resizePeek(int taken, int length) {
    if (taken < length) {
      peekBytes = Math.max(PEEK_MIN_BYTES, Math.min(peekBytes, taken + taken / 2));
    } else if (length > peekBytes / 2) {
      peekBytes = Math.min(2 * peekBytes, scratch.capacityBytes());
    }
  }

  /** After {@link Progress#DONE}: whether the source had more than the body. */
  public boolean surplus() {
    return surplus;
  }

  @Override
  public long movedBytes() {
    return movedBytes;
  }
}
