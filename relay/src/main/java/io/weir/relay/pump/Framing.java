package io.weir.relay.pump;

/**
 * Tells a pump which of the bytes that have arrived belong to the body and how they go on: as they
 * are, without their chunk framing, or with a new one.
 *
 * <p>The pump shows it what was peeked, from the first byte that was not consumed. The framing
 * names one <em>piece</em> for the sink, the pump says how much of it the sink took, and the
 * framing answers how many bytes of the source that settles:
 *
 * <pre>
 *   from                                        to
 *   | chunk framing | data data data | ...                  peeked, consumed only by sent()
 *        |  prefix  | data data data |                      the piece: [start, end) of the array
 *        \__________________/  the sink took k bytes  -->  sent(k)  -->  bytes of the source to skip
 * </pre>
 *
 * A prefix is written over bytes in front of the data that have been understood already, at worst
 * into the headroom. Between calls nothing is kept but numbers. Thread: the loop.
 */
public abstract class Framing {
  /** What {@link #frame} found. */
  public enum Found {
    /** There is a piece to send, possibly an empty one; {@link #sent} must follow. */
    PIECE,
    /** What is there ends before anything can be said of it. */
    NEED_MORE,
    /** The source broke the rules of its framing, or ended too early. */
    MALFORMED
  }

  /** The piece in the array that {@link #frame} was given; valid until the next call. */
  protected int start;

  /** End of the piece, exclusive. */
  protected int end;

  /**
   * Looks at {@code bytes[from, to)}, the next bytes of the source that were not consumed.
   *
   * @param sourceEnded whether nothing can follow {@code to}
   */
  protected abstract Found frame(byte[] bytes, int from, int to, boolean sourceEnded);

  /**
   * The sink took the first {@code taken} bytes of the piece.
   *
   * @return bytes of the source, counted from {@code from}, that are settled by that
   */
  protected abstract int sent(int taken);

  /** Whether {@link #unseenBytes} could ever be so many; asked before the first byte. */
  protected boolean mayPass(long bytes) {
    return false;
  }

  /**
   * How many of the next bytes of the source go on as they are, whatever they are; 0 where they
   * must be looked at.
   */
  protected long unseenBytes() {
    return 0;
  }

  /**
   * The sink took the next {@code taken} bytes of the source, as they are and without {@link
   * #frame}.
   *
   * @param taken {@link #unseenBytes} at most
   */
  protected void passed(int taken) {
    if (taken > 0) {
      throw new IllegalStateException("bytes passed that must be looked at");
    }
  }

  /** Whether the body is over and all of it was sent. */
  public abstract boolean over();

  /** Whether there are bytes to send for which the source is not needed any more. */
  protected boolean owes() {
    return false;
  }

  /** What the source did wrong, after {@link Found#MALFORMED}; one clause for the log. */
  public abstract String fault();
}
