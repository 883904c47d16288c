package io.weir.relay.proxyprotocol;

import io.weir.relay.proxyprotocol.ProxyHeader.Complete;
import io.weir.relay.proxyprotocol.ProxyHeader.Incomplete;
import io.weir.relay.proxyprotocol.ProxyHeader.Malformed;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The line of text. */
final class Version1 {
  /** With its CRLF; section 2.1. */
  static final int BYTES_MAX = 107;

  private Version1() {}

  static ProxyHeader read(byte[] b, int from, int to) {
    int stop = Math.min(to, from + BYTES_MAX);
    int end = from;
    while (end < stop && b[end] != '\r') {
      if (b[end] == '\n' || b[end] < ' ') {
        return new Malformed("The PROXY line holds a byte that is none of its text");
      }
      end++;
    }
    if (end + 1 >= from + BYTES_MAX) {
      return new Malformed("The PROXY line has no end within 107 bytes");
    }
    if (end + 1 >= to) {
      return new Incomplete();
    }
    if (b[end + 1] != '\n') {
      return new Malformed("The PROXY line ends without CRLF");
    }
    int length = end + 2 - from;
    String line = new String(b, from, end - from, StandardCharsets.US_ASCII);
    return line.equals("PROXY UNKNOWN") || line.startsWith("PROXY UNKNOWN ")
        ? new Complete(length, null, null)
        : addresses(line, length);
  }

  private static ProxyHeader addresses(String line, int length) {
    String[] words = line.split(" ", -1);
    boolean ipv6 = words[1].equals("TCP6");
    if (words.length != 6 || (!ipv6 && !words[1].equals("TCP4"))) {
      return new Malformed("The PROXY line is not TCP4 or TCP6, two addresses and two ports");
    }
    InetAddress source = address(words[2], ipv6);
    InetAddress destination = address(words[3], ipv6);
    int sourcePort = port(words[4]);
    int destinationPort = port(words[5]);
    if (source == null || destination == null || sourcePort < 0 || destinationPort < 0) {
      return new Malformed("The PROXY line has an address or a port that is none");
    }
    return new Complete(
        length,
        new InetSocketAddress(source, sourcePort),
        new InetSocketAddress(destination, destinationPort));
  }

  private static @Nullable InetAddress address(String text, boolean ipv6) {
    try {
      if (ipv6) {
        return text.indexOf(':') >= 0 && text.indexOf('%') < 0
            ? Inet6Address.ofLiteral(text)
            : null;
      }
      String[] parts = text.split("\\.", -1);
      for (String part : parts) {
        if (number(part, 255) < 0) {
          return null;
        }
      }
      return parts.length == 4 ? Inet4Address.ofLiteral(text) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int port(String text) {
    return number(text, 65_535);
  }

  /** Digits without leading zeros, or -1. */
  private static int number(String text, int max) {
    if (text.isEmpty() || text.length() > 5 || (text.length() > 1 && text.charAt(0) == '0')) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    int value = Integer.parseInt(text);
    return value <= max ? value : -1;
  }
}
