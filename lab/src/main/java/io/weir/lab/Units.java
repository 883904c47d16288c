package io.weir.lab;

import java.util.Locale;

/** Numbers for people: MB are millions of bytes, as the story's program printed them. */
final class Units {
  private Units() {}

  /** Such as {@code 1,050 MB}. */
  static String mb(long bytes) {
    return mbNumber(bytes) + " MB";
  }

  static String mbNumber(long bytes) {
    if (bytes < 0) {
      return "-";
    }
    String form = bytes < 10_000_000 ? "%,.1f" : "%,.0f";
    return String.format(Locale.ROOT, form, bytes / 1e6);
  }

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
