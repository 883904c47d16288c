package io.weir.memory.probe;

import java.io.IOException;

/** A file of the kernel does not read as its manual page says. The message names the line. */
final class UnexpectedTextException extends IOException {
  private static final long serialVersionUID = 1;

  UnexpectedTextException(String sentence) {
    super(sentence);
  }
}
