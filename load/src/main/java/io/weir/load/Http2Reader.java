package io.weir.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;

/**
 * A download by one stream of HTTP/2.
 *
 * <p>Bytes are checked when they arrive, and count as read at the reader's turn, at its rate; only
 * then is the stream's window opened for as many more. So a slow reader holds its peer to one
 * window, as one that keeps what it has not read, and costs no memory here. A peer that sends more
 * than the window fails the download.
 */
final class Http2Reader extends Reader {
  private static final long UNKNOWN = -1;

  private final Http2Connection connection;
  private int stream;
  private boolean begun;
  private boolean ended;
  private long contentLength = UNKNOWN;
  private long arrived;
  private long read;

  /** What the peer may still send. */
  private long window;

  /** Read, and not yet given back. */
  private long owed;

  Http2Reader(Readers readers, int place, Http2Connection connection) {
    super(readers, place);
    this.connection = connection;
  }

  @Override
  void begin(Selector selector) {
    connection.add(this, selector);
  }

  /** Its request is sent, as this stream. */
  void opened(int number, int windowBytes) {
    stream = number;
    window = windowBytes;
    asked();
  }

  int stream() {
    return stream;
  }

  /** A field section came. */
  void fields(Hpack.Fields fields, boolean last) throws BadMessageException {
    if (fields.status().startsWith("1")) {
      return;
    }
    if (fields.status().isEmpty() != begun) {
      throw new BadMessageException(begun ? "a second response" : "no status");
    }
    if (!begun) {
      begun = true;
      begins(fields.status(), null);
      contentLength = fields.contentLength();
    }
    end(last);
  }

  /** Bytes of a DATA frame came. */
  void data(ByteBuffer part) throws BadMessageException {
    if (!begun) {
      throw new BadMessageException("a body before its head");
    }
    if (ended) {
      throw new BadMessageException("bytes behind the body");
    }
    int length = part.remaining();
    check(part);
    arrived += length;
  }

  /** A DATA frame has begun, of so many bytes with its padding. */
  void takesWindow(int length) throws BadMessageException {
    window -= length;
    if (window < 0) {
      throw new BadMessageException("more bytes than the window allows");
    }
  }

  /** Padding came, which is nobody's to read. */
  void padding(int length) {
    owed += length;
  }

  /** A frame is over. */
  void end(boolean last) throws BadMessageException {
    ended |= last;
    if (last && contentLength != UNKNOWN && contentLength != arrived) {
      throw new BadMessageException("closed before the body was complete");
    }
  }

  @Override
  boolean read(int bytesMax) throws IOException {
    long length = Math.min(bytesMax, arrived - read);
    if (length > 0) {
      read += length;
      owed += length;
      count(length);
    }
    if (ended && read == arrived) {
      return true;
    }
    // With a rate at each turn; without one, not for every frame.
    if (!ended && owed > 0 && (readers.paced() || owed >= connection.windowBytes() / 2)) {
      connection.grant(stream, (int) owed);
      window += owed;
      owed = 0;
    }
    return false;
  }

  @Override
  void release() {
    connection.leave(this, ended);
  }
}
