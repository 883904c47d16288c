package io.weir.relay.exchange;

import io.weir.relay.endpoint.Sink;
import io.weir.relay.loop.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a head that its sink did not take at once. There is one in each direction of an
 * exchange, at most {@code Loop.OUT_BYTES} long, and nearly always none. Thread: the loop.
 */
final class Tail {
  /** What came of sending. */
  enum Sent {
    ALL,
    BLOCKED,
    BROKEN
  }

  private byte @Nullable [] rest;
  private int position;

  /**
   * Sends {@code from[0, length)}, behind what waits already; keeps a copy of what is not taken.
   */
  Sent send(Sink sink, Scratch from, int length, boolean more) {
    if (rest != null) {
      keep(from.bytes(), 0, length);
      return Sent.BLOCKED;
    }
    int taken = sink.writable() ? sink.write(from, 0, length, more) : 0;
    if (taken == Sink.BROKEN) {
      return Sent.BROKEN;
    }
    if (taken < length) {
      keep(from.bytes(), taken, length);
      return Sent.BLOCKED;
    }
    return Sent.ALL;
  }

  private void keep(byte[] bytes, int from, int to) {
    byte[] before = rest;
    int left = before == null ? 0 : before.length - position;
    byte[] joined = new byte[left + to - from];
    if (before != null) {
      System.arraycopy(before, position, joined, 0, left);
    }
    System.arraycopy(bytes, from, joined, left, to - from);
    rest = joined;
    position = 0;
  }

  /** Goes on sending; {@code scratch} is only passed through. */
  Sent flush(Sink sink, Scratch scratch) {
    byte[] bytes = rest;
    if (bytes == null) {
      return Sent.ALL;
    }
    while (position < bytes.length) {
      if (!sink.writable()) {
        return Sent.BLOCKED;
      }
      int length = Math.min(bytes.length - position, scratch.capacityBytes());
      System.arraycopy(bytes, position, scratch.bytes(), 0, length);
      int taken = sink.write(scratch, 0, length, false);
      if (taken == Sink.BROKEN) {
        return Sent.BROKEN;
      }
      position += taken;
    }
    rest = null;
    return Sent.ALL;
  }

  boolean empty() {
    return rest == null;
  }

  /** Drops what waits. */
  void clear() {
    rest = null;
  }

  /** Bytes that wait. */
  int heldBytes() {
    return rest == null ? 0 : rest.length - position;
  }
}
