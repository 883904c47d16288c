package io.weir.relay.proxyprotocol;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Writes what {@link ProxyHeader} reads, for the proxy or origin behind us. Any thread. */
public enum ProxyHeaderWriter {
  /** The line of text. */
  V1,
  /** The binary form, without TLVs. */
  V2;

  /** Room that is always enough, bytes. */
  public static final int BYTES_MAX = Version1.BYTES_MAX;

  private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff, (byte) 0xff};

  /**
   * Writes a header to out[at...] and returns the offset behind it. Where one address is IPv4 and
   * the other is not, that one is written as an IPv6 one that it is mapped into.
   *
   * @param source the client
   * @param destination where it had connected to
   */
  public int write(InetSocketAddress source, InetSocketAddress destination, byte[] out, int at) {
    if (source.isUnresolved() || destination.isUnresolved()) {
      throw new IllegalArgumentException("a socket's address without an address");
    }
    boolean ipv4 =
        source.getAddress() instanceof Inet4Address
            && destination.getAddress() instanceof Inet4Address;
    return this == V1
        ? line(source, destination, ipv4, out, at)
        : binary(source, destination, ipv4, out, at);
  }

  private static int line(
      InetSocketAddress source, InetSocketAddress destination, boolean ipv4, byte[] out, int at) {
    String line =
        (ipv4 ? "PROXY TCP4 " : "PROXY TCP6 ")
            + text(source.getAddress(), ipv4)
            + ' '
            + text(destination.getAddress(), ipv4)
            + ' '
            + source.getPort()
            + ' '
            + destination.getPort()
            + "\r\n";
    byte[] bytes = line.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, out, at, bytes.length);
    return at + bytes.length;
  }

  private static String text(InetAddress address, boolean ipv4) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    String plain = zone < 0 ? text : text.substring(0, zone);
    return ipv4 || !(address instanceof Inet4Address) ? plain : "::ffff:" + plain;
  }

  private static int binary(
      InetSocketAddress source, InetSocketAddress destination, boolean ipv4, byte[] out, int at) {
    int p = Signature.V2.put(out, at);
    out[p++] = Version2.PROXY;
    out[p++] = (byte) (ipv4 ? Version2.TCP4 : Version2.TCP6);
    p = putShort(ipv4 ? 12 : 36, out, p);
    p = put(source.getAddress(), ipv4, out, p);
    p = put(destination.getAddress(), ipv4, out, p);
    p = putShort(source.getPort(), out, p);
    return putShort(destination.getPort(), out, p);
  }

  private static int put(InetAddress address, boolean ipv4, byte[] out, int at) {
    byte[] bytes = address.getAddress();
    int p = at;
    if (!ipv4 && bytes.length == 4) {
      System.arraycopy(MAPPED, 0, out, p, MAPPED.length);
      p += MAPPED.length;
    }
    System.arraycopy(bytes, 0, out, p, bytes.length);
    return p + bytes.length;
  }

  private static int putShort(int value, byte[] out, int at) {
    out[at] = (byte) (value >> 8);
    out[at + 1] = (byte) value;
    return at + 2;
  }
}
