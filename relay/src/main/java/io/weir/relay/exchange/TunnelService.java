package io.weir.relay.exchange;

import io.weir.relay.http1.RequestHead;

/**
 * Serves connections, not requests: each one it accepts is a {@link TunnelConnection}. Thread: the
 * loop.
 */
abstract class TunnelService implements Service {
  @Override
  public final Exchange begin(ClientConnection client, RequestHead head) {
    throw new IllegalStateException("a request to a service that takes none");
  }

  @Override
  public final boolean speaksHttp() {
    return false;
  }
}
