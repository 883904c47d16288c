package io.weir.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection of {@link Readers} (RFC 9113), as a client with as many streams as its way
 * says.
 *
 * <pre>
 *   HEADER (9 bytes) -> DATA: [pad length] bytes to their reader, padding -> HEADER
 *                    -> any other: the whole payload, then what it means -> HEADER
 * </pre>
 *
 * <p>The socket is read as soon as there is something, and the connection's window given back at
 * once: a reader that is slow holds its own stream back, not its siblings. What is bounded is the
 * stream's window. Confined to the readers' thread.
 */
final class Http2Connection implements Link.Owner {
  /** The window of a reader that has a rate: what the protocol begins with. */
  static final int SLOW_WINDOW_BYTES = 65_535;

  /** The window of one that has none. */
  static final int FAST_WINDOW_BYTES = 1 << 20;

  private static final int CONNECTION_WINDOW_BYTES = Integer.MAX_VALUE;
  private static final int FIRST_WINDOW_BYTES = 65_535;
  private static final int GIVEN_BACK_BYTES = 1 << 20;
  private static final int FRAME_BYTES_MAX = 16_384;
  private static final int FIELDS_BYTES_MAX = 64 * 1024;
  private static final int HEADER_BYTES = 9;

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;

  private static final int END_STREAM = 1;
  private static final int ACK = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 32;
  private static final int CANCEL = 8;

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  private final Readers readers;
  private final Link link;
  private final byte[] request;
  private final ArrayDeque<Http2Reader> waiting = new ArrayDeque<>();
  private final Map<Integer, Http2Reader> streams = new HashMap<>();
  private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
  private final ByteBuffer out = ByteBuffer.allocate(64);
  private boolean begun;
  private boolean open;
  private boolean closed;
  private int lastStream = -1;
  private long connectionOwed;

  private int type;
  private int flags;
  private int stream;

  /** Of the payload, what has not come. */
  private int left;

  /**
   * Of a DATA frame: its bytes that have not come; -1 before the length of its padding is known.
   */
  private int dataLeft;

  private byte[] payload = {};
  private int payloadLength;
  private byte[] fields = {};
  private boolean fieldsEnd;

  Http2Connection(Readers readers) {
    this.readers = readers;
    this.link = new Link(readers, this);
    Readers.Plan plan = readers.plan;
    this.request =
        Hpack.get(
            plan.way().tls() != Way.Tls.NONE, plan.way().authority(plan.address()), plan.path());
  }

  int windowBytes() {
    return readers.paced() ? SLOW_WINDOW_BYTES : FAST_WINDOW_BYTES;
  }

  boolean closed() {
    return closed;
  }

  boolean hasRoom() {
    return streams.size() + waiting.size() < readers.plan.way().streams();
  }

  /** Takes a reader, whose request goes out when the connection is open. */
  void add(Http2Reader reader, Selector selector) {
    waiting.add(reader);
    if (!begun) {
      begun = true;
      link.begin(selector);
    } else if (open) {
      try {
        ask();
      } catch (IOException e) {
        broke("broken: " + e.getMessage());
      }
    }
  }

  @Override
  public void opened() throws IOException {
    open = true;
    ByteBuffer first = ByteBuffer.allocate(128).put(PREFACE);
    frame(first, 18, SETTINGS, 0, 0);
    setting(first, 1, 0); // HEADER_TABLE_SIZE: what comes can be read without a table
    setting(first, 2, 0); // ENABLE_PUSH
    setting(first, 4, windowBytes()); // INITIAL_WINDOW_SIZE
    frame(first, 4, WINDOW_UPDATE, 0, 0);
    first.putInt(CONNECTION_WINDOW_BYTES - FIRST_WINDOW_BYTES);
    link.wire().write(first.flip());
    ask();
    readable(); // what came with the handshake's end shows in no selector
  }

  private void ask() throws IOException {
    while (!waiting.isEmpty()) {
      Http2Reader reader = waiting.remove();
      lastStream += 2;
      streams.put(lastStream, reader);
      ByteBuffer frame = ByteBuffer.allocate(HEADER_BYTES + request.length);
      frame(frame, request.length, HEADERS, END_STREAM | END_HEADERS, lastStream);
      link.wire().write(frame.put(request).flip());
      reader.opened(lastStream, windowBytes());
    }
  }

  @Override
  public void refused(String reason) {
    broke(reason);
  }

  private void broke(String reason) {
    closed = true;
    open = false;
    link.close();
    List<Http2Reader> all = new ArrayList<>(streams.values());
    all.addAll(waiting);
    streams.clear();
    waiting.clear();
    all.forEach(reader -> readers.ended(reader, reason));
  }

  /** Gives a stream more room. */
  void grant(int number, int bytes) throws IOException {
    frame(out.clear(), 4, WINDOW_UPDATE, 0, number);
    link.wire().write(out.putInt(bytes).flip());
  }

  /** A reader is over: whole, or not. The connection ends with its last. */
  void leave(Http2Reader reader, boolean whole) {
    waiting.remove(reader);
    if (streams.remove(reader.stream(), reader) && !whole && open) {
      try {
        frame(out.clear(), 4, RST_STREAM, 0, reader.stream());
        link.wire().write(out.putInt(CANCEL).flip());
      } catch (IOException e) {
        broke("broken: " + e.getMessage());
      }
    }
    if (streams.isEmpty() && waiting.isEmpty()) {
      closed = true;
      open = false;
      link.close();
    }
  }

  private static void setting(ByteBuffer to, int name, int value) {
    to.putShort((short) name).putInt(value);
  }

  private static void frame(ByteBuffer to, int length, int type, int flags, int stream) {
    to.put((byte) (length >> 16)).putShort((short) length);
    to.put((byte) type).put((byte) flags).putInt(stream);
  }

  @Override
  public void readable() {
    try {
      ByteBuffer buffer = readers.buffer.clear();
      int length = link.wire().read(buffer, Wire.READ_BYTES);
      buffer.flip();
      while (open && buffer.hasRemaining()) {
        take(buffer);
      }
      if (open && connectionOwed >= GIVEN_BACK_BYTES) {
        int owed = (int) connectionOwed;
        connectionOwed = 0;
        grant(0, owed);
      }
      if (open && length < 0) {
        broke("closed before the body was complete");
      }
    } catch (BadMessageException e) {
      broke(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      broke("broken: " + e.getMessage());
    }
  }

  private void take(ByteBuffer buffer) throws IOException {
    if (header.hasRemaining()) {
      while (header.hasRemaining() && buffer.hasRemaining()) {
        header.put(buffer.get());
      }
      if (header.hasRemaining()) {
        return;
      }
      begin();
    }
    if (type == DATA) {
      data(buffer);
    } else {
      int span = Math.min(left, buffer.remaining());
      buffer.get(payload, payloadLength, span);
      payloadLength += span;
      left -= span;
    }
    if (left == 0) {
      header.clear();
      ended();
    }
  }

  private void begin() throws BadMessageException {
    left = (header.get(0) & 0xff) << 16 | (header.getShort(1) & 0xffff);
    type = header.get(3);
    flags = header.get(4);
    stream = header.getInt(5) & Integer.MAX_VALUE;
    if (left > FRAME_BYTES_MAX) {
      throw new BadMessageException("a frame of more than " + FRAME_BYTES_MAX + " bytes");
    }
    if (type == DATA) {
      dataLeft = (flags & PADDED) == 0 ? left : -1;
      connectionOwed += left;
      Http2Reader reader = streams.get(stream);
      if (reader != null) {
        heard(reader, () -> reader.takesWindow(left));
      }
    } else {
      payload = payload.length >= left ? payload : new byte[left];
      payloadLength = 0;
    }
  }

  /** What a frame does to a reader. */
  private interface Effect {
    void happen() throws BadMessageException;
  }

  /** Tells a reader; its fault ends its stream alone. */
  private void heard(Http2Reader reader, Effect effect) {
    try {
      effect.happen();
    } catch (BadMessageException e) {
      readers.ended(reader, String.valueOf(e.getMessage()));
    }
  }

  private void data(ByteBuffer buffer) {
    @Nullable Http2Reader reader = streams.get(stream);
    if (dataLeft < 0 && buffer.hasRemaining()) {
      left--;
      dataLeft = Math.max(0, left - (buffer.get() & 0xff));
      if (reader != null) {
        reader.padding(1 + left - dataLeft);
      }
    }
    int span = Math.min(dataLeft, buffer.remaining());
    if (span > 0) {
      int limit = buffer.limit();
      buffer.limit(buffer.position() + span);
      if (reader != null) {
        heard(reader, () -> reader.data(buffer));
      }
      buffer.position(buffer.limit()).limit(limit);
      dataLeft -= span;
      left -= span;
    }
    int padding = dataLeft == 0 ? Math.min(left, buffer.remaining()) : 0;
    buffer.position(buffer.position() + padding);
    left -= padding;
  }

  private void ended() throws IOException {
    switch (type) {
      case DATA -> last();
      case HEADERS -> {
        int from = (flags & PADDED) == 0 ? 0 : 1;
        int padding = from == 0 || payloadLength == 0 ? 0 : payload[0] & 0xff;
        from += (flags & PRIORITY) == 0 ? 0 : 5;
        fields = new byte[0];
        fieldsEnd = (flags & END_STREAM) != 0;
        fields(from, payloadLength - padding);
      }
      case CONTINUATION -> fields(0, payloadLength);
      case RST_STREAM -> reset();
      case SETTINGS -> {
        if ((flags & ACK) == 0) {
          frame(out.clear(), 0, SETTINGS, ACK, 0);
          link.wire().write(out.flip());
        }
      }
      case PING -> {
        if ((flags & ACK) == 0 && payloadLength == 8) {
          frame(out.clear(), 8, PING, ACK, 0);
          link.wire().write(out.put(payload, 0, 8).flip());
        }
      }
      case GOAWAY -> goneAway();
      case PUSH_PROMISE -> throw new BadMessageException("a push that was not allowed");
      default -> {} // WINDOW_UPDATE: a GET has no body; unknown ones are to be passed over
    }
  }

  /** A DATA frame is over. */
  private void last() {
    Http2Reader reader = streams.get(stream);
    if (reader == null) {
      return;
    }
    heard(reader, () -> reader.end((flags & END_STREAM) != 0));
    if (!readers.paced()) {
      readers.turn(reader, Integer.MAX_VALUE);
    }
  }

  private void fields(int from, int to) throws BadMessageException {
    if (from > to || fields.length + to - from > FIELDS_BYTES_MAX) {
      throw new BadMessageException("a head of more than " + FIELDS_BYTES_MAX + " bytes");
    }
    int kept = fields.length;
    fields = Arrays.copyOf(fields, kept + to - from);
    System.arraycopy(payload, from, fields, kept, to - from);
    Http2Reader reader = streams.get(stream);
    if ((flags & END_HEADERS) == 0 || reader == null) {
      return;
    }
    heard(reader, () -> reader.fields(Hpack.fields(fields), fieldsEnd));
    if (fieldsEnd && !readers.paced()) {
      readers.turn(reader, Integer.MAX_VALUE);
    }
  }

  private void reset() throws BadMessageException {
    Http2Reader reader = streams.get(stream);
    if (reader != null) {
      streams.remove(stream);
      readers.ended(reader, "the stream was reset, code " + number(0));
    }
  }

  private void goneAway() throws BadMessageException {
    int last = number(0);
    int code = number(4);
    for (Http2Reader reader : List.copyOf(streams.values())) {
      if (code != 0 || reader.stream() > last) {
        readers.ended(reader, "the connection goes away, code " + code);
      }
    }
  }

  private int number(int index) throws BadMessageException {
    if (payloadLength < index + Integer.BYTES) {
      throw new BadMessageException("a frame that ends in the middle");
    }
    return ByteBuffer.wrap(payload).getInt(index);
  }
}
