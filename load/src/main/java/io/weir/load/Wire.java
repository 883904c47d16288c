package io.weir.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * The bytes of one connection, as its reader sees them: those of the socket, or what {@link
 * TlsWire} makes of them. Confined to the readers' thread.
 */
class Wire {
  /** Read at a time: with less there are more system calls, with more the cache misses. */
  static final int READ_BYTES = 128 * 1024;

  /** What a peer that does not read may leave unsent: some windows' worth of small frames. */
  private static final int UNSENT_BYTES_MAX = 64 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private ByteBuffer unsent = NOTHING;

  Wire(SocketChannel channel) {
    this.channel = channel;
  }

  /** Goes on with what must be agreed before the first byte; true when that is done. */
  boolean agreed() throws IOException {
    return true;
  }

  /**
   * Reads what is there.
   *
   * @param target empty, of at least {@link TlsWire#PLAIN_BYTES} with TLS; gets the bytes
   * @param bytesMax to take from the socket, which are more than the target gets, with TLS
   * @return bytes taken from the socket, -1 at its end
   */
  int read(ByteBuffer target, int bytesMax) throws IOException {
    return receive(target, bytesMax);
  }

  /** Sends bytes, or keeps what the kernel has no room for; takes them all. */
  void write(ByteBuffer bytes) throws IOException {
    send(bytes);
  }

  /** Reads from the socket itself. */
  final int receive(ByteBuffer target, int bytesMax) throws IOException {
    int room = Math.min(Math.min(bytesMax, READ_BYTES), target.remaining());
    target.limit(target.position() + room);
    return channel.read(target);
  }

  /** Writes to the socket itself. */
  final void send(ByteBuffer bytes) throws IOException {
    if (unsent.hasRemaining()) {
      channel.write(unsent);
    }
    if (!unsent.hasRemaining()) {
      unsent = NOTHING;
      channel.write(bytes);
    }
    if (!bytes.hasRemaining()) {
      return;
    }
    int length = unsent.remaining() + bytes.remaining();
    if (length > UNSENT_BYTES_MAX) {
      throw new BadMessageException("the peer takes nothing of what it is sent");
    }
    unsent = ByteBuffer.allocate(length).put(unsent).put(bytes).flip();
  }
}
