package io.weir.relay.forward;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a client wants to be connected to: a name or an address, and a port.
 *
 * <p>One place has one spelling, so that a rule cannot be passed by with another: a name is in
 * lower case and without a dot at its end, an IPv4 address has four decimal parts, and one that is
 * mapped into IPv6 is the IPv4 address. Whatever else some resolver takes for an address (127.1,
 * 0x7f.1, 2130706433) is no place.
 *
 * @param host the name, or the address as text, IPv6 without brackets
 * @param address the address, or null for a name that is still to be resolved
 * @param port 1 to 65535
 */
public record Place(String host, @Nullable InetAddress address, int port) {
  private static final int NAME_CHARS_MAX = 253;
  private static final int LABEL_CHARS_MAX = 63;
  private static final int PORT_MAX = 65_535;

  /**
   * Reads a host as a client names it.
   *
   * @param host a name, an IPv4 address, or an IPv6 address with or without brackets
   * @throws IllegalArgumentException with one clause that says what is wrong
   */
  public static Place of(String host, int port) {
    checkPort(port);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    if (bracketed || bare.indexOf(':') >= 0) {
      return of(ipv6(bare), port);
    }
    String name = name(bare);
    return endsInNumber(name) ? of(ipv4(name), port) : new Place(name, null, port);
  }

  /** A place of which the address is known. */
  public static Place of(InetAddress address, int port) {
    checkPort(port);
    try {
      // Anew from its bytes: without a zone, and a mapped address as the IPv4 one.
      InetAddress plain = InetAddress.getByAddress(address.getAddress());
      return new Place(plain.getHostAddress(), plain, port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  private static void checkPort(int port) {
    if (port < 1 || port > PORT_MAX) {
      throw new IllegalArgumentException("The port is not between 1 and 65535");
    }
  }

  /** The name in its one spelling. */
  static String name(String host) {
    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    if (name.isEmpty() || name.length() > NAME_CHARS_MAX) {
      throw new IllegalArgumentException("The host's name is empty or too long");
    }
    int label = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      label = c == '.' ? 0 : label + 1;
      boolean emptyLabel = c == '.' && (i == 0 || name.charAt(i - 1) == '.');
      if (emptyLabel || label > LABEL_CHARS_MAX || (c != '.' && !inName(c))) {
        throw new IllegalArgumentException(
            "The host is not a name of letters, digits, hyphens and dots, nor an address");
      }
    }
    return name.toLowerCase(Locale.ROOT);
  }

  private static boolean inName(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_';
  }

  /**
   * Whether some reader would take the name for an IPv4 address, in whatever spelling: no top-level
   * domain is a number (URL Standard, "ends in a number").
   */
  static boolean endsInNumber(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    boolean hex = last.startsWith("0x");
    for (int i = hex ? 2 : 0; i < last.length(); i++) {
      if (Character.digit(last.charAt(i), hex ? 16 : 10) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Four decimal parts without leading zeros, which some read as octal. */
  static InetAddress ipv4(String text) {
    String[] parts = text.split("\\.", -1);
    byte[] bytes = new byte[4];
    for (int i = 0; i < bytes.length; i++) {
      int part = parts.length == bytes.length ? part(parts[i]) : -1;
      if (part < 0) {
        throw new IllegalArgumentException(
            "The host ends in a number but is not an IPv4 address of four decimal parts");
      }
      bytes[i] = (byte) part;
    }
    return address(bytes);
  }

  private static int part(String text) {
    boolean plain =
        !text.isEmpty()
            && text.length() <= 3
            && (text.length() == 1 || text.charAt(0) != '0')
            && text.chars().allMatch(c -> c >= '0' && c <= '9');
    int value = plain ? Integer.parseInt(text) : -1;
    return value <= 255 ? value : -1;
  }

  /** An IPv6 address without a zone, which would name an interface of this machine. */
  static InetAddress ipv6(String text) {
    try {
      if (text.indexOf('%') < 0 && text.indexOf('[') < 0) {
        return Inet6Address.ofLiteral(text);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("The host is not an IPv6 address", e);
    }
    throw new IllegalArgumentException("The host is not an IPv6 address without a zone");
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 bytes", e);
    }
  }

  /** Host and port, IPv6 in brackets. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]:" : host + ":") + port;
  }
}
