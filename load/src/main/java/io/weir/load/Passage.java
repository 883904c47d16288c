package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * What a client says to a proxy, and hears, before a tunnel to its target is open.
 *
 * <pre>
 *   CONNECT:  CONNECT host:port ->  <- head with 200
 *   SOCKS4A:  04 01 port 0.0.0.1 00 host 00 ->  <- 00 5a, 6 bytes
 *   SOCKS5:   05 01 00 ->  <- 05 00   05 01 00 address port ->  <- 05 00 00 address port
 * </pre>
 *
 * <p>Nobody speaks first in a tunnel here, so bytes behind the last reply are a fault.
 */
final class Passage {
  private static final int REPLY_BYTES_MAX = 16 * 1024;

  /** Up to where the length of a SOCKS5 address can be told (RFC 1928, 6). */
  private static final int SOCKS5_REPLY_BYTES_MIN = 5;

  private final Way.Through through;
  private final InetSocketAddress target;
  private final ByteArrayOutputStream reply = new ByteArrayOutputStream();
  private boolean greeted;
  private boolean open;

  Passage(Way.Through through, InetSocketAddress target) {
    this.through = through;
    this.target = target;
  }

  boolean open() {
    return open;
  }

  /** What is said first. */
  ByteBuffer first() {
    return switch (through) {
      case CONNECT -> connect();
      case SOCKS4A -> socks4a();
      case SOCKS5 -> ByteBuffer.wrap(new byte[] {5, 1, 0});
      case NOTHING, ABSOLUTE -> throw new IllegalStateException(through + " opens no tunnel");
    };
  }

  private ByteBuffer connect() {
    String authority = target.getHostString() + ":" + target.getPort();
    String head = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
    return ByteBuffer.wrap(head.getBytes(ISO_8859_1));
  }

  private ByteBuffer socks4a() {
    byte[] host = target.getHostString().getBytes(ISO_8859_1);
    ByteBuffer request = ByteBuffer.allocate(10 + host.length);
    request.put((byte) 4).put((byte) 1).putShort((short) target.getPort());
    request.put(new byte[] {0, 0, 0, 1, 0}).put(host).put((byte) 0);
    return request.flip();
  }

  private ByteBuffer socks5() {
    byte[] address = address();
    ByteBuffer request = ByteBuffer.allocate(5 + address.length);
    request.put(new byte[] {5, 1, 0}).put(address).putShort((short) target.getPort());
    return request.flip();
  }

  /** Its type and itself: an address where one is given, else a name. */
  private byte[] address() {
    InetAddress given = target.getAddress();
    String host = target.getHostString();
    if (given != null && given.getHostAddress().equals(host)) {
      byte[] bytes = given.getAddress();
      return ByteBuffer.allocate(1 + bytes.length)
          .put((byte) (bytes.length == 4 ? 1 : 4))
          .put(bytes)
          .array();
    }
    byte[] name = host.getBytes(ISO_8859_1);
    return ByteBuffer.allocate(2 + name.length)
        .put((byte) 3)
        .put((byte) name.length)
        .put(name)
        .array();
  }

  /**
   * Takes what the proxy said.
   *
   * @return what is to be said next, which may be nothing
   * @throws IOException if it refuses
   */
  ByteBuffer hear(ByteBuffer in) throws IOException {
    ByteBuffer next = ByteBuffer.allocate(0);
    while (in.hasRemaining()) {
      if (open) {
        throw new IOException("bytes in a tunnel before anybody asked");
      }
      reply.write(in.get());
      if (reply.size() > REPLY_BYTES_MAX) {
        throw new IOException("a reply of more than " + REPLY_BYTES_MAX + " bytes");
      }
      byte[] said = reply.toByteArray();
      switch (through) {
        case CONNECT -> connected(said);
        case SOCKS4A -> open = said.length == 8 && granted("SOCKS4", said[0], 0, said[1], 0x5a);
        case SOCKS5 -> {
          if (greeted) {
            socks5Replied(said);
          } else if (said.length == 2) {
            greeted = granted("SOCKS5 method", said[0], 5, said[1], 0);
            reply.reset();
            next = socks5();
          }
        }
        case NOTHING, ABSOLUTE -> throw new IllegalStateException("nothing was asked");
      }
    }
    return next;
  }

  private void connected(byte[] said) throws IOException {
    int end = said[said.length - 1] == '\n' ? Head.end(said, 0, said.length) : -1;
    if (end < 0) {
      return;
    }
    String status = new Head(said, 0, end).word(1);
    if (!status.startsWith("2")) {
      throw new IOException("CONNECT: status " + status);
    }
    open = true;
  }

  private void socks5Replied(byte[] said) throws IOException {
    if (said.length < SOCKS5_REPLY_BYTES_MIN) {
      return;
    }
    granted("SOCKS5", said[0], 5, said[1], 0);
    int address = said[3] == 1 ? 4 : said[3] == 4 ? 16 : 1 + (said[4] & 0xff);
    open = said.length == 4 + address + 2;
  }

  private static boolean granted(String what, int version, int right, int code, int granted)
      throws IOException {
    if (version != right || code != granted) {
      throw new IOException(what + ": version " + version + ", code " + code);
    }
    return true;
  }
}
