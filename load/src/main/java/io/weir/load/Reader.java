package io.weir.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;

/**
 * One download of {@link Readers}: how far it is, and what it is checked by. Confined to the
 * readers' thread.
 */
abstract sealed class Reader permits Http1Reader, Http2Reader {
  /** When its next turn is; kept by {@link Readers}. */
  long dueNanos;

  /** Among all of {@link Readers}. */
  final int place;

  final Readers readers;
  private long position;
  private long bytes;
  private long requestNanos;
  private long endNanos;

  Reader(Readers readers, int place) {
    this.readers = readers;
    this.place = place;
  }

  /** Begins; {@link Readers} is told when the request is sent, or why it cannot be. */
  abstract void begin(Selector selector);

  /**
   * Takes its turn: reads what is there, at most so much.
   *
   * @param bytesMax {@link Integer#MAX_VALUE} where it has no rate
   * @return true if the body is complete
   * @throws BadMessageException for the peer's fault, in words that are the same for all readers
   */
  abstract boolean read(int bytesMax) throws IOException;

  /** Gives back all it has. */
  abstract void release();

  /** Says that the request is sent. */
  final void asked() {
    requestNanos = System.nanoTime();
    readers.asked(this);
  }

  /** Whether its request was sent. */
  final boolean hasAsked() {
    return requestNanos != 0;
  }

  /** Whether it is over. */
  final boolean over() {
    return endNanos != 0;
  }

  /**
   * Checks a status, and where the body begins in the sequence.
   *
   * @param range of Content-Range, or null
   */
  final void begins(String status, @Nullable String range) throws BadMessageException {
    if (!status.equals("200") && !status.equals("206")) {
      throw new BadMessageException("status " + status);
    }
    if (range != null) {
      int dash = range.indexOf('-');
      try {
        position = Quantity.count(range.substring("bytes ".length(), dash));
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new BadMessageException("Content-Range " + range);
      }
    }
  }

  /** Checks a part of the body, from the buffer's position to its limit, where it then is. */
  final void check(ByteBuffer part) throws BadMessageException {
    if (readers.sequence.mismatch(part, position) >= 0) {
      throw new BadMessageException("wrong byte");
    }
    position += part.remaining();
    part.position(part.limit());
  }

  /** Counts bytes that were right and have been read. */
  final void count(long length) {
    bytes += length;
    readers.bytes.addAndGet(length);
  }

  /** Returns its rate since its request, or -1 if it never was sent. */
  final long bytesPerSecond(long nowNanos) {
    if (requestNanos == 0) {
      return -1;
    }
    long nanos = Math.max(1, (endNanos == 0 ? nowNanos : endNanos) - requestNanos);
    return (long) (bytes * 1e9 / nanos);
  }

  /** Ends it, once. */
  final void close(long nowNanos) {
    if (endNanos == 0) {
      endNanos = nowNanos;
      release();
    }
  }
}
