package io.weir.bench;

/** The user's mistake; the text names the option and what would be right. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
