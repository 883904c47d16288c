package io.weir.bench;

/** A cell has no valid figures, for this reason; the run goes on. */
final class CellException extends Exception {
  private static final long serialVersionUID = 1L;

  CellException(String message) {
    super(message);
  }
}
