package io.weir.relay.exchange;

import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import io.weir.relay.sni.SniRoutes;
import io.weir.relay.tls.ServerTls;
import io.weir.relay.tls.TlsEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a listening address speaks and who serves it. Immutable; those that were made from one
 * another share the service, so an origin's idle connections serve them all.
 */
public final class EntrySettings {
  private final Service.Maker service;
  private final boolean rawOrigin;
  private final @Nullable ServerTls tls;
  private final boolean http2;
  private final TrustedProxies proxies;

  private EntrySettings(Service.Maker service, boolean rawOrigin) {
    this(service, rawOrigin, null, false, TrustedProxies.NONE);
  }

  private EntrySettings(
      Service.Maker service,
      boolean rawOrigin,
      @Nullable ServerTls tls,
      boolean http2,
      TrustedProxies proxies) {
    this.service = service;
    this.rawOrigin = rawOrigin;
    this.tls = tls;
    this.http2 = http2;
    this.proxies = proxies;
  }

  /** Whether connections to origins need no codec. */
  boolean rawOrigin() {
    return rawOrigin;
  }

  /** Requests are relayed to an origin. */
  public static EntrySettings relay(RelaySettings relay) {
    return new EntrySettings(
        worker -> new RelayService(worker, relay), relay.originSettings().tls() == null);
  }

  /** Clients are connected to the places that they name. */
  public static EntrySettings forward(ForwardSettings forward) {
    return new EntrySettings(worker -> new ForwardService(worker, forward), true);
  }

  /** Requests are answered by {@code handler}. */
  public static EntrySettings local(LocalHandler handler) {
    return new EntrySettings(worker -> new LocalService(worker, handler), true);
  }

  /** The same within TLS, or without. */
  public EntrySettings within(@Nullable ServerTls other) {
    return new EntrySettings(service, rawOrigin, other, http2, proxies);
  }

  /** The same, with HTTP/2 or without; its preface is then refused as a request is. */
  public EntrySettings http2(boolean taken) {
    return new EntrySettings(service, rawOrigin, tls, taken, proxies);
  }

  /** Whether clients must speak TLS. */
  boolean speaksTls() {
    return tls != null;
  }

  /** What a codec may hold on each connection that comes in, bytes. */
  int codecBytesMax() {
    return tls == null ? 0 : TlsEndpoint.USER_BYTES_MAX;
  }

  /**
   * Every connection is passed on to {@code target} as it is.
   *
   * @param sendProxy the PROXY protocol header that each connection to it begins with, or null
   */
  public static EntrySettings tcp(
      Origin target, OriginSettings settings, @Nullable ProxyHeaderWriter sendProxy) {
    return new EntrySettings(worker -> new TcpService(worker, target, settings, sendProxy), true);
  }

  /**
   * TLS connections are passed on as they are, by the server name that they ask for.
   *
   * @param targets by NAME, {@code *.NAME} or {@code *}
   * @param sendProxy as of {@link #tcp}
   * @throws IllegalArgumentException with a sentence about a name that is none
   */
  public static EntrySettings sni(
      Map<String, Origin> targets, OriginSettings settings, @Nullable ProxyHeaderWriter sendProxy) {
    var _ = new SniRoutes<>(targets); // refuses what is no pattern here, not on the loops
    return new EntrySettings(worker -> new SniService(worker, targets, settings, sendProxy), true);
  }

  /** The same, behind proxies that begin with a PROXY protocol header: these, and they must. */
  public EntrySettings behind(TrustedProxies trusted) {
    return new EntrySettings(service, rawOrigin, tls, http2, trusted);
  }

  /** The same on one loop. */
  Entry on(Worker worker) {
    Service serves = worker.service(service);
    List<Opening> openings = new ArrayList<>(serves.openings());
    if (http2) {
      openings.add(new Http2Opening(worker));
    }
    Entry entry = new Entry(serves, List.copyOf(openings));
    if (tls != null) {
      entry = TlsOpening.around(entry, worker, tls);
    }
    return proxies == TrustedProxies.NONE
        ? entry
        : new Entry(new ProxiedService(entry.service(), proxies), entry.openings());
  }
}
