package io.weir.load;

import java.nio.ByteBuffer;

/**
 * Finds the bytes of a message body among its framing, in place (RFC 9112, 6 and 7.1).
 *
 * <pre>
 *   sized:    DATA(length) ------------------------------------------> END
 *   chunked:  SIZE -> [EXTENSION] -> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE
 *                                       | size 0
 *                                       v
 *                                    TRAILER -> (line) TRAILER | (blank line) END
 * </pre>
 *
 * <p>Strict where it is cheap: line ends are CR LF, a size has 1 to 15 hexadecimal digits. One
 * thread; no garbage.
 */
final class BodyDecoder {
  /** Length of a body that ends when its connection does. */
  static final long UNTIL_CLOSE = Long.MAX_VALUE;

  private static final int SIZE_DIGITS_MAX = 15;

  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    END
  }

  private final boolean chunked;
  private State state;
  private long left;
  private int digits;
  private boolean trailerLineHasBytes;
  private final boolean untilClose;

  private BodyDecoder(boolean chunked, long length) {
    this.chunked = chunked;
    this.left = length;
    this.untilClose = length == UNTIL_CLOSE;
    this.state = chunked ? State.SIZE : length == 0 ? State.END : State.DATA;
  }

  static BodyDecoder chunked() {
    return new BodyDecoder(true, 0);
  }

  static BodyDecoder sized(long length) {
    return new BodyDecoder(false, length);
  }

  /** Says whether the body is complete; one that lasts until the close never is. */
  boolean ended() {
    return state == State.END;
  }

  boolean untilClose() {
    return untilClose;
  }

  /**
   * Goes over framing until there are bytes of the body.
   *
   * @param in borrowed; its position moves over framing only
   * @return how many bytes from the position on belong to the body, to be taken by {@link #took}; 0
   *     if the body has ended or {@code in} is used up
   */
  int next(ByteBuffer in) throws BadMessageException {
    while (in.hasRemaining() && state != State.END) {
      if (state == State.DATA) {
        return (int) Math.min(left, in.remaining());
      }
      frame(in.get());
    }
    return 0;
  }

  /** Tells that the caller moved past {@code length} bytes that {@link #next} had announced. */
  void took(int length) {
    if (untilClose) {
      return;
    }
    left -= length;
    if (left == 0) {
      state = chunked ? State.DATA_CR : State.END;
    }
  }

  private void frame(byte b) throws BadMessageException {
    switch (state) {
      case SIZE -> size(b);
      case EXTENSION -> state = b == '\r' ? State.SIZE_LF : State.EXTENSION;
      case SIZE_LF -> {
        expect(b, '\n');
        trailerLineHasBytes = false;
        state = left == 0 ? State.TRAILER : State.DATA;
      }
      case DATA_CR -> {
        expect(b, '\r');
        state = State.DATA_LF;
      }
      case DATA_LF -> {
        expect(b, '\n');
        digits = 0;
        state = State.SIZE;
      }
      case TRAILER -> trailer(b);
      case DATA, END -> throw new IllegalStateException("no framing in " + state);
    }
  }

  private void size(byte b) throws BadMessageException {
    int digit = Character.digit(b, 16);
    if (digit >= 0 && digits < SIZE_DIGITS_MAX) {
      left = left * 16 + digit;
      digits++;
    } else if (digits > 0 && b == '\r') {
      state = State.SIZE_LF;
    } else if (digits > 0 && (b == ';' || b == ' ')) {
      state = State.EXTENSION;
    } else {
      throw new BadMessageException("byte " + b + " in a chunk size");
    }
  }

  private void trailer(byte b) {
    if (b == '\n') {
      state = trailerLineHasBytes ? State.TRAILER : State.END;
      trailerLineHasBytes = false;
    } else if (b != '\r') {
      trailerLineHasBytes = true;
    }
  }

  private static void expect(byte b, char wanted) throws BadMessageException {
    if (b != wanted) {
      throw new BadMessageException("byte " + b + " where a chunk's line end should be");
    }
  }
}
