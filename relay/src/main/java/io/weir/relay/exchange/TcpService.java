package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import org.jspecify.annotations.Nullable;

/** Passes the connections of one loop on to one target, whatever they say. Thread: the loop. */
final class TcpService extends TunnelService {
  private final TcpTarget target;

  TcpService(
      Worker worker, Origin place, OriginSettings settings, @Nullable ProxyHeaderWriter sendProxy) {
    target = new TcpTarget(worker, place, settings, sendProxy);
  }

  @Override
  public Acceptor.Accepted accept(Worker worker, Entry entry) {
    return new TcpConnection(worker, target);
  }

  @Override
  public void close() {
    target.close();
  }
}
