package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A download by HTTP/1.1, on a connection of its own. */
final class Http1Reader extends Reader implements Link.Owner {
  private static final int HEAD_BYTES_MAX = 64 * 1024;
  private static final byte[] EMPTY = {};

  private final Link link;
  private @Nullable BodyDecoder body;
  private byte[] head = EMPTY;

  Http1Reader(Readers readers, int place) {
    super(readers, place);
    link = new Link(readers, this);
  }

  static byte[] request(Readers.Plan plan) {
    String authority = plan.way().authority(plan.address());
    String target =
        plan.way().through() == Way.Through.ABSOLUTE
            ? "http://" + authority + plan.path()
            : plan.path();
    String text = "GET " + target + " HTTP/1.1\r\nHost: " + authority;
    return (text + "\r\nConnection: close\r\n\r\n").getBytes(ISO_8859_1);
  }

  @Override
  void begin(Selector selector) {
    link.begin(selector);
  }

  @Override
  public void opened() throws IOException {
    link.wire().write(ByteBuffer.wrap(readers.request));
    if (readers.paced()) {
      link.leaveSelector();
    }
    asked();
  }

  @Override
  public void readable() {
    readers.turn(this, Integer.MAX_VALUE);
  }

  @Override
  public void refused(String reason) {
    readers.ended(this, reason);
  }

  @Override
  boolean read(int bytesMax) throws IOException {
    boolean once = bytesMax == Integer.MAX_VALUE;
    int left = bytesMax;
    while (left > 0) {
      ByteBuffer buffer = readers.buffer.clear();
      int asked = Math.min(left, Wire.READ_BYTES);
      int length = link.wire().read(buffer, asked);
      if (buffer.flip().hasRemaining() && take(buffer)) {
        return true;
      }
      if (length < 0) {
        return peerClosed();
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
      check(buffer);
      buffer.limit(limit);
      count(length);
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
    if (!parsed.word(0).startsWith("HTTP/1.")) {
      throw new BadMessageException("no HTTP/1.x response");
    }
    begins(parsed.word(1), parsed.field("Content-Range"));
    body = parsed.body(true);
  }

  @Override
  void release() {
    link.close();
    head = EMPTY;
  }
}
