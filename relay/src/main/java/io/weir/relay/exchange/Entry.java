package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import java.util.List;

/**
 * What comes in at a listening address and who serves it: on one loop. A connection whose first
 * bytes are not those of an HTTP/1.1 request is taken over by the first {@link Opening} that knows
 * them; what lies within (HTTP/2 within TLS) is another entry.
 *
 * @param service what answers requests
 * @param openings other ways to begin, in the order in which they are asked
 */
record Entry(Service service, List<Opening> openings) {
  /** What accepts a connection: a client's, as a rule. */
  Acceptor.Accepted accept(Worker worker) {
    return service.accept(worker, this);
  }
}
