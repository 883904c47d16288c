package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One blocking socket in the hands of a test that wants to say exactly which bytes go when.
 *
 * <p>Nothing is added or repaired: what a test writes is what goes. Every read has a time limit and
 * fails with what it had until then. One thread at a time; {@link #close} from any thread ends a
 * read or write that blocks.
 */
public sealed class RawConnection implements AutoCloseable permits RawClient {
  /** Heads beyond this are an error: no test has one, and a wrong peer must not fill the heap. */
  private static final int HEAD_BYTES_MAX = 256 * 1024;

  private static final int BUFFER_BYTES = 16 * 1024;

  /**
   * How the peer's bytes ended.
   *
   * @param bytes what came before the end
   * @param reset true where the connection was reset, false where it was closed in good order
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody; tests hash or match the bytes
  public record Ending(byte[] bytes, boolean reset) {
    /** Returns the bytes as ISO 8859-1 text. */
    public String text() {
      return new String(bytes, ISO_8859_1);
    }
  }

  private final Socket socket;
  private final int index;
  private final long timeLimitMillis;
  private final Consumer<String> headListener;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int start;
  private int end;

  RawConnection(Socket socket, int index, long timeLimitMillis, Consumer<String> headListener)
      throws IOException {
    this.headListener = headListener;
    this.socket = socket;
    this.index = index;
    this.timeLimitMillis = timeLimitMillis;
    socket.setTcpNoDelay(true);
  }

  /** Returns the number of this connection at its origin, from 0; a client's is 0. */
  public int index() {
    return index;
  }

  /** Returns the port of this side. */
  public int localPort() {
    return socket.getLocalPort();
  }

  /**
   * Writes text as ISO 8859-1, line ends as they are, and blocks until the kernel has it all.
   *
   * @throws IOException if the peer reset the connection, or this side is closed
   */
  public void write(String text) throws IOException {
    write(text.getBytes(ISO_8859_1));
  }

  /**
   * Writes bytes and blocks until the kernel has them all.
   *
   * @param bytes borrowed
   * @throws IOException if the peer reset the connection, or this side is closed
   */
  public void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /**
   * Writes a part of a seeded sequence and blocks until the kernel has it all.
   *
   * @param position of the first byte in the sequence
   * @param length bytes to write
   * @throws IOException if the peer reset the connection, or this side is closed
   */
  public void write(SeededBytes sequence, long position, long length) throws IOException {
    byte[] block = new byte[(int) Math.min(length, 64 * 1024)];
    for (long done = 0; done < length; ) {
      int span = (int) Math.min(block.length, length - done);
      sequence.fill(block, 0, span, position + done);
      socket.getOutputStream().write(block, 0, span);
      done += span;
    }
  }

  /**
   * Reads a message head up to and with its blank line.
   *
   * @return the head with its line ends, or an empty string if the peer closed before a first byte
   * @throws IOException on a reset, an end in mid-head, or when the time is up
   */
  public String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    Clock clock = new Clock("a message head");
    int match = 0;
    while (match < 4) {
      if (!fillBuffer(clock, head)) {
        if (head.size() == 0) {
          return "";
        }
        throw new IOException("closed in mid-head, after " + quote(head.toByteArray()));
      }
      byte b = buffer[start++];
      head.write(b);
      match = b == "\r\n\r\n".charAt(match) ? match + 1 : b == '\r' ? 1 : 0;
      if (head.size() > HEAD_BYTES_MAX) {
        throw new IOException("no blank line in " + HEAD_BYTES_MAX + " bytes of head");
      }
    }
    String text = head.toString(ISO_8859_1);
    headListener.accept(text);
    return text;
  }

  /**
   * Reads exactly this many bytes.
   *
   * @throws IOException if the peer ends before, or when the time is up
   */
  public byte[] readExactly(int length) throws IOException {
    byte[] bytes = new byte[length];
    Clock clock = new Clock(length + " bytes");
    for (int done = 0; done < length; ) {
      if (!fillBuffer(clock, null)) {
        throw new IOException("closed after " + done + " of " + length + " bytes");
      }
      done += take(bytes, done, length - done);
    }
    return bytes;
  }

  /**
   * Reads exactly this many bytes and compares them with a sequence, without keeping them.
   *
   * @param position where in the sequence the first byte should be
   * @return the index of the first wrong byte, or -1; after a wrong byte reading stops
   * @throws IOException if the peer ends before, or when the time is up
   */
  public long readSeeded(SeededBytes sequence, long position, long length) throws IOException {
    Clock clock = new Clock(length + " bytes");
    for (long done = 0; done < length; ) {
      if (!fillBuffer(clock, null)) {
        throw new IOException("closed after " + done + " of " + length + " bytes");
      }
      int span = (int) Math.min(end - start, length - done);
      int wrong = sequence.mismatch(buffer, start, span, position + done);
      start += span;
      if (wrong >= 0) {
        return done + wrong;
      }
      done += span;
    }
    return -1;
  }

  /**
   * Reads the body that belongs to a head: chunked (decoded, trailers dropped), by Content-Length,
   * or until the peer closes (RFC 9112, 6.3). A head without either is taken as a request if it
   * does not begin with {@code HTTP/}, and has no body then; 1xx, 204 and 304 have none.
   *
   * @param head what {@link #readHead} returned; not of a HEAD request's response
   * @throws IOException if the peer ends before the body does, or when the time is up
   */
  public byte[] readBody(String head) throws IOException {
    String coding = header(head, "Transfer-Encoding");
    if (coding != null && coding.toLowerCase(Locale.ROOT).endsWith("chunked")) {
      return readChunked();
    }
    String length = header(head, "Content-Length");
    boolean response = head.startsWith("HTTP/");
    String status = response && head.length() > 12 ? head.substring(9, 12) : "";
    if (status.startsWith("1") || status.equals("204") || status.equals("304")) {
      return new byte[0];
    }
    if (length != null) {
      return readExactly(Integer.parseInt(length));
    }
    if (!response) {
      return new byte[0];
    }
    Ending ending = readToEnd();
    if (ending.reset()) {
      throw new IOException("reset after " + ending.bytes().length + " bytes of body");
    }
    return ending.bytes();
  }

  private byte[] readChunked() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String line = readLine();
      int semicolon = line.indexOf(';');
      int size = Integer.parseInt(semicolon < 0 ? line : line.substring(0, semicolon), 16);
      if (size == 0) {
        break;
      }
      body.write(readExactly(size));
      if (!readLine().isEmpty()) {
        throw new IOException("a chunk of " + size + " bytes is not followed by a line end");
      }
    }
    String trailer;
    do {
      trailer = readLine();
    } while (!trailer.isEmpty());
    return body.toByteArray();
  }

  /**
   * Reads a line.
   *
   * @return the line without its end, CR LF
   * @throws IOException if the peer ends before the line does, or when the time is up
   */
  public String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    Clock clock = new Clock("a line");
    while (true) {
      if (!fillBuffer(clock, line)) {
        throw new IOException("closed in mid-line, after " + quote(line.toByteArray()));
      }
      byte b = buffer[start++];
      if (b == '\n') {
        String text = line.toString(ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
      }
      line.write(b);
    }
  }

  /**
   * Reads until the peer ends the connection, in good order or by a reset, and keeps what came.
   *
   * @throws IOException when the time is up
   */
  public Ending readToEnd() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Clock clock = new Clock("the end of the connection");
    try {
      while (fillBuffer(clock, bytes)) {
        bytes.write(buffer, start, end - start);
        start = end;
      }
      return new Ending(bytes.toByteArray(), false);
    } catch (SocketException e) {
      rethrowUnlessReset(e);
      return new Ending(bytes.toByteArray(), true);
    }
  }

  /**
   * Reads until the peer ends the connection and drops what comes, however much.
   *
   * @return true where the peer closed in good order, false where it reset the connection
   * @throws IOException when the time is up
   */
  public boolean awaitEof() throws IOException {
    Clock clock = new Clock("the end of the connection");
    try {
      while (fillBuffer(clock, null)) {
        start = end;
      }
      return true;
    } catch (SocketException e) {
      rethrowUnlessReset(e);
      return false;
    }
  }

  private void rethrowUnlessReset(SocketException e) throws SocketException {
    if (socket.isClosed()) {
      throw e;
    }
  }

  /** Closes with SO_LINGER 0: the peer gets a reset (RST), unsent bytes are dropped (socket(7)). */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** Says that nothing more will be written (FIN); reading goes on. */
  public void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** Closes the socket. Bytes that came and were not read make the kernel send a reset. */
  @Override
  public void close() throws IOException {
    socket.close();
  }

  /**
   * Returns the value of a field of a head.
   *
   * @param head with line ends CR LF
   * @param name in any case
   * @return the first such field's value without white space around it, or null
   */
  public static @Nullable String header(String head, String name) {
    int line = head.indexOf("\r\n") + 2;
    while (line > 1 && line < head.length()) {
      int next = head.indexOf("\r\n", line);
      int stop = next < 0 ? head.length() : next;
      int colon = line + name.length();
      if (colon < stop
          && head.charAt(colon) == ':'
          && head.regionMatches(true, line, name, 0, name.length())) {
        return head.substring(colon + 1, stop).trim();
      }
      line = next < 0 ? -1 : next + 2;
    }
    return null;
  }

  private int take(byte[] target, int at, int lengthMax) {
    int span = Math.min(end - start, lengthMax);
    System.arraycopy(buffer, start, target, at, span);
    start += span;
    return span;
  }

  /** Makes sure that a byte is in the buffer; false at the peer's end. */
  private boolean fillBuffer(Clock clock, @Nullable ByteArrayOutputStream soFar)
      throws IOException {
    if (start < end) {
      return true;
    }
    InputStream in = socket.getInputStream();
    socket.setSoTimeout(clock.leftMillis(soFar));
    try {
      start = 0;
      end = Math.max(0, in.read(buffer));
      return end > 0;
    } catch (SocketTimeoutException e) {
      end = 0;
      throw clock.timeIsUp(soFar, e);
    }
  }

  private static String quote(byte[] bytes) {
    byte[] first = bytes.length > 200 ? Arrays.copyOf(bytes, 200) : bytes;
    String text = new String(first, ISO_8859_1).replace("\r", "\\r").replace("\n", "\\n");
    return bytes.length + " bytes: \"" + text + "\"";
  }

  /** The time limit of one call, however many reads it takes. */
  private final class Clock {
    private final String awaited;
    private final long startNanos = System.nanoTime();

    Clock(String awaited) {
      this.awaited = awaited;
    }

    int leftMillis(@Nullable ByteArrayOutputStream soFar) throws SocketTimeoutException {
      long left = timeLimitMillis - (System.nanoTime() - startNanos) / 1_000_000;
      if (left <= 0) {
        throw timeIsUp(soFar, null);
      }
      return (int) Math.min(left, Integer.MAX_VALUE);
    }

    SocketTimeoutException timeIsUp(
        @Nullable ByteArrayOutputStream soFar, @Nullable SocketTimeoutException cause) {
      String had = soFar == null ? "" : ", had " + quote(soFar.toByteArray());
      String limit = " within " + timeLimitMillis + " ms on ";
      SocketTimeoutException error =
          new SocketTimeoutException("no " + awaited + limit + socket + had);
      if (cause != null) {
        error.initCause(cause);
      }
      return error;
    }
  }
}
