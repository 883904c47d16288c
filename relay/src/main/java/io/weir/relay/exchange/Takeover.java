package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;

/**
 * What passes from a client's connection to whoever recognised its first bytes: the endpoint, and
 * with it the place and, if it was taken, the least lease.
 *
 * @param from whose they were; it is over
 * @param endpoint with all that has arrived; owned by the taker
 * @param entry where the connection came in
 * @param lease the least lease, taken or not
 */
record Takeover(ClientConnection from, Endpoint endpoint, Entry entry, LeastLease lease) {}
