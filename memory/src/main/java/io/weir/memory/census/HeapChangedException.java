package io.weir.memory.census;

/**
 * What was read does not fit together: the process changed it meanwhile, or it is corrupt. Whoever
 * catches it tries again, and at last gives up. No stack trace: it is thrown at every turn of a
 * busy process.
 */
final class HeapChangedException extends Exception {
  private static final long serialVersionUID = 1;

  private final boolean swapped;

  private HeapChangedException(String what, boolean swapped) {
    super(what, null, false, false);
    this.swapped = swapped;
  }

  HeapChangedException(String what) {
    this(what, false);
  }

  /** A page that had to be read is in swap; reading it would bring it back in. */
  static HeapChangedException swapped() {
    return new HeapChangedException("a page with chunk headers is in swap", true);
  }

  /** Trying again does not help. */
  boolean isSwapped() {
    return swapped;
  }
}
