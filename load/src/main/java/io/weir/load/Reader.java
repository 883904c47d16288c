package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One download of {@link Readers}: its socket and how far it is. Confined to the readers' thread.
 */
final class Reader {
  private static final int HEAD_BYTES_MAX = 64 * 1024;
  private static final byte[] EMPTY = {};

  /** When its next turn is; kept by {@link Readers}. */
  long dueNanos;

  /** Among all of {@link Readers}. */
  final int place;

  private final Readers readers;
  private @Nullable SocketChannel channel;
  private @Nullable SelectionKey key;
  private @Nullable BodyDecoder body;
  private byte[] head = EMPTY;
  private long position;
  private long bytes;
  private long requestNanos;
  private long endNanos;

  Reader(Readers readers, int place) {
    this.readers = readers;
    this.place = place;
  }

  static byte[] request(Readers.Plan plan) {
    String host = plan.address().getHostString() + ":" + plan.address().getPort();
    String text = "GET " + plan.path() + " HTTP/1.1\r\nHost: " + host;
    return (text + "\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1);
  }

  /** Begins to connect; true if that was done at once. */
  boolean connect(Selector selector) throws IOException {
    SocketChannel opened = SocketChannel.open();
    channel = opened;
    opened.configureBlocking(false);
    if (readers.plan.receiveBufferBytes() > 0) {
      opened.setOption(StandardSocketOptions.SO_RCVBUF, readers.plan.receiveBufferBytes());
    }
    boolean done = opened.connect(readers.plan.address());
    key = opened.register(selector, done ? 0 : SelectionKey.OP_CONNECT, this);
    return done;
  }

  void finishConnect() throws IOException {
    open().finishConnect();
  }

  /**
   * Sends the request, which an empty send buffer takes whole.
   *
   * @param selected false to leave the selector for good
   */
  void sendRequest(boolean selected) throws IOException {
    int written = open().write(ByteBuffer.wrap(readers.request));
    if (written < readers.request.length) {
      throw new IOException("the request did not fit into the send buffer");
    }
    requestNanos = System.nanoTime();
    SelectionKey registered = key;
    if (registered != null && selected) {
      registered.interestOps(SelectionKey.OP_READ);
    } else if (registered != null) {
      registered.cancel();
      key = null;
    }
  }

  private SocketChannel open() throws IOException {
    SocketChannel opened = channel;
    if (opened == null) {
      throw new IOException("closed");
    }
    return opened;
  }

  /**
   * Reads what is there, at most {@code bytesMax} bytes and one buffer if that is more.
   *
   * @return true if the body is complete
   * @throws BadMessageException for the peer's fault, in words that are the same for all readers
   */
  boolean read(int bytesMax) throws IOException {
    ByteBuffer buffer = readers.buffer;
    boolean once = bytesMax == Integer.MAX_VALUE;
    int left = bytesMax;
    while (left > 0) {
      buffer.clear().limit(Math.min(left, buffer.capacity()));
      int asked = buffer.limit();
      int length = open().read(buffer);
      if (length < 0) {
        return peerClosed();
      }
      if (length > 0 && take(buffer.flip())) {
        return true;
      }
      left -= length;
      if (once || length < asked) {
        return false;
      }
    }
    return false;
  }

  private boolean peerClosed() throws BadMessageException {
    BodyDecoder decoder = body;
    if (decoder == null) {
      throw new BadMessageException("closed before the head was complete");
    }
    if (!decoder.untilClose()) {
      throw new BadMessageException("closed before the body was complete");
    }
    return true;
  }

  private boolean take(ByteBuffer buffer) throws BadMessageException {
    if (body == null && !takeHead(buffer)) {
      return false;
    }
    BodyDecoder decoder = body;
    if (decoder == null) {
      return false;
    }
    int length = decoder.next(buffer);
    while (length > 0) {
      int limit = buffer.limit();
      buffer.limit(buffer.position() + length);
      if (readers.sequence.mismatch(buffer, position) >= 0) {
        throw new BadMessageException("wrong byte");
      }
      buffer.position(buffer.limit()).limit(limit);
      position += length;
      bytes += length;
      readers.bytes.addAndGet(length);
      decoder.took(length);
      length = decoder.next(buffer);
    }
    if (decoder.ended() && buffer.hasRemaining()) {
      throw new BadMessageException("bytes behind the body");
    }
    return decoder.ended();
  }

  /** Takes the head, and interim heads before it; false if it is not complete. */
  private boolean takeHead(ByteBuffer buffer) throws BadMessageException {
    int kept = head.length;
    int added = Math.min(buffer.remaining(), HEAD_BYTES_MAX - kept);
    byte[] bytesSoFar = Arrays.copyOf(head, kept + added);
    buffer.get(buffer.position(), bytesSoFar, kept, added);
    int start = 0;
    int end = Head.end(bytesSoFar, 0, bytesSoFar.length);
    while (end >= 0) {
      Head parsed = new Head(bytesSoFar, start, end);
      if (!parsed.word(1).startsWith("1")) {
        buffer.position(buffer.position() + end - kept);
        head = EMPTY;
        begin(parsed);
        return true;
      }
      start = end;
      end = Head.end(bytesSoFar, start, bytesSoFar.length);
    }
    if (bytesSoFar.length == HEAD_BYTES_MAX) {
      throw new BadMessageException("a head of more than " + HEAD_BYTES_MAX + " bytes");
    }
    buffer.position(buffer.limit());
    head = bytesSoFar;
    return false;
  }

  private void begin(Head parsed) throws BadMessageException {
    String status = parsed.word(1);
    if (!parsed.word(0).startsWith("HTTP/1.")) {
      throw new BadMessageException("no HTTP/1.x response");
    }
    if (!status.equals("200") && !status.equals("206")) {
      throw new BadMessageException("status " + status);
    }
    String range = parsed.field("Content-Range");
    if (range != null) {
      int dash = range.indexOf('-');
      try {
        position = Quantity.count(range.substring("bytes ".length(), dash));
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        throw new BadMessageException("Content-Range " + range);
      }
    }
    body = parsed.body(true);
  }

  /** Returns its rate since its request, or -1 if it never was connected. */
  long bytesPerSecond(long nowNanos) {
    if (requestNanos == 0) {
      return -1;
    }
    long nanos = Math.max(1, (endNanos == 0 ? nowNanos : endNanos) - requestNanos);
    return (long) (bytes * 1e9 / nanos);
  }

  /** Closes the socket, once. */
  void close(long nowNanos) {
    SocketChannel opened = channel;
    if (opened == null) {
      return;
    }
    channel = null;
    key = null;
    head = EMPTY;
    endNanos = nowNanos;
    try {
      opened.close();
    } catch (IOException e) {
      // The descriptor is gone all the same (close(2)).
    }
  }
}
