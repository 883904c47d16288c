package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Greeting;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import org.jspecify.annotations.Nullable;

/**
 * Where connections of a loop are passed on to as they are. Each gets one of its own: none waits,
 * and none is used twice. Thread: the loop.
 */
final class TcpTarget implements AutoCloseable {
  private final String text;
  private final OriginPool pool;
  private final @Nullable ProxyHeaderWriter sendProxy;

  /**
   * @param sendProxy the PROXY protocol header that each connection begins with, or null
   */
  TcpTarget(
      Worker worker, Origin place, OriginSettings settings, @Nullable ProxyHeaderWriter sendProxy) {
    this.text = place.place();
    this.sendProxy = sendProxy;
    this.pool =
        new OriginPool(
            worker.loop,
            worker.governor,
            worker.raw,
            worker.settings.timeouts().sendMillis(),
            place,
            settings);
  }

  /** Makes a connection for {@code client}; {@link OriginPool#take}. */
  OriginPool.@Nullable Wait dial(Endpoint client, OriginPool.Taker taker) {
    return pool.take(taker, true, greeting(sendProxy, client));
  }

  /** What a connection begins with that is for {@code client}; null for nothing. */
  static @Nullable Greeting greeting(@Nullable ProxyHeaderWriter header, Endpoint client) {
    return header == null ? null : out -> header.write(client.peer(), client.local(), out, 0);
  }

  /** Gives up the resolver; connections in use are their exchanges'. */
  @Override
  public void close() {
    pool.close();
  }

  /** HOST:PORT. */
  @Override
  public String toString() {
    return text;
  }
}
