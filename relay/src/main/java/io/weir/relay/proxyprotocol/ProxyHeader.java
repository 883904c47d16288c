package io.weir.relay.proxyprotocol;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the first bytes of a connection say of the one before it (proxy-protocol.txt of HAProxy,
 * sections 2.1 and 2.2).
 *
 * <pre>
 *   version 1   PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 CRLF      107 bytes at most
 *               PROXY UNKNOWN ... CRLF
 *
 *   version 2   signature 12 | version 2, command 4 bits | family 4, protocol 4 bits | length 2
 *               source address, destination address, source port 2, destination port 2
 *               TLVs: type 1 | length 2 | value
 * </pre>
 *
 * Read strictly, and by what is peeked at: nothing is consumed before all of it is there. TLVs are
 * walked through for their lengths and a checksum, not used.
 */
public sealed interface ProxyHeader {
  /** Longest header of version 2 that is taken, bytes: the addresses and some TLVs. */
  int BYTES_MAX = 4096;

  /** It may be one; more bytes must come. */
  record Incomplete() implements ProxyHeader {}

  /**
   * It is none, or not well formed.
   *
   * @param why one clause, in ASCII
   */
  record Malformed(String why) implements ProxyHeader {}

  /**
   * A whole header.
   *
   * @param lengthBytes to be skipped
   * @param source the client, or null where the proxy speaks for itself or does not know
   * @param destination where the client had connected to, or null likewise
   */
  record Complete(
      int lengthBytes, @Nullable InetSocketAddress source, @Nullable InetSocketAddress destination)
      implements ProxyHeader {}

  /** Reads what stands in b[from,to), the first bytes of a connection. */
  static ProxyHeader read(byte[] b, int from, int to) {
    if (Signature.V1.begins(b, from, to)) {
      return Version1.read(b, from, to);
    }
    if (Signature.V2.begins(b, from, to)) {
      return Version2.read(b, from, to);
    }
    return new Malformed("The connection does not begin with a PROXY protocol header");
  }

  /** Whether b[from,to) begins with the whole signature of a header: no client sends that. */
  static boolean isSigned(byte[] b, int from, int to) {
    return Signature.V1.isWhole(b, from, to) || Signature.V2.isWhole(b, from, to);
  }
}
