package io.weir.relay.forward;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A range of addresses, such as {@code 10.0.0.0/8} or {@code fd00::/8}. Immutable; any thread. */
public final class AddressRange {
  private final InetAddress first;
  private final int prefix;
  private final IpSubnetFilterRule rule;

  private AddressRange(InetAddress first, int prefix) {
    this.first = first;
    this.prefix = prefix;
    this.rule = new IpSubnetFilterRule(first, prefix, IpFilterRuleType.ACCEPT);
  }

  /**
   * Reads a range; a plain address is a range of one.
   *
   * @throws IllegalArgumentException naming the range that cannot be read
   */
  public static AddressRange parse(String cidr) {
    int slash = cidr.indexOf('/');
    try {
      String address = slash < 0 ? cidr : cidr.substring(0, slash);
      boolean ipv6 = address.indexOf(':') >= 0;
      InetAddress first = ipv6 ? Place.ipv6(address) : Place.ipv4(address);
      int whole = 8 * first.getAddress().length;
      int prefix = slash < 0 ? whole : Integer.parseInt(cidr.substring(slash + 1));
      if (prefix < 0 || prefix > whole || (ipv6 && whole == 32 && slash >= 0)) {
        throw new IllegalArgumentException(cidr);
      }
      return new AddressRange(first, prefix);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + cidr + "' is not a range of addresses; expected e.g. 10.0.0.0/8 or fd00::/8", e);
    }
  }

  /** The range of the addresses that begin with the same {@code prefix} bits. */
  static AddressRange of(InetAddress address, int prefix) {
    return new AddressRange(address, prefix);
  }

  /** Whether {@code address} is in it. */
  public boolean holds(InetAddress address) {
    return rule.matches(new InetSocketAddress(address, 0));
  }

  /** Whether every address of {@code other} is in it. */
  boolean holds(AddressRange other) {
    return other.prefix >= prefix
        && other.first.getAddress().length == first.getAddress().length
        && holds(other.first);
  }

  @Override
  public String toString() {
    return first.getHostAddress() + "/" + prefix;
  }
}
