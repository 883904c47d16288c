package io.weir.relay.endpoint;

import io.weir.relay.loop.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Opens listening sockets of the kind that a group of loops can watch. */
public final class Listeners {
  private Listeners() {}

  /**
   * Binds {@code address} and accepts from now on.
   *
   * @throws IOException with a short reason, if the address cannot be bound
   */
  public static Listener listen(LoopGroup group, InetSocketAddress address, Acceptor acceptor)
      throws IOException {
    return group.raw()
        ? RawListener.listen(group, address, acceptor)
        : ChannelListener.listen(group, address, acceptor);
  }
}
