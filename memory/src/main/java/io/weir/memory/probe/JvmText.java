package io.weir.memory.probe;

import org.jspecify.annotations.Nullable;

/**
 * Reads numbers out of what a JVM answers. The text comes from outside: what cannot be read is -1
 * or null, never an exception.
 */
final class JvmText {
  private static final int HEX_DIGITS_MAX = 15;
  private static final int DECIMAL_DIGITS_MAX = 18;

  private JvmText() {}

  /** Bytes behind {@code key}, as in {@code used 4352K}; -1 where there are none. */
  static long amountAfter(String line, String key) {
    int at = line.indexOf(key);
    return at < 0 ? -1 : amountAt(line, at + key.length());
  }

  /** Bytes before {@code key}, as in {@code 128M committed}; -1 where there are none. */
  static long amountBefore(String line, String key) {
    int at = line.indexOf(key);
    int start = at;
    while (start > 0 && Character.isLetterOrDigit(line.charAt(start - 1))) {
      start--;
    }
    return at < 0 ? -1 : amountAt(line, start);
  }

  /** A decimal number with an optional unit, K, M or G. */
  static long amountAt(String line, int from) {
    long value = 0;
    int at = from;
    for (; at < line.length() && isDecimal(line.charAt(at)); at++) {
      value = value * 10 + line.charAt(at) - '0';
      if (at - from >= DECIMAL_DIGITS_MAX) {
        return -1;
      }
    }
    if (at == from) {
      return -1;
    }
    int shift = at < line.length() ? unitShift(line.charAt(at)) : 0;
    return value > Long.MAX_VALUE >> shift ? -1 : value << shift;
  }

  /**
   * The first and the last address between brackets, as in {@code [0x1000, 0x2000, 0x3000)}; null
   * where there are none.
   */
  static @Nullable AddressRange bracketed(String line) {
    int open = line.indexOf("[0x");
    int last = line.lastIndexOf("0x");
    return open < 0 || last <= open + 1 ? null : range(hexAt(line, open + 1), hexAt(line, last));
  }

  /** The range {@code 0x1000-0x2000} that a line begins with, or null. */
  static @Nullable AddressRange leading(String line) {
    int dash = line.indexOf('-');
    return dash < 0 || !line.startsWith("0x")
        ? null
        : range(hexAt(line, 0), hexAt(line, dash + 1));
  }

  /** A range, or null where the addresses make none. */
  static @Nullable AddressRange range(long start, long end) {
    return start < 0 || end <= start ? null : new AddressRange(start, end);
  }

  /** The number after {@code 0x} at {@code from}; -1 where there is none. */
  static long hexAt(String line, int from) {
    if (!line.startsWith("0x", from)) {
      return -1;
    }
    long value = 0;
    int digits = 0;
    for (int at = from + 2; at < line.length(); at++) {
      int digit = Character.digit(line.charAt(at), 16);
      if (digit < 0) {
        break;
      }
      value = value << 4 | digit;
      digits += value == 0 ? 0 : 1;
      if (digits > HEX_DIGITS_MAX) {
        return -1;
      }
    }
    return value;
  }

  private static boolean isDecimal(char c) {
    return c >= '0' && c <= '9';
  }

  private static int unitShift(char unit) {
    return switch (unit) {
      case 'K' -> 10;
      case 'M' -> 20;
      case 'G' -> 30;
      default -> 0;
    };
  }
}
