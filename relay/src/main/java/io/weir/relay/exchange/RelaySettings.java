package io.weir.relay.exchange;

import io.weir.relay.http1.UpstreamPolicy;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginSettings;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import org.jspecify.annotations.Nullable;

/**
 * How requests are relayed.
 *
 * @param origin where they go
 * @param originSettings how connections to it are made and kept
 * @param upstream what is said to it
 * @param readOnly whether only GET and HEAD are served (a single resource)
 * @param bodyBytesMax longest request body, -1 for no limit
 * @param trusted whose X-Forwarded fields are believed
 * @param sendProxy the PROXY protocol header that each connection to the origin begins with, or
 *     null for none; then it serves one request
 */
public record RelaySettings(
    Origin origin,
    OriginSettings originSettings,
    UpstreamPolicy upstream,
    boolean readOnly,
    long bodyBytesMax,
    TrustedProxies trusted,
    @Nullable ProxyHeaderWriter sendProxy) {
  /** Without a PROXY protocol header. */
  public RelaySettings(
      Origin origin,
      OriginSettings originSettings,
      UpstreamPolicy upstream,
      boolean readOnly,
      long bodyBytesMax,
      TrustedProxies trusted) {
    this(origin, originSettings, upstream, readOnly, bodyBytesMax, trusted, null);
  }
}
