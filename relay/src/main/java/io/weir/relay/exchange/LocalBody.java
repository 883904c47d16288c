package io.weir.relay.exchange;

import org.jspecify.annotations.Nullable;

/** The body of an answer that this process makes itself. */
public sealed interface LocalBody {
  /**
   * One that is there as a whole.
   *
   * @param bytes owned by the body; must not change
   */
  @SuppressWarnings("ArrayRecordComponent") // sent as it is, never compared
  record Whole(byte[] bytes) implements LocalBody {}

  /**
   * One that is made while it is sent. Its pieces are taken one by one, each when its client has
   * taken the one before, so that a client that does not read holds one piece and no more.
   *
   * <pre>
   *   begin() --> next() ... --> next(): empty --> end()
   *                  |                               ^
   *                  +------ the client leaves ------+
   * </pre>
   *
   * <p>Thread: the listener's loop. An answer to HEAD has only its end().
   */
  non-sealed interface Streamed extends LocalBody {
    /**
     * It is about to be sent.
     *
     * @param more has {@link #next} called again; any thread
     */
    void begin(Runnable more);

    /**
     * The next piece, which must not change afterwards: empty for the end, null where there is none
     * yet; {@code more} is then to be run when there is.
     */
    byte @Nullable [] next();

    /** It was sent, or its client has gone; called once. */
    void end();
  }
}
