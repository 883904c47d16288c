package io.weir.relay.endpoint;

/**
 * An end whose bytes can pass through a pipe, without a copy and without a look. Both ways leave
 * readiness as {@link Source} and {@link Sink} do. Thread: the loop.
 */
public interface Spliceable extends Source, Sink {
  /** The kernel does not splice this: nothing was moved. */
  int UNSUPPORTED = -3;

  /** Whether bytes may pass unseen; false for good once urgent data were announced. */
  boolean splices();

  /**
   * Consumes what has arrived into {@code pipe}, which must be empty: else a full pipe and an empty
   * source could not be told apart.
   *
   * @param lengthMax bytes at most
   * @return bytes moved, or {@link #NOTHING_YET}, {@link #END}, {@link Source#BROKEN}, {@link
   *     #UNSUPPORTED}
   */
  int spliceInto(Pipe pipe, int lengthMax);

  /**
   * Sends what is in {@code pipe}.
   *
   * @return bytes taken, fewer than were inside if the sink is full, or {@link Sink#BROKEN}, {@link
   *     #UNSUPPORTED}
   */
  int spliceFrom(Pipe pipe);

  /**
   * Bytes that a write or splice would surely take now; it may take more. 0 where that cannot be
   * told.
   */
  int roomBytes();
}
