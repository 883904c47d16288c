package io.weir.relay.pump;

import io.weir.relay.endpoint.Pipe;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.endpoint.Spliceable;
import io.weir.relay.loop.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * Moves a flow between two raw sockets through a pipe of the kernel, and copies what is not worth
 * that.
 *
 * <h2>Which bytes are spliced</h2>
 *
 * Those that the framing lets pass unseen, if the sink has room for {@link #SPLICE_MIN_BYTES} and
 * the source brings much at a time. All else goes through a {@link CopyPump} of the same flow:
 * framing, the beginning of every body, slow trickles, and every end, so there is one place that
 * judges how a body ends.
 *
 * <pre>
 *                       +------------ unseen, room, plenty ------------+
 *                       v                                              |
 *   source --splice--> pipe --splice--> sink              source --peek, write, skip--> sink
 *                       |                                              ^
 *                       +------- little came, or little is left -------+
 * </pre>
 *
 * <h2>What is held</h2>
 *
 * Nothing, as a rule: no more is taken in than the sink's send buffer has room for, so the pipe is
 * empty at the end of each turn and goes back to the loop's pool. Only where the kernel is short of
 * memory, or a mark on unsent bytes is set, may a sink take less than it had room for. Then the
 * flow keeps its pipe until the sink has taken the rest, at most the pipe's size, and {@link
 * #heldBytes} says so; all flows of a loop together keep little more than {@link
 * PipePool#HELD_BYTES_MAX}. It copies from then on, until that moves {@link #PLENTY_BYTES} in one
 * turn.
 *
 * <h2>Accounting</h2>
 *
 * Bytes count as moved, for the framing too, when the sink has taken them. Bytes in the pipe are in
 * neither socket: when the sink breaks they are gone, as are those in its send queue.
 *
 * <p>It allocates nothing, takes no lock and logs nothing.
 */
public final class SplicePump implements Pump {
  /**
   * Fewer bytes are copied: two calls on the pipe and one for the room cost as much as copying that
   * (docs/decisions/0010).
   */
  static final int SPLICE_MIN_BYTES = 64 * 1024;

  /**
   * The first bytes of every flow are copied: bodies up to 256 KiB cost up to 1.5 times as much CPU
   * spliced, since they come in pieces.
   */
  static final int FIRST_COPIED_BYTES = 256 * 1024;

  /** A body that is no longer than this is copied altogether. */
  static final int BODY_MIN_BYTES = 2 * FIRST_COPIED_BYTES;

  /** A turn that splices no more than this was not worth it: the next bytes are copied. */
  private static final int LITTLE_BYTES = 32 * 1024;

  /** Copying that moves so much in a turn: source and sink are fast, so splicing pays again. */
  private static final int PLENTY_BYTES = 128 * 1024;

  /** Between the runs of bytes that pass unseen, only framing is looked for. */
  private static final int FRAMING_PEEK_BYTES = CopyPump.PEEK_MIN_BYTES;

  private final Spliceable source;
  private final Spliceable sink;
  private final Framing framing;
  private final Scratch scratch;
  private final PipePool pipes;
  private final CopyPump copy;
  private @Nullable Pipe pipe;
  private byte @Nullable [] rest;
  private int restSent;
  private int keptBytes;

  /** Whether splicing is worth trying. */
  private boolean fast = true;

  private long splicedBytes;

  /**
   * Owns nothing but a pipe while bytes are inside: {@link #close} gives it back. {@code scratch}
   * and {@code pipes} are the loop's.
   */
  public SplicePump(
      Spliceable source, Spliceable sink, Framing framing, Scratch scratch, PipePool pipes) {
    this.source = source;
    this.sink = sink;
    this.framing = framing;
    this.scratch = scratch;
    this.pipes = pipes;
    this.copy = new CopyPump(source, sink, framing, scratch);
  }

  /** Whether a body may have bytes to splice: it is not short, and not framed anew throughout. */
  public static boolean pays(Framing framing) {
    return framing.mayPass(BODY_MIN_BYTES);
  }

  @Override
  public Progress run() {
    Progress stopped = flush();
    long begin = movedBytes();
    long splicedBefore = splicedBytes;
    long roomEnd = 0;
    while (stopped == Progress.GIVE_WAY && !framing.over()) {
      long moved = movedBytes() - begin;
      if (moved > CopyPump.TURN_BYTES - SPLICE_MIN_BYTES) {
        return Progress.GIVE_WAY;
      }
      if (!mayPassUnseen()) {
        return copyTurn();
      }
      if (framing.unseenBytes() < SPLICE_MIN_BYTES) {
        stopped = copyFraming(splicedBytes > splicedBefore);
        if (stopped == Progress.GIVE_WAY && framing.unseenBytes() < SPLICE_MIN_BYTES) {
          return stopped;
        }
      } else if (!source.readable()) {
        return Progress.WAIT_SOURCE;
      } else {
        if (roomEnd - moved < SPLICE_MIN_BYTES) {
          roomEnd = moved + (sink.writable() ? sink.roomBytes() : 0);
        }
        long most = Math.min(roomEnd - moved, pipes.spliceBytesMax());
        if (most < SPLICE_MIN_BYTES) {
          return copyTurn();
        }
        stopped = splice((int) Math.min(framing.unseenBytes(), most));
        long came = splicedBytes - splicedBefore;
        fast &= stopped != Progress.WAIT_SOURCE || came == 0 || came >= LITTLE_BYTES;
      }
    }
    return stopped == Progress.GIVE_WAY && framing.over() ? Progress.DONE : stopped;
  }

  private boolean mayPassUnseen() {
    return fast
        && movedBytes() >= FIRST_COPIED_BYTES
        && pipes.usable()
        && source.splices()
        && copy.heldBytes() == 0;
  }

  /** One turn of copying; one that moves much shows that splicing would pay. */
  private Progress copyTurn() {
    long before = copy.movedBytes();
    Progress stopped = copy.run();
    fast |= copy.movedBytes() - before >= PLENTY_BYTES;
    return stopped;
  }

  /**
   * Copies until much may pass unseen; gives way if that is not in sight.
   *
   * @param between whether much has passed unseen just now, so that much may again
   */
  private Progress copyFraming(boolean between) {
    int left = (int) framing.unseenBytes();
    int peekBytesMax = between ? left + FRAMING_PEEK_BYTES : scratch.capacityBytes();
    return copy.run(peekBytesMax, SPLICE_MIN_BYTES);
  }

  /**
   * Takes up to {@code lengthMax} bytes from the source to the sink; GIVE_WAY if all were taken.
   */
  private Progress splice(int lengthMax) {
    Pipe lent = pipes.take();
    if (lent == null) {
      fast = false;
      return copy.run();
    }
    int n = source.spliceInto(lent, Math.min(lengthMax, lent.capacityBytes()));
    if (n > 0) {
      pipe = lent;
      return drain(lent);
    }
    pipes.giveBack(lent);
    if (n == Source.NOTHING_YET) {
      return Progress.WAIT_SOURCE;
    }
    if (n == Spliceable.UNSUPPORTED) {
      pipes.unsupported();
    }
    return copy.run(); // an end, in order or not: it says which
  }

  private Progress drain(Pipe from) {
    int taken = sink.spliceFrom(from);
    if (taken == Spliceable.UNSUPPORTED) {
      pipes.unsupported();
      return readOut(from);
    }
    if (taken < 0) {
      close();
      return Progress.SINK_BROKEN;
    }
    splicedBytes += taken;
    pipes.spliced(taken);
    framing.passed(taken);
    if (from.heldBytes() == 0) {
      close();
      return Progress.GIVE_WAY;
    }
    fast = false;
    keep(from.heldBytes());
    return Progress.WAIT_SINK;
  }

  /** Sends what an earlier turn has left in the pipe; GIVE_WAY if nothing is left. */
  private Progress flush() {
    if (rest != null) {
      return flushRest(rest);
    }
    if (pipe == null) {
      return Progress.GIVE_WAY;
    }
    return sink.writable() ? drain(pipe) : Progress.WAIT_SINK;
  }

  /** The sink does not splice, and bytes are in the pipe already: they go on by copying. */
  private Progress readOut(Pipe from) {
    byte[] bytes = new byte[from.heldBytes()];
    int length = 0;
    int n = from.read(scratch, 0, scratch.capacityBytes());
    while (n > 0) {
      System.arraycopy(scratch.bytes(), 0, bytes, length, n);
      length += n;
      n = from.read(scratch, 0, scratch.capacityBytes());
    }
    if (length < bytes.length) {
      close();
      return Progress.SOURCE_BROKEN; // a pipe that lost bytes
    }
    close();
    rest = bytes;
    return flushRest(bytes);
  }

  private Progress flushRest(byte[] bytes) {
    while (restSent < bytes.length) {
      if (!sink.writable()) {
        return Progress.WAIT_SINK;
      }
      int length = Math.min(bytes.length - restSent, scratch.capacityBytes());
      System.arraycopy(bytes, restSent, scratch.bytes(), 0, length);
      int taken = sink.write(scratch, 0, length, false);
      if (taken == Sink.BROKEN) {
        return Progress.SINK_BROKEN;
      }
      restSent += taken;
      splicedBytes += taken;
      framing.passed(taken);
    }
    rest = null;
    return Progress.GIVE_WAY;
  }

  /** Says how much the pipe holds beyond this turn. */
  private void keep(int bytes) {
    pipes.kept(bytes - keptBytes);
    keptBytes = bytes;
  }

  @Override
  public long movedBytes() {
    return splicedBytes + copy.movedBytes();
  }

  @Override
  public boolean surplus() {
    return copy.surplus();
  }

  @Override
  public int heldBytes() {
    Pipe with = pipe;
    int piped = with == null ? 0 : with.heldBytes();
    return piped + (rest == null ? 0 : rest.length - restSent) + copy.heldBytes();
  }

  @Override
  public void close() {
    rest = null;
    Pipe with = pipe;
    if (with != null) {
      pipe = null;
      keep(0);
      pipes.giveBack(with);
    }
  }
}
