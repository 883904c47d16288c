package io.weir.relay.exchange;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetSocketAddress;
import java.util.List;

/** The peers whose word on earlier hops is believed. Immutable; any thread. */
public final class TrustedProxies {
  /** Nobody is believed. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  private final List<IpSubnetFilterRule> ranges;

  private TrustedProxies(List<IpSubnetFilterRule> ranges) {
    this.ranges = ranges;
  }

  /**
   * Reads ranges such as {@code 10.0.0.0/8} or {@code fd00::/8}; a plain address is a range of one.
   *
   * @throws IllegalArgumentException naming the range that cannot be read
   */
  public static TrustedProxies of(List<String> cidrs) {
    return new TrustedProxies(cidrs.stream().map(TrustedProxies::range).toList());
  }

  private static IpSubnetFilterRule range(String cidr) {
    int slash = cidr.indexOf('/');
    try {
      String address = slash < 0 ? cidr : cidr.substring(0, slash);
      int whole = address.contains(":") ? 128 : 32;
      int prefix = slash < 0 ? whole : Integer.parseInt(cidr.substring(slash + 1));
      if (io.netty.util.NetUtil.createByteArrayFromIpAddressString(address) == null
          || prefix < 0
          || prefix > whole) {
        throw new IllegalArgumentException(cidr);
      }
      return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "'" + cidr + "' is not a range of addresses; expected e.g. 10.0.0.0/8 or fd00::/8", e);
    }
  }

  boolean trusts(InetSocketAddress peer) {
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).matches(peer)) {
        return true;
      }
    }
    return false;
  }
}
