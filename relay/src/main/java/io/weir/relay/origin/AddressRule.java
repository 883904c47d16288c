package io.weir.relay.origin;

import java.net.InetAddress;

/**
 * Which addresses of a name may be connected to. Asked about each address right before, and that
 * address is connected to, so a name that leads elsewhere later changes nothing. Thread: the loop.
 */
@FunctionalInterface
public interface AddressRule {
  /** Every address. */
  AddressRule ANY = _ -> true;

  boolean admits(InetAddress address);
}
