package io.weir.load;

import io.weir.load.CommandLine.WrongUsageException;
import java.net.InetSocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How readers come to a server: what lies between their socket and their request.
 *
 * <pre>
 *   socket --> TLS, if any --> CONNECT or SOCKS to a target, if any --> HTTP/1.1, or HTTP/2 streams
 * </pre>
 *
 * <p>As text, its parts are joined by a plus: {@code plain}, {@code tls}, {@code tls1.2}, {@code
 * h2:STREAMS}, {@code absolute:HOST:PORT}, {@code connect:HOST:PORT}, {@code socks4a:HOST:PORT},
 * {@code socks5:HOST:PORT}; such as {@code tls+h2:100}.
 *
 * @param tls with the server
 * @param streams of each connection, with HTTP/2 (by ALPN, or by prior knowledge without TLS); 0
 *     for HTTP/1.1, one body a connection
 * @param through what leads to the target
 * @param target that a proxy is asked for, or null where it is not
 */
public record Way(Tls tls, int streams, Through through, @Nullable InetSocketAddress target) {
  /** HTTP/1.1 on the socket itself. */
  public static final Way PLAIN = new Way(Tls.NONE, 0, Through.NOTHING, null);

  private static final int STREAMS_MAX = 10_000;

  /** Encryption. No certificate is checked: what is tried is the load, not the trust. */
  public enum Tls {
    /** None. */
    NONE,
    /** TLS 1.2. */
    V1_2,
    /** TLS 1.3. */
    V1_3
  }

  /** What a proxy is asked in front of the first request, or with it. */
  public enum Through {
    /** Nothing. */
    NOTHING,
    /** The request names the target itself (RFC 9112, 3.2.2). */
    ABSOLUTE,
    /** A tunnel (RFC 9110, 9.3.6). */
    CONNECT,
    /** A tunnel, by name. */
    SOCKS4A,
    /** A tunnel (RFC 1928), without authentication. */
    SOCKS5
  }

  /** Refuses what does not fit together. */
  public Way {
    if ((through == Through.NOTHING) != (target == null)) {
      throw new IllegalArgumentException("a way through a proxy has a target, and no other has");
    }
    if (streams < 0 || streams > STREAMS_MAX) {
      throw new IllegalArgumentException(streams + " streams are not in 0 to " + STREAMS_MAX);
    }
    if (streams > 0 && through == Through.ABSOLUTE) {
      throw new IllegalArgumentException("the absolute form is HTTP/1.1's");
    }
  }

  /**
   * Reads its text.
   *
   * @throws IllegalArgumentException with what would be right
   */
  public static Way parse(String text) {
    Tls tls = Tls.NONE;
    int streams = 0;
    Through through = Through.NOTHING;
    InetSocketAddress target = null;
    for (String part : text.split("\\+", -1)) {
      int colon = part.indexOf(':');
      String name = colon < 0 ? part : part.substring(0, colon);
      String value = colon < 0 ? "" : part.substring(colon + 1);
      switch (name) {
        case "plain" -> {}
        case "tls" -> tls = Tls.V1_3;
        case "tls1.2" -> tls = Tls.V1_2;
        case "h2" -> streams = (int) Quantity.count(value);
        case "absolute", "connect", "socks4a", "socks5" -> {
          through = Through.valueOf(name.toUpperCase(Locale.ROOT));
          target = target(name, value);
        }
        default ->
            throw new IllegalArgumentException(
                "\""
                    + part
                    + "\" is none of plain, tls, tls1.2, h2:STREAMS, and absolute, connect,"
                    + " socks4a or socks5 with :HOST:PORT");
      }
    }
    return new Way(tls, streams, through, target);
  }

  private static InetSocketAddress target(String name, String text) {
    try {
      return CommandLine.address(name, text, -1);
    } catch (WrongUsageException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** The authority that a request is for. */
  String authority(InetSocketAddress server) {
    InetSocketAddress asked = target == null ? server : target;
    return asked.getHostString() + ":" + asked.getPort();
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    switch (tls) {
      case NONE -> {}
      case V1_2 -> text.append("tls1.2+");
      case V1_3 -> text.append("tls+");
    }
    if (streams > 0) {
      text.append("h2:").append(streams).append('+');
    }
    if (target != null) {
      text.append(through.name().toLowerCase(Locale.ROOT)).append(':');
      text.append(target.getHostString()).append(':').append(target.getPort()).append('+');
    }
    return text.isEmpty() ? "plain" : text.substring(0, text.length() - 1);
  }
}
