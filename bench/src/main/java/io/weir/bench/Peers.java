package io.weir.bench;

import io.weir.load.SelfSigned;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that can be compared, each configured as one would for streaming: as many workers as
 * cores, connections to the origin kept alive, room for all the readers, no access log, no spilling
 * to disk. What a proxy decides by default stays as it is.
 */
final class Peers {
  /** Ours. */
  static final String OURS = "weir";

  /** The measure: what ratios refer to. */
  static final String REFERENCE = "haproxy";

  /** What all of them encrypt with: the readers offer no other. */
  static final String CIPHER = "TLS_AES_128_GCM_SHA256";

  private static final String WEIR = System.getProperty("weir.launcher", "./weir");
  private static final String HAPROXY_INSTALL = "Debian: apt-get install haproxy";

  private static final List<Peer> ALL =
      List.of(
          new Peer(OURS, "Weir", WEIR, "it is here", List.of("--version"), new Weir()),
          new Peer(
              REFERENCE,
              "HAProxy, as shipped",
              "haproxy",
              HAPROXY_INSTALL,
              List.of("-v"),
              new Haproxy("")),
          new Peer(
              "haproxy-1m",
              "HAProxy, pipes of 1 MiB",
              "haproxy",
              HAPROXY_INSTALL,
              List.of("-v"),
              new Haproxy("  tune.pipesize 1048576\n")),
          new Peer(
              "nginx",
              "nginx",
              "nginx",
              "Debian: apt-get install nginx-light",
              List.of("-v"),
              new Nginx()),
          new Peer(
              "caddy",
              "Caddy",
              "caddy",
              "Debian: apt-get install caddy",
              List.of("version"),
              new Caddy()),
          new Peer(
              "node",
              "Node.js, http and pipe",
              "node",
              "Debian: apt-get install nodejs",
              List.of("--version"),
              new Node()));

  private Peers() {}

  static List<Peer> all() {
    return ALL;
  }

  /** Those of which more than plain HTTP/1.1 is measured. */
  static List<Peer> ofPaths() {
    return ALL.stream().filter(peer -> peer.recipe().serves(Entrance.TLS)).toList();
  }

  static String address(int port) {
    return "127.0.0.1:" + port;
  }

  private static final class Weir implements Peer.Recipe {
    @Override
    public Peer.@Nullable Configuration configuration(Site site) {
      return null;
    }

    @Override
    public List<String> options(Site site) {
      String origin = address(site.originPort());
      List<String> options = new ArrayList<>(List.of("serve", "--quiet", "--no-admin"));
      switch (site.entrance()) {
        case HTTP, TLS, H2C, H2 -> options.addAll(List.of("--to", "http://" + origin));
        case FORWARD, CONNECT, SOCKS5 -> options.addAll(List.of("--forward", "--allow", origin));
        case TCP -> options.addAll(List.of("--tcp", address(site.port()) + "=" + origin));
      }
      if (site.entrance() != Entrance.TCP) {
        options.addAll(List.of("--listen", address(site.port())));
      }
      if (site.entrance().tls()) {
        options.addAll(List.of("--tls-cert", site.pem(SelfSigned::certificate)));
        options.addAll(List.of("--tls-key", site.pem(SelfSigned::key)));
      }
      options.addAll(site.weirOptions());
      return options;
    }

    @Override
    public boolean serves(Entrance entrance) {
      return true;
    }
  }

  /**
   * HAProxy with splice, which it has for this and which must be asked for.
   *
   * @param global more lines of its global section
   */
  private record Haproxy(String global) implements Peer.Recipe {
    /** Of HAProxy's own: listeners, epoll instances, pipes of its threads. */
    private static final int OWN_DESCRIPTORS = 200;

    /** Where 1,000 streams come on ten connections. */
    private static final String STREAMS =
        "  tune.h2.max-concurrent-streams " + Entrance.STREAMS_SLOW + "\n";

    private static String bind(Site site) {
      String options = " backlog 4096";
      if (site.entrance().tls()) {
        options +=
            " ssl crt %s alpn %s ssl-min-ver TLSv1.3 ciphersuites %s"
                .formatted(
                    site.pem(SelfSigned::both),
                    site.entrance().http2() ? "h2" : "http/1.1",
                    CIPHER);
      } else if (site.entrance().http2()) {
        options += " proto h2";
      }
      return address(site.port()) + options;
    }

    /** Both pipes of HAProxy as shipped, so that what is compared is compared once. */
    @Override
    public boolean serves(Entrance entrance) {
      return entrance == Entrance.HTTP || (global.isEmpty() && !entrance.forward());
    }

    @Override
    public Peer.Configuration configuration(Site site) {
      int connectionsMax = site.connectionsMax();
      // Its default, a quarter of maxconn, where the descriptors suffice; a pipe has two.
      long left = (site.descriptorsMax() - 2L * connectionsMax - OWN_DESCRIPTORS) / 2;
      long pipesMax = Math.clamp(left, 16, Math.max(64, connectionsMax / 4));
      return new Peer.Configuration(
          "haproxy.cfg",
          """
          global
            nbthread %d
            maxconn %d
            maxpipes %d
          %sdefaults
            mode %s
            option splice-response
            timeout connect 5s
            timeout client 60s
            timeout server 60s
            timeout http-keep-alive 60s
          frontend in
            bind %s
            default_backend origin
          backend origin
            server origin %s
          """
              .formatted(
                  site.cores(),
                  connectionsMax,
                  pipesMax,
                  site.entrance().http2() ? STREAMS + global : global,
                  site.entrance() == Entrance.TCP ? "tcp" : "http",
                  bind(site),
                  address(site.originPort())));
    }

    @Override
    public List<String> options(Site site) {
      return List.of("-db", "-f", site.file("haproxy.cfg").toString());
    }
  }

  private static final class Caddy implements Peer.Recipe {
    @Override
    public Peer.Configuration configuration(Site site) {
      return new Peer.Configuration(
          "Caddyfile",
          """
          {
            admin off
            auto_https off
          }
          http://:%d {
            bind 127.0.0.1
            reverse_proxy %s {
              transport http {
                keepalive_idle_conns_per_host 256
              }
            }
          }
          """
              .formatted(site.port(), address(site.originPort())));
    }

    @Override
    public List<String> options(Site site) {
      return List.of(
          "run", "--config", site.file("Caddyfile").toString(), "--adapter", "caddyfile");
    }

    @Override
    public Map<String, String> environment(Site site) {
      String folder = site.folder().toString();
      return Map.of("HOME", folder, "XDG_DATA_HOME", folder, "XDG_CONFIG_HOME", folder);
    }
  }

  private static final class Node implements Peer.Recipe {
    @Override
    public Peer.Configuration configuration(Site site) {
      return new Peer.Configuration("relay.js", NodeRelay.SCRIPT);
    }

    @Override
    public List<String> options(Site site) {
      return List.of(
          site.file("relay.js").toString(),
          Integer.toString(site.port()),
          Integer.toString(site.originPort()));
    }
  }
}
