package io.weir.cli;

/** Wrong usage: its message names the option and what would be right. */
final class UsageException extends Exception {
  UsageException(String message) {
    super(message);
  }
}
