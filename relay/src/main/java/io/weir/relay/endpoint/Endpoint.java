package io.weir.relay.endpoint;

import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.Windows;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One end of a connection on a loop: a raw descriptor, a Netty channel where there is no epoll, or
 * a codec on one of these. A pump does not know which it moves.
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

  /**
   * From now on the peer sees a reset whoever closes this, were it the end of the process: {@link
   * #close} is {@link #reset}. What was written goes out until then. No effect on a stream, which
   * is reset anyway where its message is not whole.
   */
  default void breakAtEnd() {}

  boolean open();

  /**
   * Has the kernel ask the peer, whenever nothing has come from it for {@code silentMillis},
   * whether it is there (TCP's keep-alive); one that says no, or says nothing five times, has
   * {@link #failed}.
   *
   * @return whether that will be told, also once the peer has ended its side
   */
  default boolean probe(int silentMillis) {
    return false;
  }

  /** Whether the peer has reset the connection; what arrived before can still be peeked. */
  boolean failed();

  /** What it may come to hold; it ends when the endpoint is closed. */
  SocketLease lease();

  /** What became of TLS, or null where none is spoken. */
  default @Nullable TlsState tls() {
    return null;
  }

  /** The peer's address, or that of whoever is behind it: see {@link #announce}. */
  InetSocketAddress peer();

  /** Where the peer has connected to; 0.0.0.0:0 where that is not known. */
  default InetSocketAddress local() {
    return new InetSocketAddress(0);
  }

  /**
   * From now on {@link #peer} and {@link #local} are those of another connection: the peer is a
   * proxy, and has said for whom it speaks. Only for sockets, not for what is spoken on them.
   */
  default void announce(InetSocketAddress source, InetSocketAddress destination) {
    throw new UnsupportedOperationException("an endpoint that is no socket");
  }
}
