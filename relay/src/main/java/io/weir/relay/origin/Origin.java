package io.weir.relay.origin;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Where an origin is, as its URL says.
 *
 * @param tls whether it is spoken to over TLS (https)
 * @param host name or address, IPv6 without brackets
 * @param port 1 to 65535
 * @param target path and query as they stand in the URL, percent-encoded; at least {@code /}
 */
public record Origin(boolean tls, String host, int port, String target) {
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  /**
   * Reads an absolute http or https URL.
   *
   * @throws IllegalArgumentException with a sentence that says what is wrong and what would be
   *     right
   */
  public static Origin parse(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw wrong(url, e.getReason());
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw wrong(url, "it does not begin with http:// or https://");
    }
    String host = uri.getHost();
    if (host == null || host.isEmpty()) {
      throw wrong(url, "it has no valid host");
    }
    if (uri.getRawUserInfo() != null) {
      throw wrong(url, "it carries a user name, which would reach nobody");
    }
    if (uri.getRawFragment() != null) {
      throw wrong(url, "a fragment (#...) is not sent to an origin");
    }
    boolean tls = scheme.equals("https");
    int port = uri.getPort() == -1 ? (tls ? HTTPS_PORT : HTTP_PORT) : uri.getPort();
    if (port < 1 || port > 65535) {
      throw wrong(url, "port " + port + " is not between 1 and 65535");
    }
    if (!StandardCharsets.US_ASCII.newEncoder().canEncode(url)) {
      throw wrong(url, "characters outside ASCII must be percent-encoded");
    }
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    boolean ipv6 = host.startsWith("[");
    return new Origin(tls, ipv6 ? host.substring(1, host.length() - 1) : host, port, path + query);
  }

  private static IllegalArgumentException wrong(String url, String why) {
    return new IllegalArgumentException(
        "'" + url + "' is not a usable URL: " + why + "; expected http://HOST[:PORT][/PATH]");
  }

  /** Host and port: HOST:PORT. */
  public String place() {
    return (host.contains(":") ? "[" + host + "]:" : host + ":") + port;
  }

  /** Host and port as a Host field names them: the port only if it is not the scheme's own. */
  public String authority() {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return port == (tls ? HTTPS_PORT : HTTP_PORT) ? name : name + ":" + port;
  }

  @Override
  public String toString() {
    return (tls ? "https://" : "http://") + authority() + target;
  }
}
