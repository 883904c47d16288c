package io.weir.bench;

import io.weir.load.Way;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A way into a proxy: what its listener speaks, and what a client asks it for. */
enum Entrance {
  /** A reverse proxy by HTTP/1.1. */
  HTTP("http", "HTTP/1.1", false, false, Way.Through.NOTHING),
  /** The same behind TLS 1.3. */
  TLS("tls", "HTTP/1.1 over TLS 1.3", true, false, Way.Through.NOTHING),
  /** HTTP/2 by prior knowledge. */
  H2C("h2c", "HTTP/2 in clear text", false, true, Way.Through.NOTHING),
  /** HTTP/2 by ALPN. */
  H2("h2", "HTTP/2 over TLS 1.3", true, true, Way.Through.NOTHING),
  /** A forward proxy, asked in the absolute form. */
  FORWARD("forward", "forward proxy, absolute form", false, false, Way.Through.ABSOLUTE),
  /** A forward proxy, asked for a tunnel. */
  CONNECT("connect", "forward proxy, CONNECT", false, false, Way.Through.CONNECT),
  /** The same by SOCKS5. */
  SOCKS5("socks5", "SOCKS5", false, false, Way.Through.SOCKS5),
  /** Bytes of a connection to bytes of another. */
  TCP("tcp", "raw TCP", false, false, Way.Through.NOTHING);

  /** On one connection, where streams can share one and each is slow. */
  static final int STREAMS_SLOW = 100;

  /** On one connection, where each is fast: less, so that there is work for all cores. */
  static final int STREAMS_FAST = 4;

  private final String key;
  private final String title;
  private final boolean tls;
  private final boolean http2;
  private final Way.Through through;

  Entrance(String key, String title, boolean tls, boolean http2, Way.Through through) {
    this.key = key;
    this.title = title;
    this.tls = tls;
    this.http2 = http2;
    this.through = through;
  }

  /** Its name in a workload's. */
  String key() {
    return key;
  }

  String title() {
    return title;
  }

  boolean tls() {
    return tls;
  }

  boolean http2() {
    return http2;
  }

  /** Whether the proxy is told by the client where to go. */
  boolean forward() {
    return through != Way.Through.NOTHING;
  }

  /**
   * How a client comes.
   *
   * @param slow whether its bodies are
   * @param originPort where it wants to go
   */
  Way way(boolean slow, int originPort) {
    @Nullable InetSocketAddress target =
        forward() ? new InetSocketAddress(InetAddress.getLoopbackAddress(), originPort) : null;
    int streams = !http2 ? 0 : slow ? STREAMS_SLOW : STREAMS_FAST;
    return new Way(tls ? Way.Tls.V1_3 : Way.Tls.NONE, streams, through, target);
  }
}
