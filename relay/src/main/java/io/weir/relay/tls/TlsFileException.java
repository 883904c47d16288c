package io.weir.relay.tls;

/** A file of certificates or keys that cannot be used; the message names it and says why. */
public final class TlsFileException extends Exception {
  private static final long serialVersionUID = 1;

  TlsFileException(String message) {
    super(message);
  }

  TlsFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
