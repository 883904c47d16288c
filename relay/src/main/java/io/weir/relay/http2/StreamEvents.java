package io.weir.relay.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Who has a stream is told of it here. Thread: the loop.
 *
 * <p>All but {@link #ready} are called while frames are decoded: they take note, and may reset the
 * stream, but nothing else. {@code ready} comes after the last frame of a read, and may do
 * anything.
 */
public interface StreamEvents {
  /**
   * Fields have arrived: a request's or a response's, an interim response's, or trailers.
   *
   * @param end whether nothing follows
   */
  void fields(Http2Headers fields, boolean end);

  /**
   * Data have arrived, within the window that was granted. They count as held until {@link
   * LinkStream#drained}.
   *
   * @param data borrowed: to be copied before this returns; may be empty
   * @param end whether nothing follows
   */
  void data(ByteBuf data, boolean end);

  /**
   * The stream is over before both sides had ended it: the peer or this side has reset it, or the
   * link is gone. Called once at most.
   *
   * @param errorCode of RFC 9113, 7; {@link #LINK_GONE} if there was none
   */
  void broken(long errorCode);

  /** Something has arrived, or there may be room to send. May be spurious. */
  void ready();

  /** {@link #ready} threw, which is our fault: give up this stream. The fault is recorded. */
  void abandon();

  /** The connection ended, in order or not, without a word about this stream. */
  long LINK_GONE = -1;
}
