package io.weir.relay.proxyprotocol;

import io.weir.relay.proxyprotocol.ProxyHeader.Complete;
import io.weir.relay.proxyprotocol.ProxyHeader.Incomplete;
import io.weir.relay.proxyprotocol.ProxyHeader.Malformed;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** The binary form. */
final class Version2 {
  static final int FIXED_BYTES = 16;
  static final int LOCAL = 0x20;
  static final int PROXY = 0x21;
  static final int UNSPECIFIED = 0x00;
  static final int TCP4 = 0x11;
  static final int TCP6 = 0x21;
  private static final int UNIX_STREAM = 0x31;
  private static final int UNIX_ADDRESSES_BYTES = 216;
  private static final int TLV_CRC32C = 0x03;

  private Version2() {}

  static ProxyHeader read(byte[] b, int from, int to) {
    if (to - from < FIXED_BYTES) {
      return new Incomplete();
    }
    int command = b[from + 12] & 0xff;
    int family = b[from + 13] & 0xff;
    int length = FIXED_BYTES + shortAt(b, from + 14);
    if (command != LOCAL && command != PROXY) {
      return new Malformed("The PROXY header is of another version or has an unknown command");
    }
    if (length > ProxyHeader.BYTES_MAX) {
      return new Malformed("The PROXY header is longer than 4096 bytes");
    }
    if (to - from < length) {
      return new Incomplete();
    }
    if (command == LOCAL) {
      return new Complete(length, null, null); // whatever follows is to be ignored
    }
    int addresses = addressesBytes(family);
    if (addresses < 0) {
      return new Malformed("The PROXY header is about another protocol than TCP");
    }
    if (FIXED_BYTES + addresses > length) {
      return new Malformed("The PROXY header is too short for its addresses");
    }
    String fault = tlvs(b, from, from + FIXED_BYTES + addresses, from + length);
    return fault.isEmpty() ? complete(b, from, family, length) : new Malformed(fault);
  }

  private static int addressesBytes(int family) {
    return switch (family) {
      case UNSPECIFIED -> 0;
      case TCP4 -> 12;
      case TCP6 -> 36;
      case UNIX_STREAM -> UNIX_ADDRESSES_BYTES;
      default -> -1;
    };
  }

  private static ProxyHeader complete(byte[] b, int from, int family, int length) {
    if (family != TCP4 && family != TCP6) {
      return new Complete(length, null, null);
    }
    int bytes = family == TCP4 ? 4 : 16;
    int at = from + FIXED_BYTES;
    int ports = at + 2 * bytes;
    return new Complete(
        length,
        socket(b, at, bytes, shortAt(b, ports)),
        socket(b, at + bytes, bytes, shortAt(b, ports + 2)));
  }

  private static InetSocketAddress socket(byte[] b, int at, int bytes, int port) {
    try {
      InetAddress address = InetAddress.getByAddress(Arrays.copyOfRange(b, at, at + bytes));
      return new InetSocketAddress(address, port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  /** Walks through the TLVs in b[at,end); returns what is wrong, or nothing. */
  private static String tlvs(byte[] b, int header, int at, int end) {
    int p = at;
    while (p < end) {
      int length = end - p < 3 ? -1 : shortAt(b, p + 1);
      if (length < 0 || p + 3 + length > end) {
        return "A TLV of the PROXY header goes beyond its end";
      }
      if (b[p] == TLV_CRC32C && (length != 4 || !isChecksum(b, header, p + 3, end))) {
        return "The checksum of the PROXY header is wrong";
      }
      p += 3 + length;
    }
    return "";
  }

  /** Of the whole header, with zeros in the place of the checksum itself; section 2.2.3. */
  private static boolean isChecksum(byte[] b, int header, int at, int end) {
    CRC32C crc = new CRC32C();
    crc.update(b, header, at - header);
    crc.update(new byte[4]);
    crc.update(b, at + 4, end - at - 4);
    long given = (long) shortAt(b, at) << 16 | shortAt(b, at + 2);
    return crc.getValue() == given;
  }

  static int shortAt(byte[] b, int at) {
    return (b[at] & 0xff) << 8 | (b[at + 1] & 0xff);
  }
}
