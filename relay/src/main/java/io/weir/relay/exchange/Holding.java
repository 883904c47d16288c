package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;

/**
 * What one socket may hold and does hold.
 *
 * @param leaseBytes its lease, the least included
 * @param heldBytes what is in the kernel for it, or -1 if that cannot be told
 */
record Holding(long leaseBytes, long heldBytes) {
  static Holding of(Endpoint endpoint) {
    long held = endpoint.heldBytes(); // before the lease, which other threads never change
    return new Holding(endpoint.lease().bytes(), held);
  }
}
