package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What answers the requests of one loop. Thread: the loop. */
interface Service {
  /**
   * Takes a request whose head was understood and stands in the loop's scratch space for the length
   * of this call. Either returns an exchange, or refuses by {@link ClientConnection#refuse} and
   * returns null.
   */
  @Nullable Exchange begin(ClientConnection client, RequestHead head);

  /** Whether {@link #begin} takes requests of this method. */
  default boolean takes(Method method) {
    return method != Method.TRACE && method != Method.CONNECT;
  }

  /** Whether requests name the origin that they are for, in absolute-form. */
  default boolean clientsNameOrigin() {
    return false;
  }

  /** Makes the owner of a connection that comes in at {@code entry}. */
  default Acceptor.Accepted accept(Worker worker, Entry entry) {
    return new ClientConnection(worker, entry);
  }

  /** Whether a client that is refused unseen understands an answer of HTTP; else it is reset. */
  default boolean speaksHttp() {
    return true;
  }

  /** Other ways to begin a connection than with a request. */
  default List<Opening> openings() {
    return List.of();
  }

  /** How long a client must have rested before it may be closed for one that comes. */
  default long restNanosMin() {
    return RestingClients.REST_NANOS_MIN;
  }

  /** Gives up what it holds. */
  void close();

  /** Makes the service of a loop; the same one for those that are one service. */
  interface Maker {
    Service make(Worker worker);
  }
}
