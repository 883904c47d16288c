package io.weir.relay.pump;

import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Scratch;

/**
 * Moves a flow through the loop's scratch space, holding next to nothing between turns.
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
 * <h2>What is not whole</h2>
 *
 * The beginning of a chunk's size line or of a trailer section means nothing yet. Left in the
 * source, even two bytes pin a whole segment of the receive queue, and with small segments the
 * window may close for good: both sides would wait. So it is the one thing that a pump takes and
 * holds, 20 bytes as a rule and {@link #HELD_BYTES_MAX} at most, and it stands in front of the next
 * peek.
 *
 * <h2>Turns</h2>
 *
 * One run moves at most {@link #TURN_BYTES} in at most {@link #PIECES_MAX} pieces; then the loop
 * serves others.
 *
 * <p>It allocates nothing, takes no lock and logs nothing.
 */
public final class CopyPump implements Pump {
  /**
   * Bytes of one turn. Beside 16 bulk flows a new request waits for 16 turns at worst: 8 to 16 ms
   * at 1 to 2 GB/s. Less makes it wait less, and costs more calls for a byte.
   */
  static final int TURN_BYTES = 1024 * 1024;

  /** A peek never asks for less, bytes: below, the calls cost more than the copy. */
  static final int PEEK_MIN_BYTES = 16 * 1024;

  private static final int PEEK_FIRST_BYTES = 64 * 1024;

  /** Pieces of one turn: chunks of a byte would make a turn of 200,000 writes. */
  static final int PIECES_MAX = 256;

  /** What is not whole and yet longer breaks a limit of its framing (trailers: 8 KiB), bytes. */
  static final int HELD_BYTES_MAX = Scratch.HEADROOM_BYTES - Scratch.PREFIX_BYTES;

  private static final int HELD_BYTES_TYPICAL = 32;
  private static final byte[] NOTHING = {};

  private final Source source;
  private final Sink sink;
  private final Framing framing;
  private final Scratch scratch;
  private int peekBytes;
  private long movedBytes;
  private boolean surplus;
  private int pieces;
  private byte[] held = NOTHING;
  private int heldBytes;

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
    return run(scratch.capacityBytes(), Long.MAX_VALUE);
  }

  /**
   * A turn that also gives way as soon as the framing lets so much pass unseen.
   *
   * @param peekBytesMax bytes of a peek at most
   * @param unseenBytesEnough of {@link Framing#unseenBytes}
   */
  Progress run(int peekBytesMax, long unseenBytesEnough) {
    long turnEnd = movedBytes + TURN_BYTES;
    int piecesBefore = pieces;
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
        int want = Math.min(peekBytes, peekBytesMax);
        arrived = source.peek(scratch, Scratch.HEADROOM_BYTES, want);
        if (arrived == Source.BROKEN) {
          return Progress.SOURCE_BROKEN;
        }
        if (arrived == Source.NOTHING_YET) {
          return Progress.WAIT_SOURCE;
        }
        ended = arrived == Source.END || (arrived < want && source.inputEnded());
      }
      Progress stopped = pass(Math.max(arrived, 0), ended, piecesBefore + PIECES_MAX);
      if (stopped != Progress.GIVE_WAY) {
        return stopped;
      }
      if (movedBytes >= turnEnd
          || pieces - piecesBefore >= PIECES_MAX
          || framing.unseenBytes() >= unseenBytesEnough) {
        return Progress.GIVE_WAY;
      }
    }
    return Progress.DONE;
  }

  /** Passes on what was peeked; {@link Progress#GIVE_WAY} if there may be more to peek. */
  private Progress pass(int arrived, boolean ended, int piecesEnd) {
    byte[] bytes = scratch.bytes();
    int from = Scratch.HEADROOM_BYTES - heldBytes;
    int to = Scratch.HEADROOM_BYTES + arrived;
    System.arraycopy(held, 0, bytes, from, heldBytes);
    heldBytes = 0;
    Progress stopped = Progress.GIVE_WAY;
    boolean more = true;
    while (more) {
      Framing.Found found = framing.frame(bytes, from, to, ended);
      if (found == Framing.Found.PIECE) {
        int length = framing.end - framing.start;
        int taken = length == 0 ? 0 : sink.write(scratch, framing.start, length, false);
        if (taken == Sink.BROKEN) {
          return Progress.SINK_BROKEN;
        }
        from += framing.sent(taken);
        movedBytes += taken;
        pieces++;
        resizePeek(taken, length);
        stopped = taken < length ? Progress.WAIT_SINK : Progress.GIVE_WAY;
        more =
            taken == length
                && pieces < piecesEnd
                && !framing.over()
                && (from < to || ended || framing.owes());
      } else if (found == Framing.Found.MALFORMED || ended || to - from > HELD_BYTES_MAX) {
        return Progress.MALFORMED;
      } else {
        from = hold(bytes, from, to);
        more = false;
      }
    }
    settle(bytes, from, to);
    return stopped;
  }

  /** Keeps the beginning of what is not whole; returns {@code to}, up to where it is consumed. */
  private int hold(byte[] bytes, int from, int to) {
    heldBytes = to - from;
    if (held.length < heldBytes) {
      held = new byte[Math.max(HELD_BYTES_TYPICAL, heldBytes)];
    }
    System.arraycopy(bytes, from, held, 0, heldBytes);
    return to;
  }

  /** Consumes what is settled, first what is held, then in the source. */
  private void settle(byte[] bytes, int from, int to) {
    surplus = framing.over() && from < to; // else the sink was full, and this is still to come
    if (from < Scratch.HEADROOM_BYTES) {
      hold(bytes, from, Scratch.HEADROOM_BYTES);
    } else if (from > Scratch.HEADROOM_BYTES) {
      source.skip(from - Scratch.HEADROOM_BYTES);
    }
  }

  private void resizePeek(int taken, int length) {
    if (taken < length) {
      peekBytes = Math.max(PEEK_MIN_BYTES, Math.min(peekBytes, taken + taken / 2));
    } else if (length > peekBytes / 2) {
      peekBytes = Math.min(2 * peekBytes, scratch.capacityBytes());
    }
  }

  @Override
  public boolean surplus() {
    return surplus;
  }

  @Override
  public long movedBytes() {
    return movedBytes;
  }

  /** The beginning of what is not whole. */
  @Override
  public int heldBytes() {
    return heldBytes;
  }

  @Override
  public void close() {
    heldBytes = 0;
  }
}
