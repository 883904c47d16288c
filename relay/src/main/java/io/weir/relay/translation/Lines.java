package io.weir.relay.translation;

import io.netty.util.AsciiString;
import io.weir.relay.http1.Octets;
import java.util.Arrays;

/** Octets of a head in the making, from fields of HTTP/2. Grows; confined to its user. */
final class Lines {
  private static final int FIRST_BYTES = 512;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;

  Lines put(String ascii) {
    room(ascii.length());
    for (int i = 0; i < ascii.length(); i++) {
      bytes[length++] = (byte) ascii.charAt(i);
    }
    return this;
  }

  Lines put(CharSequence octets) {
    int count = octets.length();
    room(count);
    if (octets instanceof AsciiString ascii) {
      System.arraycopy(ascii.array(), ascii.arrayOffset(), bytes, length, count);
      length += count;
    } else {
      for (int i = 0; i < count; i++) {
        bytes[length++] = (byte) octets.charAt(i);
      }
    }
    return this;
  }

  /** A field line. */
  Lines field(CharSequence name, CharSequence value) {
    return put(name).put(": ").put(value).put("\r\n");
  }

  private void room(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }

  int length() {
    return length;
  }

  byte[] take() {
    return Arrays.copyOf(bytes, length);
  }

  /** Whether each octet of a text, of which there must be one, is of the class. */
  static boolean only(CharSequence text, int octetClass) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0xff || !Octets.is((byte) c, octetClass)) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
