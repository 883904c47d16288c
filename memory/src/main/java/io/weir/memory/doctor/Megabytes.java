package io.weir.memory.doctor;

/** Bytes for people: megabytes of 1,000,000 bytes with one decimal, the same in every locale. */
public final class Megabytes {
  /** Below this a megabyte with one decimal would read 0.0 or 0.1: kilobytes say more. */
  private static final long KILOBYTES_BELOW_BYTES = 100_000;

  private Megabytes() {}

  /** Such as {@code 1,240.5 MB}, or {@code 2.3 kB} where it is little. */
  public static String text(long bytes) {
    StringBuilder text = new StringBuilder(16);
    long size = magnitude(bytes);
    if (bytes < 0) {
      text.append('-');
    }
    if (size == 0) {
      return "0 MB";
    }
    boolean little = size < KILOBYTES_BELOW_BYTES;
    long unit = little ? 1_000 : 1_000_000;
    long tenths = size / (unit / 10) + (size % (unit / 10) >= unit / 20 ? 1 : 0);
    appendGrouped(text, tenths / 10).append('.').append(tenths % 10);
    return text.append(little ? " kB" : " MB").toString();
  }

  /** The same with a sign in front: {@code +32.4 MB}. */
  public static String signed(long bytes) {
    return bytes > 0 ? "+" + text(bytes) : text(bytes);
  }

  /** Such as {@code 31,204}. */
  public static String grouped(long count) {
    StringBuilder text = new StringBuilder(16);
    if (count < 0) {
      text.append('-');
    }
    return appendGrouped(text, magnitude(count)).toString();
  }

  /** The share of {@code part} in {@code whole} in whole percent, 0 where there is no whole. */
  public static long percent(long part, long whole) {
    return whole <= 0 ? 0 : Math.round(100.0 * part / whole);
  }

  private static long magnitude(long value) {
    return value == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(value);
  }

  private static StringBuilder appendGrouped(StringBuilder to, long value) {
    if (value < 1000) {
      return to.append(value);
    }
    appendGrouped(to, value / 1000).append(',');
    long rest = value % 1000;
    return to.append(rest / 100).append(rest / 10 % 10).append(rest % 10);
  }
}
