package io.weir.relay.exchange;

/**
 * A way to begin a connection other than with the head of an HTTP/1.1 request, told by its first
 * bytes: a TLS handshake, the preface of HTTP/2, SOCKS, the PROXY protocol. Confined to a loop; it
 * has no state of a connection.
 */
interface Opening {
  /** What the first bytes say. */
  enum Match {
    /** It is not this one. */
    NO,
    /** It may be: more bytes are needed. */
    PERHAPS,
    YES
  }

  /** Looks at all that has arrived, {@code bytes[from, to)}, at least one byte. */
  Match match(byte[] bytes, int from, int to);

  /**
   * Makes what takes the connection over. Nothing was consumed. It takes the place of {@code
   * taken.from()} in the worker's list, and is told to {@link Connection} as that was; it attends
   * to the endpoint from this call on, and goes on by itself.
   */
  Connection take(Takeover taken);
}
