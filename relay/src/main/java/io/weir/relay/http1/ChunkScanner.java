package io.weir.relay.http1;

import io.weir.relay.http.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Finds the end of a chunked body (RFC 9112, 7.1) without holding any of it.
 *
 * <p>The caller peeks: what a call returns is the offset up to which the bytes are settled; it
 * takes those from the socket (and passes them on, or not), and the next call begins with the byte
 * behind. Bytes not settled stay in the socket: an incomplete size line, above all, is read whole
 * or not at all, so the state is a phase and a number.
 *
 * <pre>
 *                 size line, n > 0                 n bytes
 *   reset() --> SIZE -------------------> DATA ---------------> CR -- CR --> LF
 *               | ^                     dataLeft()                            |
 *               | +------------------------------- LF ------------------------+
 *               |  last chunk and its end
 *               +------------------------> DONE        any phase -- fault --> FAULT
 * </pre>
 *
 * <p>Two ways to read, which may change at any call, since they share the state:
 *
 * <ul>
 *   <li>{@link #pass}: the bytes go on exactly as they are. It stops at what must not: a size line
 *       with an extension (for one hop only; here it is dropped), and an end with trailer fields.
 *   <li>{@link #toData}: the framing is swallowed, the data is the caller's to frame again.
 * </ul>
 *
 * <p>Where {@link #dataLeft()} is above 0, that many bytes need no look at all: move them and say
 * so by {@link #dataTaken}.
 *
 * <p>Strict where readers are known to differ: size of 1 to 16 digits, below 2^63, no sign, no
 * prefix; CRLF and nothing else ends a line, also in an extension and in its quoted strings; no
 * whitespace behind the size, though the RFC's grammar lets some stand before a semicolon.
 *
 * <p>One per flow, confined to its loop; the trailer section may be shared by all of a loop.
 */
public final class ChunkScanner {
  /** From parseEnd: not whole yet. */
  public static final int NEED_MORE = Head.NEED_MORE;

  /** From parseEnd: refused, see {@link #fault()}. */
  public static final int INVALID = Head.INVALID;

  /** Bytes that {@link #writeSizeLineBefore} may write: 16 digits and CRLF. */
  public static final int SIZE_LINE_BYTES_MAX = 18;

  /** Most bytes of a size line with its extension; HTTP servers differ between 1 and 16 KiB. */
  static final int EXTENSION_LINE_BYTES_MAX = 4 * 1024;

  private static final int SIZE_DIGITS_MAX = 16;
  private static final byte[] END = Octets.ascii("0\r\n\r\n");

  private enum Phase {
    SIZE,
    DATA,
    CR,
    LF,
    DONE,
    FAULT
  }

  private @Nullable TrailerSection trailers;
  private Phase phase = Phase.SIZE;
  private long left;
  private boolean extensionAhead;
  private boolean lastChunkAhead;
  private boolean trailersRead;
  private @Nullable Reason fault;
  private String detail = "";

  /** What the last size line said; of use only right behind {@link #sizeLine}. */
  private long size;

  private boolean extension;

  /** With a trailer section of its own, made when the first trailers come. */
  public ChunkScanner() {}

  /** With a trailer section that scanners of the same loop share. */
  public ChunkScanner(TrailerSection trailers) {
    this.trailers = trailers;
  }

  /** Before the first byte of a body. */
  public void reset() {
    phase = Phase.SIZE;
    left = 0;
    extensionAhead = false;
    lastChunkAhead = false;
    trailersRead = false;
    fault = null;
    detail = "";
  }

  /**
   * Returns the end of the bytes in b[from,to) that may go on exactly as they are: data, its CRLF,
   * size lines without extension, and the end {@code 0 CRLF CRLF} if wholly in sight. Stops before
   * an incomplete size line, {@link #extensionAhead()}, {@link #lastChunkAhead()}, a fault (what is
   * before it is good), and behind the end ({@link #done()}).
   */
  public int pass(byte[] b, int from, int to) {
    extensionAhead = false;
    lastChunkAhead = false;
    int p = from;
    while (true) {
      switch (phase) {
        case DATA -> {
          int taken = (int) Math.min(left, to - p);
          dataTaken(taken);
          p += taken;
          if (phase == Phase.DATA) {
            return p;
          }
        }
        case CR, LF -> {
          int next = dataEnd(b, p, to);
          if (next == p) {
            return p;
          }
          p = next;
        }
        case SIZE -> {
          int next = sizeLine(b, p, to);
          if (next < 0) {
            return p;
          }
          if (size == 0) {
            return lastChunk(b, p, next, to);
          }
          if (extension) {
            extensionAhead = true;
            return p;
          }
          beginData();
          p = next;
        }
        case DONE, FAULT -> {
          return p;
        }
      }
    }
  }

  private int lastChunk(byte[] b, int line, int next, int to) {
    if (!extension && next + 2 <= to && b[next] == '\r' && b[next + 1] == '\n') {
      phase = Phase.DONE;
      return next + 2;
    }
    lastChunkAhead = true;
    return line;
  }

  /**
   * Swallows framing at b[from]: CRLF behind data, and a size line with or without extension.
   * Returns the offset of the next data byte, with {@link #dataLeft()} above 0; or how far framing
   * could be swallowed, with {@code dataLeft()} 0: more bytes are needed, or {@link
   * #lastChunkAhead()}, or {@link #faulted()}.
   */
  public int toData(byte[] b, int from, int to) {
    extensionAhead = false;
    lastChunkAhead = false;
    int p = from;
    while (phase == Phase.CR || phase == Phase.LF) {
      int next = dataEnd(b, p, to);
      if (next == p) {
        return p;
      }
      p = next;
    }
    if (phase != Phase.SIZE) {
      return p;
    }
    int next = sizeLine(b, p, to);
    if (next < 0) {
      return p;
    }
    if (size == 0) {
      lastChunkAhead = true;
      return p;
    }
    beginData();
    return next;
  }

  /** Says that n bytes of data went on; n is at most {@link #dataLeft()}. */
  public void dataTaken(long n) {
    if (n < 0 || n > left) {
      throw new IllegalArgumentException(n + " bytes of data taken where " + left + " are left");
    }
    left -= n;
    if (left == 0 && phase == Phase.DATA) {
      phase = Phase.CR;
    }
  }

  /** Bytes of the present chunk's data still to come. */
  public long dataLeft() {
    return left;
  }

  private void beginData() {
    left = size;
    phase = Phase.DATA;
  }

  /** Takes the next byte of the CRLF behind the data; returns p if there is none or a wrong one. */
  private int dataEnd(byte[] b, int p, int to) {
    if (p == to) {
      return p;
    }
    if (b[p] != (phase == Phase.CR ? '\r' : '\n')) {
      bad(Reason.BAD_FRAMING, "The data of a chunk is not followed by CRLF");
      return p;
    }
    phase = phase == Phase.CR ? Phase.LF : Phase.SIZE;
    return p + 1;
  }

  /**
   * Reads a size line into size and extension; the offset behind it, BAD or MORE. No change else.
   */
  private int sizeLine(byte[] b, int from, int to) {
    long value = 0;
    int p = from;
    while (p < to) {
      int digit = Octets.hexValue(b[p]);
      if (digit < 0) {
        break;
      }
      if (p - from == SIZE_DIGITS_MAX || value > Long.MAX_VALUE >> 4) {
        // RFC 9112, 7.1: a recipient must watch for overflow.
        return bad(Reason.BAD_FRAMING, "A chunk size is out of range");
      }
      value = value << 4 | digit;
      p++;
    }
    if (p == to) {
      return Head.MORE;
    }
    if (p == from) {
      return bad(Reason.BAD_FRAMING, "A chunk size does not begin with a hexadecimal digit");
    }
    size = value;
    extension = b[p] == ';';
    if (extension) {
      return extensionEnd(b, from, p + 1, to);
    }
    if (b[p] != '\r') {
      return bad(Reason.BAD_FRAMING, "A chunk size is not followed by CRLF or an extension");
    }
    return crlf(b, p, to);
  }

  private int crlf(byte[] b, int p, int to) {
    if (p + 1 == to) {
      return Head.MORE;
    }
    return b[p + 1] == '\n'
        ? p + 2
        : bad(Reason.BAD_FRAMING, "A CR in a chunk size line is not followed by LF");
  }

  /** RFC 9112, 7.1.1: of an extension only its end matters, and that it is no second line. */
  private int extensionEnd(byte[] b, int lineFrom, int from, int to) {
    int stop = Math.min(to, lineFrom + EXTENSION_LINE_BYTES_MAX);
    boolean quoted = false;
    int p = from;
    while (p < stop && Octets.is(b[p], Octets.VALUE)) {
      if (b[p] == '"') {
        quoted = !quoted;
      } else if (b[p] == '\\' && quoted) {
        if (p + 1 == stop || !Octets.is(b[p + 1], Octets.VALUE)) {
          p++;
          break;
        }
        p++;
      }
      p++;
    }
    if (p == stop) {
      return stop - lineFrom == EXTENSION_LINE_BYTES_MAX
          ? bad(Reason.BAD_FRAMING, "A chunk extension has more bytes than the limit")
          : Head.MORE;
    }
    if (b[p] != '\r' || quoted) {
      return bad(Reason.BAD_FRAMING, "A chunk extension holds a control character");
    }
    return crlf(b, p, to);
  }

  /**
   * At {@link #lastChunkAhead()}: reads the last chunk's line and the trailer section, whole or not
   * at all. May be called again with the same bytes, until {@link #writeEnd} has found room.
   *
   * @return their length in bytes, {@link #NEED_MORE} or {@link #INVALID}; {@link #done()} if above
   *     0
   */
  public int parseEnd(byte[] b, int from, int to) {
    if (phase != Phase.SIZE && !trailersRead) {
      throw new IllegalStateException("parseEnd in the middle of a chunk or behind the end");
    }
    TrailerSection section = trailers();
    int end = Math.min(to, from + section.trailerBytesMax);
    int p = sizeLine(b, from, end);
    if (p >= 0 && size != 0) {
      throw new IllegalStateException("parseEnd where there is no last chunk");
    }
    if (p >= 0) {
      p = section.read(b, p, end);
    }
    if (p == Head.MORE && end - from == section.trailerBytesMax) {
      p = section.tooLong();
    }
    if (p == Head.BAD && fault == null) {
      bad(section.fields.fault(), section.fields.detail());
    }
    if (p < 0) {
      return p == Head.MORE ? NEED_MORE : INVALID;
    }
    phase = Phase.DONE;
    trailersRead = true;
    lastChunkAhead = false;
    return p - from;
  }

  private TrailerSection trailers() {
    TrailerSection section = trailers;
    if (section == null) {
      section = new TrailerSection();
      trailers = section;
    }
    return section;
  }

  /**
   * Right behind {@link #parseEnd}, with its array unchanged: writes {@code 0 CRLF}, the trailer
   * fields that may be passed (RFC 9110, 6.5.1: none for framing, routing, modifiers,
   * authentication or content format), {@code CRLF}.
   *
   * @return the offset behind it, or -1 if there is too little room
   */
  public int writeEnd(byte[] out, int from) {
    if (!trailersRead) {
      throw new IllegalStateException("writeEnd before parseEnd");
    }
    TrailerSection section = trailers();
    if (out.length - from < END.length + section.bytesMax()) {
      return -1;
    }
    int p = Octets.put(END, 0, 3, out, from);
    return Octets.putCrlf(out, section.put(out, p));
  }

  /**
   * Right behind {@link #parseEnd}: shows the trailer fields that {@link #writeEnd} would write.
   */
  public void trailers(FieldReader to) {
    if (!trailersRead) {
      throw new IllegalStateException("trailers before parseEnd");
    }
    trailers().show(to);
  }

  /** Writes the end of a body without trailers, {@code 0 CRLF CRLF}; returns -1 without room. */
  public static int writeBareEnd(byte[] out, int from) {
    return out.length - from < END.length ? -1 : Octets.put(END, out, from);
  }

  /**
   * Writes {@code size} in hexadecimal and CRLF so that they end at {@code end}, where the chunk's
   * data begins; needs at most {@link #SIZE_LINE_BYTES_MAX} bytes before it. Returns their start.
   */
  public static int writeSizeLineBefore(byte[] out, int end, long size) {
    int p = end - 2;
    Octets.putCrlf(out, p);
    long rest = size;
    do {
      out[--p] = Octets.hexDigit((int) rest);
      rest >>>= 4;
    } while (rest != 0);
    return p;
  }

  /** Whether the last call stopped before a size line with an extension: go on with toData. */
  public boolean extensionAhead() {
    return extensionAhead;
  }

  /** Whether the last call stopped before the last chunk: go on with {@link #parseEnd}. */
  public boolean lastChunkAhead() {
    return lastChunkAhead;
  }

  /** Whether the body has ended: the next byte belongs to the next message. */
  public boolean done() {
    return phase == Phase.DONE;
  }

  /** Whether the body broke a rule. */
  public boolean faulted() {
    return fault != null;
  }

  /**
   * Why the body is refused.
   *
   * @throws IllegalStateException if it is not
   */
  public Reason fault() {
    if (fault == null) {
      throw new IllegalStateException("asked for a fault where there is none");
    }
    return fault;
  }

  /** The rule that was broken, as a constant sentence in ASCII; empty without a fault. */
  public String faultDetail() {
    return detail;
  }

  private int bad(Reason reason, String rule) {
    phase = Phase.FAULT;
    fault = reason;
    detail = rule;
    return Head.BAD;
  }
}
