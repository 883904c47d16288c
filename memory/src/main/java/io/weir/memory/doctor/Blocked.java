package io.weir.memory.doctor;

import io.weir.memory.ledger.Look;
import io.weir.memory.probe.PipeUse;
import io.weir.memory.probe.SocketRow;
import io.weir.memory.probe.SocketUse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which sinks of a process do not take what it sends, at one look.
 *
 * <p>A socket is blocked where its send queue is near the limit of its buffer; where the look
 * before is known, then too. Or where the queue has not become shorter since. A busy socket has
 * bytes in its queue at every look as well, but it is neither full nor does it stand still.
 *
 * @param sockets the fullest first
 * @param unreadSockets whose received bytes this process leaves in the kernel
 * @param pipeBytes in pipes, where at least one must be full
 */
record Blocked(List<SocketRow> sockets, List<SocketRow> unreadSockets, long pipeBytes) {
  /**
   * Of the buffer's limit. The kernel counts whole buffers against the limit and not the bytes in
   * them, so a queue of small writes is full at a third of it.
   */
  private static final int FULL_DIVISOR = 3;

  /** Where the limit is not known: the default send buffer of Linux is 16 kB and grows from it. */
  private static final long FULL_BYTES_MIN = 64 << 10;

  /** Less than this stands still in many idle connections for a moment. */
  private static final long STILL_BYTES_MIN = 1 << 10;

  /** A pipe that nobody changed holds 64 KiB, pipe(7); a busy pipe is seldom that full. */
  private static final long PIPE_BYTES_MIN = 60_000;

  /** Is anything blocked? */
  boolean any() {
    return !sockets.isEmpty() || pipeBytes > 0;
  }

  /** Bytes in the send queues of the blocked sockets. */
  long queuedBytes() {
    return sockets.stream().mapToLong(SocketRow::sendQueueBytes).sum();
  }

  /**
   * What is blocked at {@code look}.
   *
   * @param before the look before it, null where there is none
   */
  static Blocked at(Look look, @Nullable Look before) {
    SocketUse use = look.sockets().value();
    Map<String, SocketRow> earlier = before == null ? Map.of() : byName(before);
    List<SocketRow> blocked = new ArrayList<>();
    List<SocketRow> unread = new ArrayList<>();
    for (SocketRow row : use == null ? List.<SocketRow>of() : use.rows()) {
      SocketRow then = earlier.get(name(row));
      if (carriesBytes(row) && isBlocked(row, then)) {
        blocked.add(row);
      }
      if (carriesBytes(row) && isUnread(row, then)) {
        unread.add(row);
      }
    }
    blocked.sort(Comparator.comparingLong(SocketRow::sendQueueBytes).reversed());
    unread.sort(Comparator.comparingLong(SocketRow::receiveQueueBytes).reversed());
    return new Blocked(blocked, unread, fullPipes(look, before));
  }

  /** A listener's queues count connections, and datagrams wait for nobody. */
  private static boolean carriesBytes(SocketRow row) {
    return !row.state().equals("LISTEN")
        && (row.protocol().startsWith("tcp") || row.protocol().startsWith("unix"));
  }

  private static boolean isBlocked(SocketRow row, @Nullable SocketRow then) {
    if (row.sendQueueBytes() <= 0) {
      return false;
    }
    if (then == null) {
      return isFull(row);
    }
    boolean still =
        then.sendQueueBytes() >= STILL_BYTES_MIN && row.sendQueueBytes() >= then.sendQueueBytes();
    return still || (isFull(row) && isFull(then));
  }

  private static boolean isFull(SocketRow row) {
    return row.sendBufferBytes() > 0
        ? row.sendQueueBytes() >= row.sendBufferBytes() / FULL_DIVISOR
        : row.sendQueueBytes() >= FULL_BYTES_MIN;
  }

  private static boolean isUnread(SocketRow row, @Nullable SocketRow then) {
    return row.receiveQueueBytes() >= FULL_BYTES_MIN
        && (then == null || row.receiveQueueBytes() >= then.receiveQueueBytes());
  }

  private static long fullPipes(Look look, @Nullable Look before) {
    long now = pipeBytes(look);
    long then = before == null ? now : pipeBytes(before);
    return Math.min(now, then) >= PIPE_BYTES_MIN ? now : 0;
  }

  private static long pipeBytes(Look look) {
    PipeUse pipes = look.pipes().value();
    return pipes == null ? 0 : Math.max(0, pipes.heldBytes());
  }

  private static Map<String, SocketRow> byName(Look look) {
    Map<String, SocketRow> rows = new HashMap<>();
    SocketUse use = look.sockets().value();
    if (use != null) {
      for (SocketRow row : use.rows()) {
        rows.put(name(row), row);
      }
    }
    return rows;
  }

  /** An inode may be used again within a watch; with the peer it is the same connection. */
  private static String name(SocketRow row) {
    return row.inode() + " " + row.peer();
  }
}
