package io.weir.server;

import io.weir.admin.AdminAccess;
import io.weir.relay.exchange.RelaySettings;
import io.weir.relay.exchange.ServerSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about a relay.
 *
 * @param listen where the relay listens; at least one
 * @param admin where the admin pages are, or null for none
 * @param access who may ask the admin pages what
 * @param server the relay's listener; its log is set at the start
 * @param relay where requests go, and how
 * @param accessLog where exchanges are written down, or null for nowhere
 * @param drainMillis how long exchanges may go on after the signal to end
 * @param origin the origin as the line at the start names it
 * @param plan what becomes of the memory; the listener's settings are made from it
 */
public record ServeSettings(
    List<ListenAddress> listen,
    @Nullable ListenAddress admin,
    AdminAccess access,
    ServerSettings server,
    RelaySettings relay,
    @Nullable AccessLogTarget accessLog,
    int drainMillis,
    String origin,
    MemoryPlan plan) {
  /** The same with the admin pages elsewhere. */
  public ServeSettings withAdmin(ListenAddress elsewhere) {
    return new ServeSettings(
        listen, elsewhere, access, server, relay, accessLog, drainMillis, origin, plan);
  }
}
