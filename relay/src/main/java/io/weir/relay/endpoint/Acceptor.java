package io.weir.relay.endpoint;

import io.weir.relay.loop.Loop;

/** Who takes accepted connections. */
public interface Acceptor {
  /** Makes whoever looks after a new connection. Thread: {@code loop}. */
  Accepted accept(Loop loop);

  /** What is sent to a connection for which there is no descriptor left, before it is closed. */
  byte[] refusal();

  /** Bytes to ask for as the buffers of each connection, 0 for the kernel's choice. */
  int socketBufferBytes();

  /** The new owner of a connection. */
  interface Accepted extends Attendant {
    /** Takes ownership of {@code endpoint}, called once and before any {@link #ready}. */
    void own(Endpoint endpoint);
  }
}
