package io.weir.relay.forward;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/** Rules on a machine that has an address of the test's choice. */
public final class OwnRules {
  private OwnRules() {}

  /**
   * Reads rules.
   *
   * @param own the machine's one address with its network, such as {@code 8.8.4.4/24}
   */
  public static Rules of(String own, List<String> allow, List<String> deny) {
    InetAddress address = InetAddress.ofLiteral(own.substring(0, own.indexOf('/')));
    Map<InetAddress, AddressRange> networks = Map.of(address, AddressRange.parse(own));
    return Rules.of(allow, deny, new OwnAddresses(() -> networks, () -> 0));
  }
}
