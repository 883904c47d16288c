package io.weir.relay.translation;

import io.netty.buffer.ByteBuf;
import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Scratch;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What arrives on a stream, as the bytes of an HTTP/1.1 message: a head made from the fields, then
 * the data, chunked where the fields do not tell their length.
 *
 * <pre>
 *   | text | data ....... | text | data ... | text |
 *    head,   as many as    CRLF,              CRLF 0 CRLF
 *    size    have come     size               trailers CRLF
 * </pre>
 *
 * Only what was shown is settled: a chunk is as long as the data that had come when its size was
 * made, and its size is made when everything before it is consumed. So peeking again shows the same
 * bytes, with more behind them only where that changes none.
 *
 * <p>Thread: the loop.
 */
final class Inbound {
  /** How the data are framed. */
  enum Framing {
    /** They are as many as the head says, or a tunnel's. */
    PLAIN,
    CHUNKED
  }

  private static final byte[] NOTHING = {};

  private final ByteQueue data = new ByteQueue();
  private Framing framing = Framing.PLAIN;
  private byte[] text = NOTHING;
  private int textFrom;
  private boolean headCame;

  /** Whether some of the head was not consumed. */
  private boolean headWaits;

  private boolean firstChunk = true;

  /** Data of the present chunk that are not consumed. */
  private int chunkLeft;

  private boolean ended;
  private byte @Nullable [] trailers;
  private boolean lastText;
  private boolean endTold;
  private boolean shownToEnd;
  private boolean broken;

  /** A head has come; of an interim response there may be others behind it. */
  void head(byte[] head, Framing next) {
    text = textFrom < text.length ? joined(head) : head;
    textFrom = 0;
    headCame = true;
    headWaits = true;
    framing = next;
    endTold = false;
  }

  private byte[] joined(byte[] head) {
    byte[] both = new byte[text.length - textFrom + head.length];
    System.arraycopy(text, textFrom, both, 0, text.length - textFrom);
    System.arraycopy(head, 0, both, text.length - textFrom, head.length);
    return both;
  }

  void data(ByteBuf more, int windowBytes) {
    data.add(more, windowBytes);
  }

  /**
   * Nothing follows.
   *
   * @param fields trailers as lines that end with CRLF each; only a chunked message can have them
   */
  void end(byte[] fields) {
    ended = true;
    trailers = fields;
  }

  /**
   * It will never be whole. What has come is shown before the break; but where a head still waits,
   * all is dropped: nothing was passed on, so the request may be answered by an error of ours, or
   * sent again. What is kept was within the stream's window, and stays leased.
   */
  void breakOff() {
    if (!wholeConsumed()) {
      broken = true;
      shownToEnd = false;
      if (headWaits || !headCame) {
        release();
      }
    }
  }

  /** As {@link Source#peek}. */
  int peek(Scratch into, int offset, int lengthMax) {
    shownToEnd = false;
    nextText();
    int copied = Math.min(lengthMax, text.length - textFrom);
    System.arraycopy(text, textFrom, into.bytes(), offset, copied);
    boolean wholeText = copied == text.length - textFrom;
    if (wholeText && copied < lengthMax) {
      copied += data.copy(into.bytes(), offset + copied, Math.min(lengthMax - copied, plain()));
    }
    shownToEnd = endsWith(copied);
    if (copied == 0 && (shownToEnd || broken)) {
      endTold = true;
      return broken ? Source.BROKEN : Source.END;
    }
    return copied;
  }

  /** Data that may be shown behind the text. */
  private int plain() {
    return framing == Framing.PLAIN ? data.bytes() : chunkLeft;
  }

  /** Whether nothing can follow the next {@code length} bytes. */
  private boolean endsWith(int length) {
    return ended
        && !broken
        && headCame
        && (framing == Framing.PLAIN || lastText)
        && length == text.length - textFrom + data.bytes();
  }

  /** Makes the text between chunks when all before it is consumed. */
  private void nextText() {
    if (framing == Framing.PLAIN || textFrom < text.length || chunkLeft > 0 || lastText) {
      return;
    }
    String before = firstChunk ? "" : "\r\n";
    if (data.bytes() > 0) {
      chunkLeft = data.bytes();
      setText(before + Integer.toHexString(chunkLeft) + "\r\n", NOTHING);
      firstChunk = false;
    } else if (ended && !broken) {
      lastText = true;
      setText(before + "0\r\n", trailers == null ? NOTHING : trailers);
    }
  }

  private void setText(String first, byte[] fields) {
    byte[] ascii = first.getBytes(StandardCharsets.US_ASCII);
    int end = lastText ? 2 : 0;
    byte[] made = new byte[ascii.length + fields.length + end];
    System.arraycopy(ascii, 0, made, 0, ascii.length);
    System.arraycopy(fields, 0, made, ascii.length, fields.length);
    if (lastText) {
      made[made.length - 2] = '\r';
      made[made.length - 1] = '\n';
    }
    text = made;
    textFrom = 0;
  }

  /** As {@link Source#skip}; returns how many of the bytes were data. */
  int skip(int length) {
    int texts = Math.min(length, text.length - textFrom);
    textFrom += texts;
    headWaits &= textFrom < text.length;
    if (textFrom == text.length) {
      text = NOTHING;
      textFrom = 0;
    }
    int datas = Math.min(length - texts, data.bytes());
    data.skip(datas);
    if (framing == Framing.CHUNKED) {
      chunkLeft -= datas;
    }
    return datas;
  }

  /** Whether a peek could bring something that the last one did not, or was not consumed. */
  boolean readable() {
    return textFrom < text.length
        || data.bytes() > 0
        || (broken && !endTold)
        || (ended && headCame && !endTold);
  }

  /** As {@link Source#inputEnded}. */
  boolean inputEnded() {
    return shownToEnd;
  }

  boolean broken() {
    return broken;
  }

  /** Whether the peer has sent all, whether or not it was consumed. */
  boolean ended() {
    return ended;
  }

  private boolean wholeConsumed() {
    return endsWith(0);
  }

  /** Text that waits, bytes: a head that was not consumed, as a rule. */
  int textBytes() {
    return text.length;
  }

  /** What its data take, bytes. */
  int heldBytes() {
    return data.heldBytes();
  }

  int dataBytes() {
    return data.bytes();
  }

  /** Drops what has come. */
  void release() {
    data.release();
    text = NOTHING;
    textFrom = 0;
    chunkLeft = 0;
  }
}
