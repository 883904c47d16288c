package io.weir.relay.endpoint;

import java.net.InetSocketAddress;

/** A listening socket whose connections are spread over the loops. */
public interface Listener extends AutoCloseable {
  /** The address that is listened on, with the port that the system chose where 0 was asked for. */
  InetSocketAddress address();

  /** Stops accepting; connections that were accepted live on. Any thread; twice has no effect. */
  @Override
  void close();
}
