package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * One response as a function of the position on the wire: head, then body. Since seeded bytes are
 * computed, not stored, a connection's whole progress is one number, and a write that stopped
 * anywhere goes on there.
 *
 * @param head with its blank line; never written to
 * @param body what follows
 * @param then what happens to the connection afterwards
 * @param delayMillis time to wait before the first byte
 */
@SuppressWarnings("ArrayRecordComponent") // identity is enough: answers are not compared
record Answer(byte[] head, Body body, Then then, long delayMillis) {
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(ISO_8859_1);
  private static final byte[] LINE_END = "\r\n".getBytes(ISO_8859_1);

  /** What happens to a connection after its answer. */
  enum Then {
    /** The next request is read. */
    KEEP,
    /** It is closed in good order (FIN). */
    CLOSE,
    /** It is reset (RST). */
    RESET
  }

  /** A body on the wire. */
  sealed interface Body {
    /** Returns how many bytes the body has on the wire, framing included. */
    long wireBytes();

    /** Adds what comes from a wire position on, until the batch is full or the body ends. */
    void gather(long position, Batch batch);
  }

  /**
   * Seeded bytes as they are.
   *
   * @param from position in the sequence of the first
   */
  record Seeded(long from, long wireBytes) implements Body {
    @Override
    public void gather(long position, Batch batch) {
      for (long at = position; at < wireBytes && !batch.isFull(); ) {
        at += batch.addSeeded(from + at, wireBytes - at);
      }
    }
  }

  /** Bytes as they are. */
  record Text(byte[] bytes) implements Body {
    @Override
    public long wireBytes() {
      return bytes.length;
    }

    @Override
    public void gather(long position, Batch batch) {
      batch.addFrame(bytes, (int) position);
    }
  }

  /**
   * Seeded bytes in chunks of one size (RFC 9112, 7.1), the last perhaps shorter:
   *
   * <pre>
   *   | size CRLF data CRLF | size CRLF data CRLF | ... | rest CRLF data CRLF | 0 CRLF CRLF |
   *   |&lt;----- unit -------&gt;|                           |&lt;- if there is one -&gt;|
   * </pre>
   */
  record Chunked(long length, long chunk, byte[] sizeLine, byte[] restLine) implements Body {
    static Chunked of(long length, long chunk) {
      return new Chunked(length, chunk, sizeLine(chunk), sizeLine(length % chunk));
    }

    private static byte[] sizeLine(long size) {
      return (Long.toHexString(size) + "\r\n").getBytes(ISO_8859_1);
    }

    private long unit() {
      return sizeLine.length + chunk + LINE_END.length;
    }

    private long restUnit() {
      long rest = length % chunk;
      return rest == 0 ? 0 : restLine.length + rest + LINE_END.length;
    }

    @Override
    public long wireBytes() {
      return length / chunk * unit() + restUnit() + LAST_CHUNK.length;
    }

    @Override
    public void gather(long position, Batch batch) {
      long fullUnits = length / chunk * unit();
      long dataUnits = fullUnits + restUnit();
      long at = position;
      long added = 1;
      while (at < dataUnits && !batch.isFull() && added > 0) {
        long index = at < fullUnits ? at / unit() : length / chunk;
        added = gatherUnit(index, at - index * unit(), at < fullUnits, batch);
        at += added;
      }
      if (at >= dataUnits && !batch.isFull()) {
        batch.addFrame(LAST_CHUNK, (int) (at - dataUnits));
      }
    }

    private long gatherUnit(long index, long offset, boolean full, Batch batch) {
      byte[] line = full ? sizeLine : restLine;
      long size = full ? chunk : length % chunk;
      if (offset < line.length) {
        return batch.addFrame(line, (int) offset);
      }
      long inData = offset - line.length;
      if (inData < size) {
        return batch.addSeeded(index * chunk + inData, size - inData);
      }
      return batch.addFrame(LINE_END, (int) (inData - size));
    }
  }

  /** No body, and what an answer to HEAD has. */
  static final Text NONE = new Text(new byte[0]);

  long wireBytes() {
    return head.length + body.wireBytes();
  }

  /** Adds what comes from a wire position on, until the batch is full or the answer ends. */
  void gather(long position, Batch batch) {
    long at = position;
    if (at < head.length) {
      at += batch.addFrame(head, (int) at);
    }
    if (at >= head.length && at < wireBytes()) {
      body.gather(at - head.length, batch);
    }
  }
}
