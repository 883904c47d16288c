package io.weir.relay.http1;

import java.nio.charset.StandardCharsets;

/** The octet classes of RFC 9110, 5.5 and 5.6, and the few ways this package writes octets. */
public final class Octets {
  /** tchar (RFC 9110, 5.6.2). */
  public static final int TOKEN = 1;

  /** HTAB, SP, VCHAR and obs-text: what may stand in a field value (RFC 9110, 5.5). */
  public static final int VALUE = 2;

  /** 0x21 to 0x7E without '#': a fragment is never sent (RFC 9112, 3.2). */
  public static final int TARGET = 4;

  /** unreserved (RFC 3986, 2.3): what this relay takes in a host's name. */
  static final int HOST = 8;

  /** HEXDIG of either case. */
  static final int HEX = 16;

  /** Bit set by octet; index with {@code b & 0xff}. */
  static final byte[] CLASS = classes();

  /** ASCII lower case by octet; index with {@code b & 0xff}. */
  static final byte[] LOWER = lower();

  static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] HEX_DIGITS = ascii("0123456789abcdef");

  private Octets() {}

  private static byte[] classes() {
    byte[] table = new byte[256];
    for (int c = 0; c < 256; c++) {
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      boolean digit = c >= '0' && c <= '9';
      int bits = 0;
      if (letter || digit || (c < 128 && "!#$%&'*+-.^_`|~".indexOf(c) >= 0)) {
        bits |= TOKEN;
      }
      if (c == '\t' || (c >= ' ' && c != 0x7f)) {
        bits |= VALUE;
      }
      if (c > ' ' && c < 0x7f && c != '#') {
        bits |= TARGET;
      }
      if (letter || digit || (c < 128 && "-._~".indexOf(c) >= 0)) {
        bits |= HOST;
      }
      if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        bits |= HEX;
      }
      table[c] = (byte) bits;
    }
    return table;
  }

  private static byte[] lower() {
    byte[] table = new byte[256];
    for (int c = 0; c < 256; c++) {
      table[c] = (byte) (c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return table;
  }

  /** Whether an octet is of one of the classes. */
  public static boolean is(byte c, int octetClass) {
    return (CLASS[c & 0xff] & octetClass) != 0;
  }

  static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }

  /** The value of a HEXDIG, or -1. */
  static int hexValue(byte c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /** The octets of a text in ASCII. */
  public static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static String text(byte[] b, int from, int to) {
    return new String(b, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** Whether b[from,to) is {@code lowerCase}, whatever the case of its letters. */
  static boolean equalsLower(byte[] b, int from, int to, byte[] lowerCase) {
    if (to - from != lowerCase.length) {
      return false;
    }
    for (int i = 0; i < lowerCase.length; i++) {
      if (LOWER[b[from + i] & 0xff] != lowerCase[i]) {
        return false;
      }
    }
    return true;
  }

  static boolean equalsAnyCase(byte[] b, int from, int otherFrom, int length) {
    for (int i = 0; i < length; i++) {
      if (LOWER[b[from + i] & 0xff] != LOWER[b[otherFrom + i] & 0xff]) {
        return false;
      }
    }
    return true;
  }

  /** A hash of b[from,to) that does not see the case of letters. */
  static int hash(byte[] b, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + (b[i] | 0x20);
    }
    return hash;
  }

  static int put(byte[] source, byte[] out, int at) {
    System.arraycopy(source, 0, out, at, source.length);
    return at + source.length;
  }

  static int put(byte[] source, int from, int to, byte[] out, int at) {
    System.arraycopy(source, from, out, at, to - from);
    return at + to - from;
  }

  static int put(String ascii, byte[] out, int at) {
    int length = ascii.length();
    for (int i = 0; i < length; i++) {
      char c = ascii.charAt(i);
      out[at + i] = c < 0x7f ? (byte) c : (byte) '?';
    }
    return at + length;
  }

  static int putCrlf(byte[] out, int at) {
    out[at] = '\r';
    out[at + 1] = '\n';
    return at + 2;
  }

  static int putDecimal(long value, byte[] out, int at) {
    int end = at + decimalDigits(value);
    long rest = value;
    for (int i = end - 1; i >= at; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return end;
  }

  static int decimalDigits(long value) {
    int digits = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      digits++;
    }
    return digits;
  }

  static byte hexDigit(int value) {
    return HEX_DIGITS[value & 15];
  }
}
