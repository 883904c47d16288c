package io.weir.bench;

import io.weir.load.SelfSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** nginx, as one would configure it for streaming; raw TCP where its stream module is there. */
final class Nginx implements Peer.Recipe {
  private static final List<Path> STREAM_MODULE =
      List.of(
          Path.of("/usr/lib/nginx/modules/ngx_stream_module.so"),
          Path.of("/usr/lib64/nginx/modules/ngx_stream_module.so"));

  private static Path streamModule() {
    return STREAM_MODULE.stream()
        .filter(Files::exists)
        .findFirst()
        .orElse(STREAM_MODULE.getFirst());
  }

  @Override
  public boolean serves(Entrance entrance) {
    return switch (entrance) {
      case HTTP, TLS, H2C, H2 -> true;
      case TCP -> Files.exists(streamModule());
      case FORWARD, CONNECT, SOCKS5 -> false;
    };
  }

  @Override
  public Peer.Configuration configuration(Site site) {
    boolean root = "root".equals(System.getProperty("user.name"));
    boolean tcp = site.entrance() == Entrance.TCP;
    return new Peer.Configuration(
        "nginx.conf",
        """
        daemon off;
        %s%sworker_processes %d;
        worker_rlimit_nofile %d;
        pid nginx.pid;
        error_log nginx-error.log warn;
        events { worker_connections %d; }
        """
                .formatted(
                    tcp ? "load_module " + streamModule() + ";\n" : "",
                    root ? "user root;\n" : "",
                    site.cores(),
                    site.descriptorsMax(),
                    2 * site.connections() + 1024)
            + (tcp ? stream(site) : http(site)));
  }

  private static String stream(Site site) {
    return """
      stream {
        server {
          listen %s backlog=4096;
          proxy_pass %s;
        }
      }
      """
        .formatted(Peers.address(site.port()), Peers.address(site.originPort()));
  }

  private static String http(Site site) {
    Entrance entrance = site.entrance();
    String listen = (entrance.tls() ? " ssl" : "") + (entrance.http2() ? " http2" : "");
    String tls =
        entrance.tls()
            ? """
          ssl_certificate %s;
          ssl_certificate_key %s;
          ssl_protocols TLSv1.3;
          ssl_conf_command Ciphersuites %s;
      """
                .formatted(
                    site.pem(SelfSigned::certificate), site.pem(SelfSigned::key), Peers.CIPHER)
            : "";
    return """
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
          listen %s%s backlog=4096;
      %s    location / {
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_max_temp_file_size 0;
          }
        }
      }
      """
        .formatted(Peers.address(site.originPort()), Peers.address(site.port()), listen, tls);
  }

  @Override
  public List<String> options(Site site) {
    return List.of("-p", site.folder().toString(), "-c", "nginx.conf", "-e", "nginx-early.log");
  }
}
