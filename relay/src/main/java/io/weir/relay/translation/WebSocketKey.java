package io.weir.relay.translation;

import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The handshake of a WebSocket over HTTP/1.1, which the one over HTTP/2 does without. */
final class WebSocketKey {
  /** RFC 6455, 1.3. */
  private static final byte[] SUFFIX =
      "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".getBytes(StandardCharsets.US_ASCII);

  private WebSocketKey() {}

  /** The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455, 4.2.2). */
  static AsciiString accept(byte[] key) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(key);
      sha1.update(SUFFIX);
      return new AsciiString(Base64.getEncoder().encode(sha1.digest()), false);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-1", e);
    }
  }
}
