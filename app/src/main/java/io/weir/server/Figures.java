package io.weir.server;

/** Numbers for people: one decimal, thousands apart, the same in every locale. */
public final class Figures {
  private Figures() {}

  /** Appends {@code value / 10} with one decimal, such as {@code 1,240.5}. */
  static StringBuilder appendTenths(StringBuilder to, long value) {
    appendGrouped(to, value / 10);
    return to.append('.').append(value % 10);
  }

  /** Appends {@code value}, 0 or more, such as {@code 1,240}. */
  static StringBuilder appendGrouped(StringBuilder to, long value) {
    if (value < 1000) {
      return to.append(value);
    }
    appendGrouped(to, value / 1000).append(',');
    long rest = value % 1000;
    return to.append(rest / 100).append(rest / 10 % 10).append(rest % 10);
  }

  /** Bytes as megabytes (1,000,000 bytes) with one decimal, rounded. */
  public static StringBuilder appendMegabytes(StringBuilder to, long bytes) {
    return appendTenths(to, (bytes + 50_000) / 100_000);
  }

  /** Bytes as MiB with one decimal, rounded. */
  static StringBuilder appendMebibytes(StringBuilder to, long bytes) {
    return appendTenths(to, tenths(bytes, 1 << 20));
  }

  /** Bytes as KiB with one decimal, rounded. */
  static StringBuilder appendKibibytes(StringBuilder to, long bytes) {
    return appendTenths(to, tenths(bytes, 1 << 10));
  }

  private static long tenths(long bytes, int unitBytes) {
    return bytes / unitBytes * 10 + (bytes % unitBytes * 10 + unitBytes / 2) / unitBytes;
  }

  /** Bytes as gigabytes (1,000,000,000 bytes) with one decimal, rounded. */
  public static StringBuilder appendGigabytes(StringBuilder to, long bytes) {
    return appendTenths(to, (bytes + 50_000_000) / 100_000_000);
  }
}
