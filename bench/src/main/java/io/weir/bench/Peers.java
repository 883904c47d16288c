package io.weir.bench;

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

  private static String address(int port) {
    return "127.0.0.1:" + port;
  }

  private static final class Weir implements Peer.Recipe {
    @Override
    public Peer.@Nullable Configuration configuration(Site site) {
      return null;
    }

    @Override
    public List<String> options(Site site) {
      List<String> options = new ArrayList<>(List.of("serve", "--quiet", "--no-admin"));
      options.addAll(List.of("--to", "http://" + address(site.originPort())));
      options.addAll(List.of("--listen", address(site.port())));
      options.addAll(site.weirOptions());
      return options;
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
            mode http
            option splice-response
            timeout connect 5s
            timeout client 60s
            timeout server 60s
            timeout http-keep-alive 60s
          frontend in
            bind %s backlog 4096
            default_backend origin
          backend origin
            server origin %s
          """
              .formatted(
                  site.cores(),
                  connectionsMax,
                  pipesMax,
                  global,
                  address(site.port()),
                  address(site.originPort())));
    }

    @Override
    public List<String> options(Site site) {
      return List.of("-db", "-f", site.file("haproxy.cfg").toString());
    }
  }

  private static final class Nginx implements Peer.Recipe {
    @Override
    public Peer.Configuration configuration(Site site) {
      boolean root = "root".equals(System.getProperty("user.name"));
      return new Peer.Configuration(
          "nginx.conf",
          """
          daemon off;
          %sworker_processes %d;
          worker_rlimit_nofile %d;
          pid nginx.pid;
          error_log nginx-error.log warn;
          events { worker_connections %d; }
          http {
            access_log off;
            keepalive_requests 100000000;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            upstream origin {
              server %s;
              keepalive 64;
              keepalive_requests 100000000;
            }
            server {
              listen %s backlog=4096;
              location / {
                proxy_pass http://origin;
                proxy_http_version 1.1;
                proxy_set_header Connection "";
                proxy_max_temp_file_size 0;
              }
            }
          }
          """
              .formatted(
                  root ? "user root;\n" : "",
                  site.cores(),
                  site.descriptorsMax(),
                  2 * site.connections() + 1024,
                  address(site.originPort()),
                  address(site.port())));
    }

    @Override
    public List<String> options(Site site) {
      return List.of("-p", site.folder().toString(), "-c", "nginx.conf", "-e", "nginx-early.log");
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
