package io.weir.relay.endpoint;

import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.Windows;

/** Gives a new socket its lease, and applies it. Thread: the loop. */
interface Leasing {
  /**
   * The lease of a socket.
   *
   * @param userBytesMax what the endpoint may hold in user space
   */
  SocketLease lease(Windows windows, long userBytesMax);
}
