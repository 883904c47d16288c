package io.weir.top;

import io.weir.server.Figures;

/** Numbers and columns of characters for a terminal. */
final class Text {
  private Text() {}

  static String megabytes(long bytes) {
    return Figures.appendMegabytes(new StringBuilder(12), Math.max(0, bytes)).toString();
  }

  static String kilobytes(long bytes) {
    return Long.toString((bytes + 500) / 1000);
  }

  /** Such as {@code 59s}, {@code 12m}, {@code 48h}, {@code 30d}. */
  static String age(long millis) {
    long seconds = millis / 1000;
    if (seconds < 100) {
      return seconds + "s";
    }
    if (seconds < 100 * 60) {
      return seconds / 60 + "m";
    }
    return seconds < 100 * 3600 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
  }

  /** {@code text} in exactly {@code width} characters, cut where it is longer. */
  static StringBuilder append(StringBuilder to, String text, int width, boolean left) {
    int missing = Math.max(0, width - text.length());
    if (!left) {
      to.repeat(' ', missing);
    }
    to.append(text, 0, Math.min(text.length(), width));
    return left ? to.repeat(' ', missing) : to;
  }

  static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, Math.max(0, width));
  }

  /** A bar of {@code width} places, filled by {@code part} of {@code whole}. */
  static String bar(long part, long whole, int width) {
    int filled = whole <= 0 ? 0 : Math.clamp(Math.round((double) part / whole * width), 0, width);
    return "[" + "#".repeat(filled) + ".".repeat(width - filled) + "]";
  }
}
