package io.weir.relay.pump;

import io.weir.relay.endpoint.Pipe;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The pipes of one loop.
 *
 * <pre>
 *   take() --> lent for a turn --> giveBack(), empty --> idle, {@link #IDLE_PIPES_MAX} at most
 *                     |
 *                     +--> its flow keeps it: the sink took less than it had room for
 * </pre>
 *
 * A loop runs one flow at a time, so one pipe serves all of them as long as each leaves it empty.
 * Only those that bytes are stuck in are more. A pipe with unread bytes never comes back: they
 * would be the next flow's.
 *
 * <p>Thread: the loop, but for {@link #heldBytes} and {@link #splicedBytes}, which it alone writes.
 */
public final class PipePool {
  /** Empty pipes that are kept; two descriptors and no data each. */
  static final int IDLE_PIPES_MAX = 2;

  /** Pipes of a loop at once; a flow that gets none copies. */
  static final int PIPES_MAX = 16;

  /**
   * Bytes that flows of a loop may have stuck in pipes. As long as there are any, the next flow
   * splices little at a time, and beyond this none does: so it is exceeded by one splice of a turn
   * at worst. Unbounded, 1,000 slow readers held 12 MiB where the machine's memory for TCP had run
   * out.
   */
  static final int HELD_BYTES_MAX = 1024 * 1024;

  private final ArrayDeque<Pipe> idle = new ArrayDeque<>(IDLE_PIPES_MAX);
  private final AtomicLong heldBytes = new AtomicLong();
  private final AtomicLong splicedBytes = new AtomicLong();
  private int pipes;
  private boolean usable = true;

  /** A pipe for this turn, or null if there is none to be had. */
  @Nullable Pipe take() {
    Pipe pipe = idle.pollLast();
    if (pipe == null && usable && pipes < PIPES_MAX) {
      pipe = Pipe.open();
      pipes += pipe == null ? 0 : 1;
    }
    return pipe;
  }

  /** Takes back a pipe; one that is not empty is closed, and its bytes are gone. */
  void giveBack(Pipe pipe) {
    if (pipe.heldBytes() == 0 && usable && idle.size() < IDLE_PIPES_MAX) {
      idle.addLast(pipe);
    } else {
      pipe.close();
      pipes--;
    }
  }

  /** Counts bytes that a flow keeps in its pipe beyond its turn; negative when they have left. */
  void kept(int bytes) {
    heldBytes.setOpaque(heldBytes.getPlain() + bytes);
  }

  /** Counts bytes that a sink took from a pipe. */
  void spliced(int bytes) {
    splicedBytes.setOpaque(splicedBytes.getPlain() + bytes);
  }

  /** Bytes that a flow may splice at once now; 0 while too much is stuck. */
  int spliceBytesMax() {
    long held = heldBytes.getPlain();
    if (held == 0) {
      return CopyPump.TURN_BYTES;
    }
    return held < HELD_BYTES_MAX ? SplicePump.SPLICE_MIN_BYTES : 0;
  }

  /** Whether splicing works here, as far as is known. */
  boolean usable() {
    return usable;
  }

  /** The kernel does not splice: no flow of this loop tries again. */
  void unsupported() {
    close();
  }

  /** Bytes that flows keep in pipes between turns. Any thread. */
  public long heldBytes() {
    return heldBytes.getOpaque();
  }

  /** Bytes that have passed through pipes so far. Any thread. */
  public long splicedBytes() {
    return splicedBytes.getOpaque();
  }

  /** Pipes that are open, lent or idle. */
  int pipes() {
    return pipes;
  }

  /** Closes the idle pipes; those that are lent are closed when they come back. */
  public void close() {
    usable = false;
    while (!idle.isEmpty()) {
      idle.removeLast().close();
      pipes--;
    }
  }
}
