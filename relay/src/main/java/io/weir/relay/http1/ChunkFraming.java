package io.weir.relay.http1;

import io.weir.relay.pump.Framing;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A body that is chunked on one side or on both (RFC 9112, 7.1).
 *
 * <pre>
 *   PASS     chunked in, the same bytes out; becomes RECHUNK at the first chunk with an extension
 *   RECHUNK  chunked in, chunks of our own out: whatever data is at hand is one chunk
 *   DECHUNK  chunked in, the data alone out, for a client that speaks HTTP/1.0
 *   CHUNK    in until the source closes, chunks of our own out
 * </pre>
 *
 * A chunk of ours is as long as the data at hand when its size line is written. That data is still
 * in the source, so the promise can be kept however slowly the sink takes it. What is remembered
 * between calls: how much of that chunk is still to go ({@code chunkLeft}), and the part of a size
 * line that the sink did not take ({@code prefix}).
 *
 * <p>Thread: the loop.
 */
public final class ChunkFraming extends Framing {
  /** How the body changes on its way. */
  public enum Mode {
    PASS,
    RECHUNK,
    DECHUNK,
    CHUNK
  }

  private static final byte[] LAST = {'0', '\r', '\n', '\r', '\n'};
  private static final byte[] CRLF_LAST = {'\r', '\n', '0', '\r', '\n', '\r', '\n'};
  private static final byte[] NONE = {};

  private final ChunkScanner scanner = new ChunkScanner();
  private Mode mode;

  /** PASS: bytes from the first unconsumed one that were scanned and may go on. */
  private int scanned;

  /** Bytes of framing in front of the present piece's data: they are consumed with it. */
  private int lead;

  /** Length of the prefix of the present piece. */
  private int prefixLength;

  /** Data bytes of our own chunk that are still to be sent. */
  private int chunkLeft;

  /** Data of all chunks of ours that the sink took. */
  private long dataBytes;

  /** Whether a chunk of ours was begun whose final CRLF has not been written. */
  private boolean crlfDue;

  /** The present chunk's prefix, at the end of the array: CRLF, 16 hex digits, CRLF at most. */
  private final byte[] prefix = new byte[24];

  /** Bytes of it that the sink has not taken. */
  private int prefixLeft;

  /** The end of the body as it goes out, once it was reached. */
  private byte @Nullable [] ending;

  private int endingSent;
  private boolean pieceIsEnding;

  public ChunkFraming(Mode mode) {
    this.mode = mode;
  }

  @Override
  protected Found frame(byte[] bytes, int from, int to, boolean sourceEnded) {
    lead = 0;
    prefixLength = 0;
    pieceIsEnding = false;
    if (ending != null) {
      return framePiece(bytes);
    }
    return switch (mode) {
      case PASS -> framePass(bytes, from, to, sourceEnded);
      case DECHUNK -> frameData(bytes, from, to);
      case RECHUNK, CHUNK -> frameChunk(bytes, from, to, sourceEnded);
    };
  }

  private Found framePass(byte[] bytes, int from, int to, boolean sourceEnded) {
    if (from + scanned < to) {
      scanned = scanner.pass(bytes, from + scanned, to) - from;
    }
    if (scanned > 0 && to > from) {
      start = from;
      end = Math.min(to, from + scanned);
      return Found.PIECE;
    }
    if (scanner.extensionAhead()) {
      mode = Mode.RECHUNK;
      return frameChunk(bytes, from, to, sourceEnded);
    }
    return stopped(bytes, from, to);
  }

  /** Why the scanner gave no data: the last chunk, a fault, or the end of what is there. */
  private Found stopped(byte[] bytes, int from, int to) {
    if (scanner.faulted()) {
      return Found.MALFORMED;
    }
    if (!scanner.lastChunkAhead()) {
      return Found.NEED_MORE;
    }
    int length = scanner.parseEnd(bytes, from, to);
    if (length == Head.NEED_MORE) {
      return Found.NEED_MORE;
    }
    if (length < 0) {
      return Found.MALFORMED;
    }
    end(length);
    lead += length;
    return framePiece(bytes);
  }

  /** Prepares the bytes that end the body; it ended with {@code length} bytes of the source. */
  private void end(int length) {
    if (mode == Mode.DECHUNK) {
      ending = NONE;
    } else if (length <= LAST.length) {
      ending = crlfDue ? CRLF_LAST : LAST;
    } else {
      // Rare: trailer fields. Written, they need at most a CRLF and a space for each line more.
      byte[] room = new byte[2 * length + CRLF_LAST.length];
      room[0] = '\r';
      room[1] = '\n';
      ending = Arrays.copyOf(room, scanner.writeEnd(room, crlfDue ? 2 : 0));
    }
  }

  /** The piece is what is left of the ending; it does not come from the source. */
  private Found framePiece(byte[] bytes) {
    byte[] rest = ending == null ? NONE : ending;
    int length = rest.length - endingSent;
    // Overwrites what was peeked: it is understood, or lies behind the body and is peeked again.
    System.arraycopy(rest, endingSent, bytes, 0, length);
    start = 0;
    end = length;
    pieceIsEnding = true;
    return Found.PIECE;
  }

  private Found frameData(byte[] bytes, int from, int to) {
    int data = scanner.toData(bytes, from, to);
    lead = data - from;
    start = data;
    end = (int) Math.min(to, data + scanner.dataLeft());
    if (end > start) {
      return Found.PIECE;
    }
    Found why = stopped(bytes, data, to);
    return settled(why, data);
  }

  private Found frameChunk(byte[] bytes, int from, int to, boolean sourceEnded) {
    if (chunkLeft > 0) {
      return frameBegunChunk(bytes, from, to);
    }
    int data = mode == Mode.CHUNK ? from : scanner.toData(bytes, from, to);
    lead = data - from;
    int length = mode == Mode.CHUNK ? to - from : (int) Math.min(to - data, scanner.dataLeft());
    if (length <= 0) {
      if (mode == Mode.CHUNK) {
        return sourceEnded ? endOfSource(bytes) : Found.NEED_MORE;
      }
      return settled(stopped(bytes, data, to), data);
    }
    int first = ChunkScanner.writeSizeLineBefore(bytes, data, length);
    if (crlfDue) {
      bytes[--first] = '\n';
      bytes[--first] = '\r';
    }
    crlfDue = true;
    chunkLeft = length;
    prefixLength = data - first;
    System.arraycopy(bytes, first, prefix, prefix.length - prefixLength, prefixLength);
    start = first;
    end = data + length;
    return Found.PIECE;
  }

  private Found endOfSource(byte[] bytes) {
    end(LAST.length);
    return framePiece(bytes);
  }

  /** Framing was consumed although there is nothing to send yet: an empty piece settles it. */
  private Found settled(Found why, int data) {
    if (why == Found.NEED_MORE && lead > 0) {
      start = data;
      end = data;
      return Found.PIECE;
    }
    return why;
  }

  private Found frameBegunChunk(byte[] bytes, int from, int to) {
    int length = Math.min(chunkLeft, to - from);
    if (length == 0 && prefixLeft == 0) {
      return Found.NEED_MORE;
    }
    prefixLength = prefixLeft;
    start = from - prefixLeft;
    System.arraycopy(prefix, prefix.length - prefixLeft, bytes, start, prefixLeft);
    end = from + length;
    return Found.PIECE;
  }

  @Override
  protected int sent(int taken) {
    if (pieceIsEnding) {
      endingSent += taken;
      return lead;
    }
    if (mode == Mode.PASS) {
      scanned -= taken;
      return taken;
    }
    if (mode == Mode.DECHUNK) {
      scanner.dataTaken(taken);
      return lead + taken;
    }
    return sentOfChunk(taken);
  }

  private int sentOfChunk(int taken) {
    prefixLeft = Math.max(0, prefixLength - taken);
    int data = Math.max(0, taken - prefixLength);
    chunkLeft -= data;
    dataBytes += data;
    if (mode == Mode.RECHUNK && data > 0) {
      scanner.dataTaken(data);
    }
    return lead + data;
  }

  @Override
  protected boolean mayPass(long bytes) {
    return mode == Mode.PASS || mode == Mode.DECHUNK;
  }

  @Override
  protected long unseenBytes() {
    if (ending != null) {
      return 0;
    }
    return switch (mode) {
      case PASS -> scanned + scanner.dataLeft();
      case DECHUNK -> scanner.dataLeft();
      case RECHUNK, CHUNK -> 0; // a chunk of ours is no longer than what was looked at
    };
  }

  @Override
  protected void passed(int taken) {
    int known = Math.min(taken, scanned);
    scanned -= known;
    scanner.dataTaken(taken - known);
  }

  /** Bytes that the sink took in chunks of our own, their framing not counted. */
  public long dataBytes() {
    return dataBytes;
  }

  @Override
  public boolean over() {
    if (ending != null) {
      return endingSent == ending.length;
    }
    return mode == Mode.PASS && scanner.done() && scanned == 0;
  }

  @Override
  protected boolean owes() {
    return ending != null && endingSent < ending.length;
  }

  @Override
  public String fault() {
    return scanner.faulted()
        ? scanner.faultDetail()
        : "the chunked body ended before its last chunk";
  }
}
