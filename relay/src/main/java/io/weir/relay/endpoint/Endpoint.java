package io.weir.relay.endpoint;

import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.Windows;
import java.net.InetSocketAddress;

/**
 * One end of a connection on a loop: a raw descriptor, or a Netty channel where a codec is needed.
 * A pump does not know which it moves.
 *
 * <p>Thread: the loop. Owner: the one exchange, client connection or pool that attends it; the
 * owner closes it.
 */
public interface Endpoint extends Source, Sink, Windows {
  /** Names who is told of readiness from now on; it replaces the one before. */
  void attend(Attendant attendant);

  /** Closes in order: what was written still goes out. Closing twice has no effect. */
  void close();

  /** Closes at once: the peer sees a reset, what was written and not sent is dropped. */
  void reset();

  boolean open();

  /** Whether the peer has reset the connection; what arrived before can still be peeked. */
  boolean failed();

  /** What it may come to hold; it ends when the endpoint is closed. */
  SocketLease lease();

  /** The peer's address. */
  InetSocketAddress peer();
}
