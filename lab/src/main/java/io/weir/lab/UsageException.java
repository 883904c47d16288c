package io.weir.lab;

/** Wrong usage; the message says what would be right. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}
