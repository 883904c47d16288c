package io.weir.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A server of HTTP/2 that answers each stream with seeded bytes, as far as its windows allow, in
 * the odd ways that the protocol allows: interim heads, padding, CONTINUATION, trailers.
 */
final class Http2Script implements RawOrigin.Script {
  /** :status 200; content-length, Huffman's: 100000. */
  static final byte[] FIELDS = {(byte) 0x88, 0x0f, 13, (byte) 0x84, 0x08, 0, 0, 3};

  static final int BODY_BYTES = 100_000;
  private static final int FRAME_BYTES = 10_007;
  private static final int PADDING = 100;

  /** The most that any stream had on the way: sent, and its window not given back. */
  final AtomicLong outstandingMax = new AtomicLong();

  /** Sent beyond what is right. */
  private final int beyond;

  private final SeededBytes sequence;
  private final byte[] status;

  private static final class Stream {
    long window;
    long sent;
    long outstanding;
  }

  Http2Script(SeededBytes sequence, int beyond, byte... status) {
    this.sequence = sequence;
    this.beyond = beyond;
    this.status = status;
  }

  @Override
  public void serve(RawConnection connection) throws Exception {
    connection.readExactly(24);
    connection.write(frame(0, 4, 0, 0));
    Map<Integer, Stream> streams = new HashMap<>();
    long initial = 65_535;
    ArrayDeque<Integer> ready = new ArrayDeque<>();
    while (true) {
      byte[] head;
      try {
        head = connection.readExactly(9);
      } catch (IOException e) {
        return; // the client has left
      }
      ByteBuffer header = ByteBuffer.wrap(head);
      int length = (header.get() & 0xff) << 16 | (header.getShort() & 0xffff);
      int type = header.get();
      int flags = header.get();
      int stream = header.getInt();
      ByteBuffer payload = ByteBuffer.wrap(connection.readExactly(length));
      if (type == 4 && (flags & 1) == 0) {
        for (; payload.remaining() >= 6; ) {
          int name = payload.getShort();
          int value = payload.getInt();
          initial = name == 4 ? value : initial;
        }
        connection.write(frame(0, 4, 1, 0));
      } else if (type == 1) {
        Stream opened = new Stream();
        opened.window = initial;
        streams.put(stream, opened);
        heads(connection, stream);
        ready.add(stream);
      } else if (type == 8) {
        granted(streams.get(stream), payload.getInt());
        ready.add(stream);
      }
      while (!ready.isEmpty()) {
        int number = ready.remove();
        Stream next = streams.get(number);
        if (next != null) {
          send(connection, number, next);
        }
      }
    }
  }

  private static void granted(@Nullable Stream stream, int bytes) {
    if (stream != null) {
      stream.window += bytes;
      stream.outstanding -= bytes;
    }
  }

  private void heads(RawConnection connection, int stream) throws IOException {
    connection.write(frame(5, 1, 4, stream));
    connection.write(new byte[] {0x48, 3, '1', '0', '3'});
    byte[] fields = status.length > 0 ? status : FIELDS;
    connection.write(frame(1, 1, 0, stream));
    connection.write(new byte[] {fields[0]});
    connection.write(frame(fields.length - 1, 9, 4, stream));
    connection.write(Arrays.copyOfRange(fields, 1, fields.length));
  }

  private void send(RawConnection connection, int number, Stream stream) throws IOException {
    while (stream.sent < BODY_BYTES && stream.window > PADDING + 1) {
      long room = stream.window + beyond - PADDING - 1;
      int length = (int) Math.min(Math.min(FRAME_BYTES, BODY_BYTES - stream.sent), room);
      int whole = 1 + length + PADDING;
      connection.write(frame(whole, 0, 8, number));
      connection.write(new byte[] {PADDING});
      connection.write(sequence, stream.sent, length);
      connection.write(new byte[PADDING]);
      stream.sent += length;
      stream.window -= whole;
      stream.outstanding += whole;
      outstandingMax.accumulateAndGet(stream.outstanding, Math::max);
      if (stream.sent == BODY_BYTES) {
        connection.write(frame(0, 1, 5, number)); // trailers, of no field
      }
    }
  }

  private static byte[] frame(int length, int type, int flags, int stream) {
    return ByteBuffer.allocate(9)
        .put((byte) (length >> 16))
        .putShort((short) length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .array();
  }
}
