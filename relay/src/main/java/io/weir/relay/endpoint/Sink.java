package io.weir.relay.endpoint;

import io.weir.relay.loop.Scratch;

/** Where a flow's bytes go. Thread: the loop. */
public interface Sink {
  /** {@link #write}: the peer is gone. */
  int BROKEN = -2;

  /**
   * Hands over as many bytes as the sink can take now; they are copied before the call returns.
   *
   * @param more whether more bytes follow at once, so that a short packet need not leave yet
   * @return bytes taken, fewer than {@code length} if the sink is full (readiness will be told), or
   *     {@link #BROKEN}
   */
  int write(Scratch from, int offset, int length, boolean more);

  /** Ends this side: the peer sees the end of the stream after the last byte. */
  void finish();

  /** Whether a {@link #write} could take something. False after one that took less than given. */
  boolean writable();

  /**
   * Bytes that were taken but have not reached the peer, or -1 if that cannot be told. It falls
   * while a slow peer reads, although nothing new can be written yet.
   */
  long undelivered();
}
