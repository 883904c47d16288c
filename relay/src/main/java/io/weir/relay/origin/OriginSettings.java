package io.weir.relay.origin;

import io.weir.relay.endpoint.Connector;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How connections to the origin are made and kept.
 *
 * @param connectTimeoutMillis for all addresses of the name together, TLS handshake included
 * @param idleTimeoutMillis how long a connection waits for its next exchange
 * @param idleConnectionsMax connections that each loop keeps waiting
 * @param connectionsMax connections that each loop opens at most; 0 for no limit
 * @param http2 whether the origin is spoken to in HTTP/2 alone: by ALPN over TLS, else without
 *     asking
 * @param tls how TLS is spoken, null for a plain origin
 * @param nameServer DNS server to ask instead of the system's, or null
 */
public record OriginSettings(
    int connectTimeoutMillis,
    int idleTimeoutMillis,
    int idleConnectionsMax,
    int connectionsMax,
    boolean http2,
    Connector.@Nullable Tls tls,
    @Nullable InetSocketAddress nameServer) {}
