package io.weir.relay.forward;

import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of this machine's interfaces. Whoever is connected to one of them reaches what
 * listens here, also what a firewall keeps from others, however public the address is.
 *
 * <p>They come and go, so they are read anew by whoever asks when what is known is older than
 * {@link #KNOWN_NANOS}; others take what is known meanwhile. With two interfaces a reading takes 50
 * µs. An address that a router translates to this machine is none of its interfaces', and unknown.
 *
 * <p>Any thread.
 */
final class OwnAddresses {
  static final long KNOWN_NANOS = 5_000_000_000L;

  static final OwnAddresses OF_THIS_MACHINE =
      new OwnAddresses(OwnAddresses::read, System::nanoTime);

  /** Where they come from: each with the network that its interface has it in. */
  @FunctionalInterface
  interface Interfaces {
    Map<InetAddress, AddressRange> read() throws SocketException;
  }

  private record Known(Map<InetAddress, AddressRange> networks, long sinceNanos) {}

  private final Interfaces interfaces;
  private final LongSupplier nanoTime;
  private final AtomicBoolean reading = new AtomicBoolean();
  private volatile Known known;

  OwnAddresses(Interfaces interfaces, LongSupplier nanoTime) {
    this.interfaces = interfaces;
    this.nanoTime = nanoTime;
    this.known = read(new Known(Map.of(), 0));
  }

  /** The network in which this machine has the address, or null if it is not its own. */
  @Nullable AddressRange network(InetAddress address) {
    Known now = known;
    boolean old = nanoTime.getAsLong() - now.sinceNanos() >= KNOWN_NANOS;
    if (old && reading.compareAndSet(false, true)) {
      try {
        now = read(now);
        known = now;
      } finally {
        reading.set(false);
      }
    }
    return now.networks().get(address);
  }

  private Known read(Known before) {
    Map<InetAddress, AddressRange> networks;
    try {
      networks = interfaces.read();
    } catch (SocketException e) {
      networks = before.networks(); // as far as anybody knows
    }
    return new Known(networks, nanoTime.getAsLong());
  }

  private static Map<InetAddress, AddressRange> read() throws SocketException {
    Map<InetAddress, AddressRange> networks = new HashMap<>();
    NetworkInterface.networkInterfaces()
        .flatMap(each -> each.getInterfaceAddresses().stream())
        .forEach(each -> networks.put(each.getAddress(), network(each)));
    return networks;
  }

  private static AddressRange network(InterfaceAddress of) {
    InetAddress address = of.getAddress();
    int whole = 8 * address.getAddress().length;
    int prefix = of.getNetworkPrefixLength();
    return AddressRange.of(address, prefix > 0 && prefix <= whole ? prefix : whole);
  }
}
