package io.weir.relay.forward;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that are not the public internet's: of this host, of the network that it stands in,
 * of groups, and reserved ones (IANA's registries of special-purpose addresses, RFC 6890).
 *
 * <p>Of IPv6, only what is handed out (2000::/3) is public, and the translators' prefix of NAT64.
 * Where an IPv6 address holds an IPv4 one, a router on the way takes the packet to that one, so
 * both must be public.
 */
final class SpecialAddresses {
  private static final List<AddressRange> SPECIAL =
      Stream.of(
              "0.0.0.0/8", // this host, this network
              "10.0.0.0/8", // private
              "100.64.0.0/10", // between a carrier and its customers
              "127.0.0.0/8", // loopback
              "168.63.129.16/32", // Azure's host, for its virtual machines alone
              "169.254.0.0/16", // link-local; the metadata of clouds
              "172.16.0.0/12", // private
              "192.0.0.0/24", // protocol assignments
              "192.0.2.0/24", // documentation
              "192.88.99.0/24", // relays of 6to4, no longer in use
              "192.168.0.0/16", // private
              "198.18.0.0/15", // measurements of devices
              "198.51.100.0/24", // documentation
              "203.0.113.0/24", // documentation
              "224.0.0.0/4", // multicast
              "240.0.0.0/4", // reserved, and broadcast
              "2001::/23", // protocol assignments, Teredo
              "2001:db8::/32", // documentation
              "3fff::/20", // documentation
              "::/3", // unspecified, loopback, IPv4-compatible, NAT64 of this network
              "4000::/2", // not handed out
              "8000::/2",
              "c000::/3",
              "e000::/4",
              "f000::/5",
              "f800::/6",
              "fc00::/7", // unique-local
              "fe00::/9",
              "fe80::/10", // link-local
              "fec0::/10", // site-local
              "ff00::/8") // multicast
          .map(AddressRange::parse)
          .toList();

  private static final AddressRange NAT64 = AddressRange.parse("64:ff9b::/96"); // RFC 6052
  private static final AddressRange SIX_TO_FOUR = AddressRange.parse("2002::/16"); // RFC 3056

  private SpecialAddresses() {}

  /** Whether the address, and the one that it holds, is the public internet's. */
  static boolean isPublic(InetAddress address) {
    InetAddress inside = embedded(address);
    return inside == null
        ? !isSpecial(address)
        : !isSpecial(inside) && (NAT64.holds(address) || !isSpecial(address));
  }

  private static boolean isSpecial(InetAddress address) {
    for (AddressRange range : SPECIAL) {
      if (range.holds(address)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the range lies inside one of the special ones, so that naming it means just them. What
   * is translated to IPv4 is judged by where it leads.
   */
  static boolean isSpecial(AddressRange range) {
    for (AddressRange special : SPECIAL) {
      if (special.holds(range)) {
        return !NAT64.holds(range);
      }
    }
    return false;
  }

  /** The IPv4 address that an IPv6 one of NAT64 or 6to4 leads to, or null. */
  static @Nullable InetAddress embedded(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (NAT64.holds(address)) {
      return ipv4(bytes, 12);
    }
    return SIX_TO_FOUR.holds(address) ? ipv4(bytes, 2) : null;
  }

  private static InetAddress ipv4(byte[] from, int at) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(from, at, at + 4));
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 bytes", e);
    }
  }
}
