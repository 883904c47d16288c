package io.weir.relay.proxyprotocol;

import java.nio.charset.StandardCharsets;

/** The bytes that each version begins with. */
enum Signature {
  V1("PROXY "),
  V2("\r\n\r\n\0\r\nQUIT\n");

  @SuppressWarnings("ImmutableEnumChecker") // never written, never handed out
  private final byte[] bytes;

  Signature(String ascii) {
    bytes = ascii.getBytes(StandardCharsets.US_ASCII);
  }

  /** Whether b[from,to) may go on to be it, or begins with it. */
  boolean begins(byte[] b, int from, int to) {
    int length = Math.min(bytes.length, to - from);
    for (int i = 0; i < length; i++) {
      if (b[from + i] != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  boolean isWhole(byte[] b, int from, int to) {
    return to - from >= bytes.length && begins(b, from, to);
  }

  int put(byte[] out, int at) {
    System.arraycopy(bytes, 0, out, at, bytes.length);
    return at + bytes.length;
  }
}
