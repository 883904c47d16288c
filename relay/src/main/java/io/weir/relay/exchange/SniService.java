package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import io.weir.relay.sni.SniRoutes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Passes the TLS connections of one loop on to the target that their server name leads to, without
 * a key or a look inside. Thread: the loop.
 */
final class SniService extends TunnelService {
  private final Map<Origin, TcpTarget> targets = new HashMap<>();
  private final SniRoutes<TcpTarget> routes;

  SniService(
      Worker worker,
      Map<String, Origin> byPattern,
      OriginSettings settings,
      @Nullable ProxyHeaderWriter sendProxy) {
    Map<String, TcpTarget> found = new HashMap<>();
    byPattern.forEach(
        (pattern, place) ->
            found.put(
                pattern,
                targets.computeIfAbsent(
                    place, each -> new TcpTarget(worker, each, settings, sendProxy))));
    routes = new SniRoutes<>(found);
  }

  @Override
  public Acceptor.Accepted accept(Worker worker, Entry entry) {
    return new SniConnection(worker, routes);
  }

  @Override
  public void close() {
    targets.values().forEach(TcpTarget::close);
  }
}
