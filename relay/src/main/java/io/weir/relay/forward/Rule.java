package io.weir.relay.forward;

import java.net.IDN;
import java.net.InetAddress;

/**
 * One {@code --allow} or {@code --deny}: places by name or by address, and by port.
 *
 * @param ports all of them where the rule names none
 */
record Rule(Hosts hosts, Ports ports) {
  /** Which hosts. */
  sealed interface Hosts {}

  /** Every host: {@code *}. */
  record Any() implements Hosts {}

  /** One name. */
  record Exactly(String name) implements Hosts {}

  /** Every name below a domain: {@code *.example.com}; {@code suffix} begins with the dot. */
  record Below(String suffix) implements Hosts {}

  /** Addresses, however the client came to them; {@code special} as SpecialAddresses has it. */
  record Within(AddressRange range, boolean special) implements Hosts {}

  /**
   * Reads {@code HOST}, {@code *.HOST}, {@code *}, an address or a range in CIDR form, each with an
   * optional {@code :PORT}, {@code :FIRST-LAST} or {@code :*}.
   *
   * @throws IllegalArgumentException with a sentence that says what would be right
   */
  static Rule parse(String text) {
    try {
      int colon = portColon(text);
      String hosts = colon < 0 ? text : text.substring(0, colon);
      return new Rule(hosts(hosts), colon < 0 ? Ports.ALL : Ports.parse(text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a rule; expected HOST, *.HOST, *, an address such as 192.0.2.1 or"
              + " [2001:db8::1], or a range such as 10.0.0.0/8 or [fd00::/8], each with an optional"
              + " :PORT, :FIRST-LAST or :*",
          e);
    }
  }

  /** Where the colon before the port is, or -1: those of an IPv6 address are none. */
  private static int portColon(String text) {
    int from = Math.max(text.indexOf(']'), text.indexOf('/'));
    int colon = text.indexOf(':', Math.max(from, 0));
    return from < 0 && colon != text.lastIndexOf(':') ? -1 : colon;
  }

  private static Hosts hosts(String text) {
    if (text.equals("*")) {
      return new Any();
    }
    if (text.startsWith("*.")) {
      String name = name(text.substring(2));
      if (Place.endsInNumber(name)) {
        throw new IllegalArgumentException(text);
      }
      return new Below("." + name);
    }
    String bare = unbracketed(text);
    if (bare.indexOf(':') < 0 && bare.indexOf('/') < 0) {
      String name = name(bare);
      if (!Place.endsInNumber(name)) {
        return new Exactly(name);
      }
      bare = name;
    }
    AddressRange range = AddressRange.parse(bare);
    return new Within(range, SpecialAddresses.isSpecial(range));
  }

  /** {@code [fd00::1]}, {@code [fd00::/8]} or {@code [fd00::]/8} without its brackets. */
  private static String unbracketed(String text) {
    int end = text.indexOf(']');
    if (!text.startsWith("[")) {
      return text;
    }
    String inside = text.substring(1, Math.max(1, end));
    if (inside.indexOf(':') < 0) {
      throw new IllegalArgumentException(text);
    }
    return inside + text.substring(end + 1);
  }

  /** In the form that clients send: lower case, ASCII (RFC 5890). */
  private static String name(String text) {
    return Place.name(IDN.toASCII(text));
  }

  /** Whether the port is one of the rule's: where it names none, all are. */
  boolean coversPort(int port) {
    return ports.hold(port);
  }

  /** Whether the rule is about the place by its name; what is about addresses is not. */
  boolean coversName(Place place) {
    return switch (hosts) {
      case Any() -> true;
      case Exactly(String name) -> place.host().equals(name);
      case Below(String suffix) -> place.address() == null && place.host().endsWith(suffix);
      case Within _ -> false;
    };
  }

  /** Whether the rule is about the address. */
  boolean coversAddress(InetAddress address) {
    return hosts instanceof Within within && within.range.holds(address);
  }
}
