package io.weir.relay.budget;

/** The kernel's buffers of a socket, as a lease steers them. Thread: the loop of the socket. */
public interface Windows {
  /**
   * Sets what the receive buffer may take, bytes as the kernel counts them; {@link
   * WindowSizes#AUTO} leaves it to the kernel. What is in it already stays.
   */
  void limitReceive(int bytes);

  /** Sets what the send buffer may take, as {@link #limitReceive}. */
  void limitSend(int bytes);

  /** The largest segment that the peer may send, bytes. */
  int segmentBytes();

  /** Bytes written that have not reached the peer, or -1 if that cannot be told. */
  long undelivered();

  /**
   * What the kernel and the endpoint hold for this socket now, bytes: both queues with their
   * packets' overhead, and what the kernel has granted itself ahead. -1 if that cannot be told.
   */
  long heldBytes();

  /**
   * How much the peer has been told that it may send, bytes: a window once announced is not taken
   * back when the receive buffer is narrowed. 0 if that cannot be told.
   */
  long promisedBytes();

  /** What of {@link #heldBytes} has arrived and was not read; 0 if that cannot be told. */
  long receivedBytes();
}
