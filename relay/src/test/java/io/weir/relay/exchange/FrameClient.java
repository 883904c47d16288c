package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/2, or an origin, of which a test says every frame; HPACK is Netty's. Blocking,
 * one thread at a time.
 */
final class FrameClient implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int ACK = 1;
  static final int END_HEADERS = 4;
  static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int HEAD_BYTES = 9;
  private static final int TIME_LIMIT_MILLIS = 20_000;

  /** One frame as it came. */
  @SuppressWarnings("ArrayRecordComponent") // a test value
  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean end() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }

    /** The number at the beginning: an error code, an increment. */
    int number() {
      return Unpooled.wrappedBuffer(payload).readInt();
    }

    /** The error code of a GOAWAY. */
    int goAwayCode() {
      return Unpooled.wrappedBuffer(payload).getInt(4);
    }
  }

  /** What became of a stream. */
  @SuppressWarnings("ArrayRecordComponent") // a test value
  record Answer(List<Http2Headers> heads, byte[] body, int resetCode) {
    Http2Headers head() {
      return heads.getLast();
    }

    String status() {
      return String.valueOf(heads.getFirst().status());
    }

    String text() {
      return new String(body, ISO_8859_1);
    }

    /** Whether it ended in order. */
    boolean whole() {
      return resetCode < 0;
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  private FrameClient(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  private FrameClient(Socket connected) throws IOException {
    socket = connected;
    socket.setSoTimeout(TIME_LIMIT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    out = socket.getOutputStream();
  }

  /** Connected, with nothing sent. */
  static FrameClient silent(int port) throws IOException {
    return new FrameClient(port);
  }

  /** Connected, with preface and settings sent: pairs of identifier and value. */
  static FrameClient connect(int port, int... settings) throws IOException {
    FrameClient client = new FrameClient(port);
    client.write(PREFACE.getBytes(ISO_8859_1));
    client.settings(settings);
    return client;
  }

  /** The origin's side of a connection, with its preface read and settings sent. */
  static FrameClient serving(Socket accepted, int... settings) throws IOException {
    FrameClient origin = new FrameClient(accepted);
    origin.in.readFully(new byte[PREFACE.length()]);
    origin.settings(settings);
    return origin;
  }

  void write(byte[]... pieces) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      all.writeBytes(piece);
    }
    out.write(all.toByteArray()); // in one call
  }

  void settings(int... pairs) throws IOException {
    ByteBuf payload = Unpooled.buffer();
    for (int i = 0; i < pairs.length; i += 2) {
      payload.writeShort(pairs[i]).writeInt(pairs[i + 1]);
    }
    frame(SETTINGS, 0, 0, bytes(payload));
  }

  void frame(int type, int flags, int stream, byte... payload) throws IOException {
    write(framed(type, flags, stream, payload));
  }

  /** A frame as it goes out. */
  static byte[] framed(int type, int flags, int stream, byte... payload) {
    ByteBuf head = Unpooled.buffer(HEAD_BYTES + payload.length);
    head.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
    return bytes(head.writeBytes(payload));
  }

  void data(int stream, byte[] data, boolean end) throws IOException {
    frame(DATA, end ? END_STREAM : 0, stream, data);
  }

  void reset(int stream, int code) throws IOException {
    frame(RST_STREAM, 0, stream, number(code));
  }

  void window(int stream, int more) throws IOException {
    frame(WINDOW_UPDATE, 0, stream, number(more));
  }

  static byte[] number(int value) {
    return bytes(Unpooled.buffer().writeInt(value));
  }

  /** Fields: names and values by turns. */
  void fields(int stream, boolean end, String... fields) throws IOException {
    frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block(stream, fields));
  }

  /** A header block. */
  byte[] block(int stream, String... fields) {
    Http2Headers headers = new DefaultHttp2Headers(false);
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    ByteBuf block = Unpooled.buffer();
    try {
      encoder.encodeHeaders(stream, headers, block);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    return bytes(block);
  }

  /** A request's head with more fields. */
  void request(int stream, boolean end, String method, String path, String... more)
      throws IOException {
    String[] all = new String[8 + more.length];
    String[] first = {":method", method, ":scheme", "http", ":path", path, ":authority", "a"};
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    fields(stream, end, all);
  }

  void get(int stream, String path) throws IOException {
    request(stream, true, "GET", path);
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  /** The next frame, settings acknowledged; null at the end of the connection. */
  @Nullable Frame read() throws IOException {
    byte[] head = new byte[HEAD_BYTES];
    try {
      in.readFully(head);
      ByteBuf fields = Unpooled.wrappedBuffer(head);
      byte[] payload = new byte[fields.readMedium()];
      int type = fields.readByte();
      int flags = fields.readByte();
      int stream = fields.readInt();
      in.readFully(payload);
      if (type == SETTINGS && (flags & ACK) == 0 && !socket.isOutputShutdown()) {
        frame(SETTINGS, ACK, 0);
      }
      return new Frame(type, flags, stream, payload);
    } catch (EOFException | java.net.SocketException e) {
      return null;
    }
  }

  /** The next frame of a type; all others before it are dropped. */
  Frame await(int type) throws IOException {
    while (true) {
      Frame frame = read();
      if (frame == null) {
        throw new EOFException("the connection ended before a frame of type " + type);
      }
      if (frame.type == type) {
        return frame;
      }
    }
  }

  /** Reads until a stream is over; windows are opened as data come. */
  Answer answer(int stream) throws IOException {
    return answer(stream, true);
  }

  Answer answer(int stream, boolean grant) throws IOException {
    List<Http2Headers> heads = new ArrayList<>();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      Frame frame = read();
      if (frame == null) {
        throw new EOFException("the connection ended before stream " + stream);
      }
      if (frame.type == HEADERS) {
        Http2Headers head = decode(frame); // always: the table must follow
        if (frame.stream == stream) {
          heads.add(head);
        }
      } else if (frame.type == DATA && frame.payload.length > 0 && grant) {
        window(0, frame.payload.length);
        window(frame.stream, frame.payload.length);
      }
      if (frame.type == DATA && frame.stream == stream) {
        body.writeBytes(frame.payload);
      }
      if (frame.stream == stream && (frame.end() || frame.type == RST_STREAM)) {
        return new Answer(heads, body.toByteArray(), frame.end() ? -1 : frame.number());
      }
    }
  }

  Http2Headers decode(Frame frame) {
    try {
      return decoder.decodeHeaders(frame.stream, Unpooled.wrappedBuffer(frame.payload));
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads the rest; whether the connection ended, and not by its time limit. */
  List<Frame> readToEnd() throws IOException {
    List<Frame> frames = new ArrayList<>();
    for (Frame frame = read(); frame != null; frame = read()) {
      frames.add(frame);
    }
    return frames;
  }

  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  void abort() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
