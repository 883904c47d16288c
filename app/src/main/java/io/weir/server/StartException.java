package io.weir.server;

/** Why the relay cannot start: its message is one sentence for the user. */
public final class StartException extends Exception {
  /** With the sentence alone. */
  public StartException(String message) {
    super(message);
  }

  /** With what was found underneath. */
  public StartException(String message, Throwable cause) {
    super(message, cause);
  }
}
