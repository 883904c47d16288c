package io.weir.server;

import io.weir.admin.AdminAccess;
import io.weir.relay.exchange.EntrySettings;
import io.weir.relay.exchange.ForwardSettings;
import io.weir.relay.exchange.RelaySettings;
import io.weir.relay.exchange.ServerSettings;
import io.weir.relay.exchange.TrustedProxies;
import io.weir.relay.tls.ServerTls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about a relay.
 *
 * @param listen where requests are taken; empty where there are none
 * @param plainListen where they are taken too, without TLS
 * @param admin where the admin pages are, or null for none
 * @param access who may ask the admin pages what
 * @param server the relay's listener; its log is set at the start
 * @param relay where requests go, and how; null if clients name the origin
 * @param forward how clients that do are served; null if they do not
 * @param tls what is spoken to clients, or null for no TLS
 * @param http2 whether clients may speak HTTP/2
 * @param tunnels where connections are passed on as they are; if there is neither an origin nor a
 *     forward proxy, at least one
 * @param proxies of whom a PROXY protocol header is taken, and wanted
 * @param accessLog where exchanges are written down, or null for nowhere
 * @param drainMillis how long exchanges may go on after the signal to end
 * @param origin the origin as the line at the start names it
 * @param plan what becomes of the memory; the listener's settings are made from it
 */
public record ServeSettings(
    List<ListenAddress> listen,
    List<ListenAddress> plainListen,
    @Nullable ListenAddress admin,
    AdminAccess access,
    ServerSettings server,
    @Nullable RelaySettings relay,
    @Nullable ForwardSettings forward,
    ServerTls.@Nullable Settings tls,
    boolean http2,
    List<TunnelAddress> tunnels,
    TrustedProxies proxies,
    @Nullable AccessLogTarget accessLog,
    int drainMillis,
    String origin,
    MemoryPlan plan) {
  /** What the addresses serve, within TLS if there is any; or the first of those for tunnels. */
  EntrySettings main(@Nullable ServerTls with) {
    EntrySettings main;
    if (forward != null) {
      main = EntrySettings.forward(forward).within(with).http2(http2);
    } else if (relay != null) {
      main = EntrySettings.relay(relay).within(with).http2(http2);
    } else {
      main = tunnels.getFirst().speaks();
    }
    return main.behind(proxies);
  }

  /** What connections to {@code tunnel} are led to. */
  EntrySettings entry(TunnelAddress tunnel) {
    return tunnel.speaks().behind(proxies);
  }

  /** The same with the admin pages elsewhere. */
  public ServeSettings withAdmin(ListenAddress elsewhere) {
    return new ServeSettings(
        listen,
        plainListen,
        elsewhere,
        access,
        server,
        relay,
        forward,
        tls,
        http2,
        tunnels,
        proxies,
        accessLog,
        drainMillis,
        origin,
        plan);
  }
}
