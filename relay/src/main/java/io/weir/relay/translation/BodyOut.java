package io.weir.relay.translation;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.weir.relay.http1.ChunkScanner;
import io.weir.relay.http2.LinkStream;
import io.weir.relay.loop.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * The body of a message that goes out, from its HTTP/1.1 framing to DATA and trailers.
 *
 * <pre>
 *   LENGTH    n bytes, the last of them ends the stream
 *   CHUNKED   size lines are swallowed; the last chunk ends the stream, or its trailers do
 *   PLAIN     a tunnel's bytes, until our side is ended
 * </pre>
 *
 * <p>Thread: the loop.
 */
final class BodyOut {
  /** How a body comes in. */
  enum Kind {
    NONE,
    LENGTH,
    CHUNKED,
    PLAIN
  }

  private static final byte[] CRLF_LAST = {'\r', '\n', '0', '\r', '\n', '\r', '\n'};

  private final LinkStream stream;
  private final Kind kind;
  private final @Nullable ChunkScanner scanner;
  private long left;
  private boolean over;

  BodyOut(LinkStream stream, Kind kind, long length) {
    this.stream = stream;
    this.kind = kind;
    this.left = length;
    this.scanner = kind == Kind.CHUNKED ? new ChunkScanner() : null;
    this.over = kind == Kind.NONE || (kind == Kind.LENGTH && length == 0);
  }

  /** Whether all of it was taken. */
  boolean over() {
    return over;
  }

  Kind kind() {
    return kind;
  }

  /** Takes bytes of the body, framing included; as {@link io.weir.relay.endpoint.Sink#write}. */
  int send(Scratch from, int offset, int length, boolean more) {
    ChunkScanner chunks = scanner;
    if (chunks != null) {
      return sendChunks(chunks, from, offset, length, more);
    }
    if (kind == Kind.PLAIN) {
      return stream.data(from, offset, length, false, more);
    }
    if (length > left) {
      throw new IllegalStateException("more bytes than the length of the body");
    }
    int taken = stream.data(from, offset, length, length == left, more);
    left -= taken;
    over = left == 0;
    return taken;
  }

  private int sendChunks(ChunkScanner chunks, Scratch from, int offset, int length, boolean more) {
    byte[] bytes = from.bytes();
    int to = offset + length;
    int at = offset;
    while (at < to && !over) {
      int data = chunks.toData(bytes, at, to);
      if (chunks.lastChunkAhead()) {
        int after = sendEnd(chunks, bytes, data, to);
        return (after < 0 ? data : after) - offset;
      }
      if (chunks.dataLeft() == 0) {
        if (chunks.faulted() || data < to) {
          throw new IllegalStateException("a chunk of our own that is not whole");
        }
        return length;
      }
      int piece = (int) Math.min(chunks.dataLeft(), to - data);
      boolean last = piece == chunks.dataLeft() && bareEnd(bytes, data + piece, to);
      int taken = piece == 0 ? 0 : stream.data(from, data, piece, last, more || data + piece < to);
      chunks.dataTaken(taken);
      if (taken < piece) {
        return data + taken - offset;
      }
      at = data + piece;
      if (last) {
        over = true;
        return length;
      }
    }
    return at - offset;
  }

  /** Whether nothing but the end of the body, without trailers, stands in {@code b[from, to)}. */
  private static boolean bareEnd(byte[] b, int from, int to) {
    if (to - from != CRLF_LAST.length) {
      return false;
    }
    for (int i = 0; i < CRLF_LAST.length; i++) {
      if (b[from + i] != CRLF_LAST[i]) {
        return false;
      }
    }
    return true;
  }

  /** Returns the offset behind the end, or -1 if it was not taken. */
  private int sendEnd(ChunkScanner chunks, byte[] b, int from, int to) {
    int length = chunks.parseEnd(b, from, to);
    if (length <= 0) {
      throw new IllegalStateException("an end of a body of our own that is not whole");
    }
    Http2Headers trailers = new DefaultHttp2Headers(false);
    chunks.trailers(new FieldCopy(trailers));
    if (trailers.isEmpty()) {
      stream.end();
    } else if (!stream.fields(trailers, true)) {
      return -1;
    }
    over = true;
    return from + length;
  }

  /** A tunnel ends. */
  void finish() {
    if (kind == Kind.PLAIN && !over) {
      over = true;
      stream.end();
    }
  }

  /** Whether {@link #send} could take something. */
  boolean sends() {
    // The end, and trailers, need no window: only room for fields.
    boolean betweenChunks = scanner != null && scanner.dataLeft() == 0;
    return over || stream.writable() || (betweenChunks && stream.takesFields());
  }
}
