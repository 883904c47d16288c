package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.weir.load.Answer.Then;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the origin: requests in turn, each read whole before it is answered, but for
 * {@code /echo}. Confined to the origin's thread.
 *
 * <pre>
 *            head complete             body ended                answer written
 *   HEAD ------------------> BODY ------------------> ANSWER ----------------------> HEAD
 *    |                         |   (at once if none)    |  waits first if delayed      or
 *    | peer closed             | peer closed            | peer reset                 closed
 *    v                         v                        v
 *  closed                    closed                   closed
 * </pre>
 *
 * <p>In HEAD and BODY it is interested in reading; in ANSWER in writing when the kernel's buffer is
 * full. In ANSWER the next requests stay in the kernel: that bounds what pipelining can make it
 * hold. In BODY an echo writes while it reads, and reads only when all is written.
 */
final class OriginConnection {
  private static final int HEAD_BYTES = 512;
  private static final int HEAD_BYTES_MAX = 64 * 1024;

  /** Read at a time for an echo, so that what it holds stays small. */
  private static final int ECHO_BYTES = 16 * 1024;

  /** Written in one turn before the other connections have theirs. */
  private static final long TURN_BYTES = 2 * 1024 * 1024;

  private static final byte[] EMPTY = {};

  private final Origin origin;
  private final SocketChannel channel;
  private final SelectionKey key;

  /** Bytes that came and were not consumed: a part of a head, or requests sent ahead. */
  private byte[] in = EMPTY;

  private int inStart;
  private int inEnd;

  /** Interim answers and echoed chunks that the kernel did not take yet. */
  private byte[] out = EMPTY;

  private int outStart;
  private int outEnd;

  private @Nullable Answer answer;
  private @Nullable BodyDecoder body;
  private @Nullable Upload upload;
  private boolean echo;
  private boolean last;
  private boolean peerClosed;
  private boolean closed;
  private long wirePosition;
  private long dueNanos;

  OriginConnection(Origin origin, SocketChannel channel, SelectionKey key) {
    this.origin = origin;
    this.channel = channel;
    this.key = key;
  }

  long dueNanos() {
    return dueNanos;
  }

  /** Called when the socket can be read or written. */
  void ready() throws IOException {
    if (key.isReadable() && !read()) {
      close();
      return;
    }
    advance();
  }

  /** Called when the delay of an answer is over. */
  void resume() throws IOException {
    dueNanos = 0;
    advance();
  }

  /** Closes the connection, once. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone all the same (close(2)).
    }
    origin.closed(this);
  }

  /** Reads once; false if the peer has closed and nothing is left to do for it. */
  private boolean read() throws IOException {
    ByteBuffer buffer = origin.readBuffer;
    buffer.clear();
    if (echo) {
      buffer.limit(ECHO_BYTES);
    } else if (body == null) {
      buffer.limit(Math.min(buffer.capacity(), Math.max(0, HEAD_BYTES_MAX - (inEnd - inStart))));
    }
    int length = channel.read(buffer);
    if (length < 0) {
      peerClosed = true;
      return answer != null;
    }
    origin.bytesRead.addAndGet(length);
    buffer.flip();
    if (body != null && inStart == inEnd) {
      receive(body, buffer); // the common case of an upload: no copy
    }
    keep(buffer);
    return true;
  }

  private void keep(ByteBuffer rest) {
    int length = rest.remaining();
    if (length == 0) {
      return;
    }
    if (inEnd + length > in.length) {
      int kept = inEnd - inStart;
      int capacity = Math.max(HEAD_BYTES, Integer.highestOneBit(kept + length) * 2);
      byte[] target = kept + length > in.length ? new byte[capacity] : in;
      System.arraycopy(in, inStart, target, 0, kept);
      in = target;
      inStart = 0;
      inEnd = kept;
    }
    rest.get(in, inEnd, length);
    inEnd += length;
  }

  private void advance() throws IOException {
    while (!closed) {
      if (!flush()) {
        interest(SelectionKey.OP_WRITE);
        return;
      }
      if (answer == null && body == null && !takeHead()) {
        waitForMore();
        return;
      }
      if (body != null && !takeBody(body)) {
        waitForMore();
        return;
      }
      if (body == null && outStart == outEnd && answer != null && !send(answer)) {
        return;
      }
    }
  }

  private void waitForMore() {
    if (peerClosed) {
      close();
    } else if (outStart < outEnd) {
      interest(SelectionKey.OP_WRITE);
    } else {
      interest(SelectionKey.OP_READ);
    }
  }

  /** Takes a request's head from the bytes that came; false if it is not complete. */
  private boolean takeHead() throws IOException {
    int end = Head.end(in, inStart, inEnd);
    if (end < 0) {
      if (inEnd - inStart >= HEAD_BYTES_MAX) {
        refuse("a head of more than " + HEAD_BYTES_MAX + " bytes");
        return true;
      }
      return false;
    }
    try {
      request(new Head(in, inStart, end));
      inStart = end;
    } catch (BadMessageException e) {
      refuse(e.getMessage());
    }
    if (inStart == inEnd) {
      inStart = 0;
      inEnd = 0;
    }
    return true;
  }

  private void refuse(@Nullable String why) {
    answer = Routes.text("400 Bad Request", why + "\n", Then.CLOSE, "");
    wirePosition = 0;
    body = null;
  }

  private void request(Head head) throws BadMessageException {
    origin.requests.incrementAndGet();
    String path = Routes.path(head);
    BodyDecoder decoder = head.body(false);
    last = Routes.isLast(head);
    echo = path.equals("/echo") && !decoder.ended();
    upload = null;
    answer = null;
    wirePosition = 0;
    if (echo) {
      startEcho();
    } else if (Routes.isUpload(head, path)) {
      int question = path.indexOf('?');
      String query = question < 0 ? "" : path.substring(question + 1);
      upload = new Upload(origin.sequence, Routes.parameter(query, "sha256") != null);
    } else {
      answer = origin.routes.answer(head);
      delay(answer.delayMillis());
    }
    boolean more = !decoder.ended();
    body = more ? decoder : null;
    if (more && head.has("Expect", "100-continue") && !echo) {
      put("HTTP/1.1 100 Continue\r\n\r\n".getBytes(ISO_8859_1));
    }
    if (!more && upload != null) {
      finishUpload(upload);
    }
  }

  private void delay(long millis) {
    if (millis > 0) {
      dueNanos = System.nanoTime() + millis * 1_000_000;
      origin.delay(this);
    }
  }

  private void startEcho() {
    String coding = "Transfer-Encoding: chunked\r\n";
    Then then = last ? Then.CLOSE : Then.KEEP;
    put(Routes.head("200 OK", "application/octet-stream", -1, coding, then));
  }

  /** Goes on with the body in {@link #in}; false if more bytes must come first. */
  private boolean takeBody(BodyDecoder decoder) throws IOException {
    if (inStart < inEnd) {
      ByteBuffer buffer = ByteBuffer.wrap(in, inStart, inEnd - inStart);
      receive(decoder, buffer);
      inStart = buffer.position();
    }
    return body == null;
  }

  /** Consumes what belongs to the body. */
  private void receive(BodyDecoder decoder, ByteBuffer buffer) throws IOException {
    int length = decoder.next(buffer);
    while (length > 0) {
      int limit = buffer.limit();
      buffer.limit(buffer.position() + length);
      if (echo) {
        putChunk(buffer);
      } else if (upload != null) {
        upload.take(buffer);
      }
      buffer.position(buffer.limit()).limit(limit);
      decoder.took(length);
      length = decoder.next(buffer);
    }
    if (decoder.ended()) {
      body = null;
      finishBody();
    }
  }

  private void finishBody() {
    if (echo) {
      put("0\r\n\r\n".getBytes(ISO_8859_1));
      echo = false;
      answer = new Answer(EMPTY, Answer.NONE, last ? Then.CLOSE : Then.KEEP, 0);
    } else if (upload != null) {
      finishUpload(upload);
    }
  }

  private void finishUpload(Upload finished) {
    answer = Routes.text("200 OK", finished.toJson(), last ? Then.CLOSE : Then.KEEP, "");
    upload = null;
  }

  private void put(byte[] bytes) {
    reserve(bytes.length);
    System.arraycopy(bytes, 0, out, outEnd, bytes.length);
    outEnd += bytes.length;
  }

  private void putChunk(ByteBuffer data) {
    put((Integer.toHexString(data.remaining()) + "\r\n").getBytes(ISO_8859_1));
    int length = data.remaining();
    reserve(length + 2);
    data.get(out, outEnd, length);
    outEnd += length;
    out[outEnd++] = '\r';
    out[outEnd++] = '\n';
  }

  private void reserve(int length) {
    if (outEnd + length > out.length) {
      out = Arrays.copyOf(out, Integer.highestOneBit(outEnd + length) * 2);
    }
  }

  /** Writes {@link #out}; false if the kernel's buffer is full. */
  private boolean flush() throws IOException {
    while (outStart < outEnd) {
      int written = channel.write(ByteBuffer.wrap(out, outStart, outEnd - outStart));
      if (written == 0) {
        return false;
      }
      origin.bytesWritten.addAndGet(written);
      outStart += written;
    }
    outStart = 0;
    outEnd = 0;
    if (!echo) {
      out = EMPTY;
    }
    return true;
  }

  /** Writes the answer; false if it must wait, or the connection has ended with it. */
  private boolean send(Answer current) throws IOException {
    if (dueNanos != 0) {
      boolean room = !peerClosed && inEnd - inStart < HEAD_BYTES_MAX;
      interest(room ? SelectionKey.OP_READ : 0); // to notice a client that leaves
      return false;
    }
    long end = current.wireBytes();
    long turnEnd = wirePosition + TURN_BYTES;
    while (wirePosition < end) {
      origin.batch.clear();
      current.gather(wirePosition, origin.batch);
      long written = origin.batch.writeTo(channel);
      origin.bytesWritten.addAndGet(written);
      wirePosition += written;
      if (wirePosition < end && (written == 0 || wirePosition >= turnEnd)) {
        interest(SelectionKey.OP_WRITE);
        return false;
      }
    }
    answer = null;
    return finish(current.then());
  }

  private boolean finish(Then then) throws IOException {
    if (then == Then.RESET) {
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    }
    if (then != Then.KEEP) {
      close();
      return false;
    }
    return true;
  }

  private void interest(int operations) {
    if (key.interestOps() != operations) {
      key.interestOps(operations);
    }
  }
}
