package io.weir.load;

/**
 * Sizes and times as people write them: {@code 64k}, {@code 256m}, {@code 1g}, {@code 1t} (binary:
 * 1k is 1,024) and {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}.
 */
public final class Quantity {
  private Quantity() {}

  /**
   * Reads a size.
   *
   * @return bytes, 0 or more
   * @throws IllegalArgumentException with what would be right
   */
  public static long bytes(String text) {
    int digits = digits(text);
    long factor =
        switch (text.substring(digits)) {
          case "" -> 1;
          case "k", "K" -> 1L << 10;
          case "m", "M" -> 1L << 20;
          case "g", "G" -> 1L << 30;
          case "t", "T" -> 1L << 40;
          default -> -1;
        };
    return product(text, digits, factor, "a size such as 65536, 64k, 256m or 1g");
  }

  /**
   * Reads a time.
   *
   * @return milliseconds, 0 or more
   * @throws IllegalArgumentException with what would be right
   */
  public static long millis(String text) {
    int digits = digits(text);
    long factor =
        switch (text.substring(digits)) {
          case "ms" -> 1;
          case "s" -> 1_000;
          case "m" -> 60_000;
          case "h" -> 3_600_000;
          default -> -1;
        };
    return product(text, digits, factor, "a time such as 500ms, 30s or 5m");
  }

  /**
   * Reads a plain number.
   *
   * @throws IllegalArgumentException with what would be right
   */
  public static long count(String text) {
    int digits = digits(text);
    long factor = digits == text.length() ? 1 : -1;
    return product(text, digits, factor, "a whole number such as 1000");
  }

  private static int digits(String text) {
    int end = 0;
    while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
      end++;
    }
    return end;
  }

  private static long product(String text, int digits, long factor, String right) {
    if (factor < 0 || digits == 0) {
      throw new IllegalArgumentException("\"" + text + "\" is not " + right);
    }
    try {
      return Math.multiplyExact(Long.parseLong(text, 0, digits, 10), factor);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("\"" + text + "\" is too large for " + right, e);
    }
  }
}
