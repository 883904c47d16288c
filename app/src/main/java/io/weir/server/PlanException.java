package io.weir.server;

/** Why a memory plan does not work out: names the option, the terms, and what would do. */
public final class PlanException extends Exception {
  /** With one line for the user. */
  public PlanException(String message) {
    super(message);
  }
}
