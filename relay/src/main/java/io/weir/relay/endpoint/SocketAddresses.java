package io.weir.relay.endpoint;

import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Socket addresses as the kernel lays them out: sockaddr_in (ip(7)) and sockaddr_in6 (ipv6(7)).
 *
 * <pre>
 *   sockaddr_in    family 2 | port 2 | address 4  | zero 8
 *   sockaddr_in6   family 2 | port 2 | flow 4     | address 16 | scope 4
 * </pre>
 *
 * The family is in host order (little-endian on every platform that has these endpoints), port and
 * address in network order.
 */
final class SocketAddresses {
  static final int BYTES_MAX = 28;
  private static final int IPV4_BYTES = 16;

  private SocketAddresses() {}

  static int family(InetAddress address) {
    return address instanceof Inet6Address ? Libc.AF_INET6 : Libc.AF_INET;
  }

  /** A new heap segment that holds {@code address}. */
  static MemorySegment encode(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    byte[] raw = ip.getAddress();
    boolean ipv6 = ip instanceof Inet6Address;
    byte[] to = new byte[ipv6 ? BYTES_MAX : IPV4_BYTES];
    to[0] = (byte) family(ip);
    to[2] = (byte) (address.getPort() >> 8);
    to[3] = (byte) address.getPort();
    System.arraycopy(raw, 0, to, ipv6 ? 8 : 4, raw.length);
    if (ip instanceof Inet6Address scoped) {
      int scope = scoped.getScopeId();
      for (int i = 0; i < 4; i++) {
        to[24 + i] = (byte) (scope >> (8 * i));
      }
    }
    return MemorySegment.ofArray(to);
  }

  /** Reads what the kernel has written; an IPv4-mapped IPv6 address becomes IPv4. */
  static InetSocketAddress decode(byte[] from) {
    int port = (from[2] & 0xff) << 8 | (from[3] & 0xff);
    boolean ipv6 = from[0] == Libc.AF_INET6;
    byte[] raw = ipv6 ? Arrays.copyOfRange(from, 8, 24) : Arrays.copyOfRange(from, 4, 8);
    try {
      return new InetSocketAddress(InetAddress.getByAddress(raw), port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  /** The address that a socket is bound to; getsockname(2). */
  static InetSocketAddress local(int fd) {
    byte[] address = new byte[BYTES_MAX];
    int[] length = {address.length};
    Libc.localAddress(fd, MemorySegment.ofArray(address), MemorySegment.ofArray(length));
    return decode(address);
  }
}
