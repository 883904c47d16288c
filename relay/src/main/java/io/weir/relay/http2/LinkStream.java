package io.weir.relay.http2;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.weir.relay.loop.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a link.
 *
 * <p>What is sent is either taken at once or refused: nothing of it waits in user space but fields
 * and data of a few bytes, which the water mark of the link bounds. Whoever was refused is told by
 * {@link StreamEvents#ready} when it may try again; streams that wait have turns.
 *
 * <p>Thread: the loop.
 */
public final class LinkStream {
  private final Http2Link link;
  private final Http2Stream stream;
  @Nullable StreamEvents events;

  /** What the peer lets us send; below 0 after it has made its initial window smaller. */
  int sendBytes;

  /** What the peer may still send, as far as it was told. */
  int receiveBytes;

  /** What it may have sent and was not drained. */
  int grantedBytes;

  int undrainedBytes;

  /** Whether it is in the link's list of those that are to be told, or wait for room. */
  boolean toldWaits;

  boolean roomWaits;
  boolean inputEnded;
  boolean early;

  /** Whether the peer knows of it: client role, once its fields are sent. */
  boolean begun;

  private boolean outputEnded;
  private boolean over;
  private @Nullable String malformed;

  // What of this stream is on its way: all but what was sent before a mark that was delivered.
  private long sent;
  private long lastPosition;
  private long markSent;
  private long nextPosition;
  private long nextSent;

  LinkStream(Http2Link link, Http2Stream stream, int sendBytes, int receiveBytes) {
    this.link = link;
    this.stream = stream;
    this.sendBytes = sendBytes;
    this.receiveBytes = receiveBytes;
  }

  /** Its number. */
  public int id() {
    return stream.id();
  }

  /** The link that it is one of. */
  public Http2Link link() {
    return link;
  }

  Http2Stream netty() {
    return stream;
  }

  /**
   * Sends fields: a head, an interim head or, with {@code end} behind a head, trailers. They go out
   * with the data that follow, or at the end of the turn.
   *
   * @return false if the link has too much to send already; {@link StreamEvents#ready} tells
   */
  public boolean fields(Http2Headers fields, boolean end) {
    if (over || outputEnded) {
      return true; // nobody is left to read them
    }
    if (!link.takesFields()) {
      link.awaitRoom(this);
      return false;
    }
    outputEnded = end;
    link.writeFields(this, fields, end);
    return true;
  }

  /**
   * Sends data.
   *
   * @param end whether nothing follows {@code length} bytes
   * @param more whether more follows at once
   * @return bytes taken; fewer than {@code length} if a window or the link is full
   */
  public int data(Scratch from, int offset, int length, boolean end, boolean more) {
    if (over || outputEnded) {
      return length;
    }
    int taken = link.writeData(this, from, offset, length, end, more);
    if (taken < length) {
      link.awaitRoom(this);
    }
    return taken;
  }

  /** Ends this side behind what was sent. Always taken. */
  public void end() {
    if (!over && !outputEnded) {
      outputEnded = true;
      link.writeEnd(this);
    }
  }

  /** Ends both sides at once; no effect on a stream that is over. */
  public void reset(Http2Error error) {
    if (!over) {
      link.reset(this, error);
    }
  }

  /**
   * From now on the peer may send so much beyond what was drained. A window that it knows of
   * already is not taken back: {@link #promisedBytes}.
   */
  public void grant(int bytes) {
    link.receiveWindows().grant(this, bytes);
  }

  /** So many bytes of data are not held any more. */
  public void drained(int bytes) {
    link.receiveWindows().drained(this, bytes);
  }

  /** What the peer may still send without another word, bytes. */
  public int promisedBytes() {
    return over || inputEnded ? 0 : Math.max(0, receiveBytes);
  }

  /** Whether {@link #data} would take something; if not, {@link StreamEvents#ready} will tell. */
  public boolean writable() {
    boolean takes = over || link.takesData(this);
    if (!takes) {
      link.awaitRoom(this);
    }
    return takes;
  }

  /** Whether {@link #fields} would be taken; if not, {@link StreamEvents#ready} will tell. */
  public boolean takesFields() {
    boolean takes = over || link.takesFields();
    if (!takes) {
      link.awaitRoom(this);
    }
    return takes;
  }

  /** Whether the peer's side has ended, in order or not. */
  boolean inputOver() {
    return over || inputEnded;
  }

  /** Whether both sides have ended, in order or not. */
  public boolean over() {
    return over;
  }

  /** What the codec found wrong with what the peer sent, so that the stream was reset; or null. */
  public @Nullable String malformed() {
    return malformed;
  }

  void malformed(@Nullable String rule) {
    malformed = rule;
  }

  /** Whether this side has ended. */
  public boolean outputEnded() {
    return outputEnded;
  }

  void endSent() {
    outputEnded = true;
  }

  void markOver() {
    over = true;
  }

  /** Counts bytes of it that were sent, the last of them at {@code position} of all. */
  void sent(int bytes, long position) {
    sent += bytes;
    lastPosition = position;
  }

  /** Bytes of it that may not have reached the peer yet: at least those that have not. */
  public long undelivered() {
    long delivered = link.deliveredBytes();
    if (lastPosition <= delivered) {
      return 0;
    }
    if (delivered >= nextPosition) {
      markSent = nextSent;
      nextPosition = lastPosition;
      nextSent = sent;
    }
    return Math.min(sent - markSent, lastPosition - delivered);
  }
}
