package io.weir.relay.endpoint;

import io.weir.relay.budget.Governor;
import io.weir.relay.loop.Loop;
import org.jspecify.annotations.Nullable;

/** Who takes accepted connections. */
public interface Acceptor {
  /**
   * Makes whoever looks after a new connection; null if it is to be refused. Thread: {@code loop}.
   */
  @Nullable Accepted accept(Loop loop);

  /** What leases the memory of connections on {@code loop}. */
  Governor governor(Loop loop);

  /** What a codec on each connection may hold in user space, bytes; part of its lease. */
  default int codecBytesMax() {
    return 0;
  }

  /** What is sent to a connection that is refused, before it is closed; if nothing, it is reset. */
  byte[] refusal();

  /** Connections that may wait to be accepted. */
  int backlog();

  /** The new owner of a connection. */
  interface Accepted extends Attendant {
    /** Takes ownership of {@code endpoint}, called once and before any {@link #ready}. */
    void own(Endpoint endpoint);
  }
}
