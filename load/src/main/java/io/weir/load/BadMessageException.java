package io.weir.load;

import java.io.IOException;

/** The peer's bytes are no HTTP/1.1 message; the text says what is wrong with them. */
final class BadMessageException extends IOException {
  private static final long serialVersionUID = 1L;

  BadMessageException(String message) {
    super(message);
  }
}
