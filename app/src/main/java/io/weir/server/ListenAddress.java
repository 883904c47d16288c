package io.weir.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code --listen} names: {@code 3001}, {@code 127.0.0.1:3001}, {@code [::]:3001}, or {@code
 * localhost:3001}, which is every address of that name.
 *
 * @param text as the user wrote it
 * @param sockets at least one; port 0 lets the system choose
 */
public record ListenAddress(String text, List<InetSocketAddress> sockets) {
  private static final int PORT_MAX = 65535;

  /**
   * Reads one. A name is looked up, an address is not.
   *
   * @throws IllegalArgumentException with what would be right
   */
  public static ListenAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    int port = port(text, colon);
    String host = colon < 0 ? "127.0.0.1" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.isEmpty() || host.indexOf(':') >= 0) {
      throw wrong(text);
    }
    ArrayList<InetSocketAddress> sockets = new ArrayList<>();
    for (InetAddress address : addresses(text, host)) {
      sockets.add(new InetSocketAddress(address, port));
    }
    return new ListenAddress(text, sockets);
  }

  private static int port(String text, int colon) {
    try {
      int port = Integer.parseInt(text, colon + 1, text.length(), 10);
      if (port >= 0 && port <= PORT_MAX && text.charAt(colon + 1) != '+') {
        return port;
      }
    } catch (NumberFormatException e) {
      throw wrong(text);
    }
    throw wrong(text);
  }

  private static InetAddress[] addresses(String text, String host) {
    try {
      return new InetAddress[] {InetAddress.ofLiteral(host)};
    } catch (IllegalArgumentException e) {
      return lookUp(text, host);
    }
  }

  private static InetAddress[] lookUp(String text, String host) {
    try {
      return InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "'" + text + "': the name " + host + " has no address on this machine", e);
    }
  }

  private static IllegalArgumentException wrong(String text) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is not [HOST:]PORT, such as 3001, 0.0.0.0:3001, [::]:3001 or localhost:3001");
  }

  /** The address as a URL and a log name it: IPv6 in brackets. */
  public static String text(InetSocketAddress socket) {
    String host = socket.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]:" : host + ":") + socket.getPort();
  }
}
