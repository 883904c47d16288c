package io.weir.relay.origin;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses of a name may be connected to. Asked about each address right before, and that
 * address is connected to, so a name that leads elsewhere later changes nothing. Thread: the loop.
 */
@FunctionalInterface
public interface AddressRule {
  /** Every address. */
  AddressRule ANY = _ -> null;

  /** Null if it may be connected to; else what is to be said of it, or empty if nothing is. */
  @Nullable String refusal(InetAddress address);
}
