package io.weir.relay.http2;

import static io.netty.handler.codec.http2.Http2Error.FLOW_CONTROL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * How much the peer may send, on each stream and on all together (RFC 9113, 6.9).
 *
 * <pre>
 *   granted(limit) = window that the peer knows of  +  arrived and not drained
 *                    \__ falls as data arrive __/      \__ falls as the sink takes them __/
 *
 *   WINDOW_UPDATE when half of the limit, or all that there is, could be given anew
 * </pre>
 *
 * A window is a promise to hold, so its limit is a lease, and what was promised under a larger one
 * is not taken back. The connection's window is returned when data arrive, whoever may have them: a
 * stream that stands still does not stop its siblings, and what they all may hold is the sum of
 * their own windows.
 *
 * <h2>Before our settings are acknowledged</h2>
 *
 * A peer may send 65,535 bytes on each stream until it has read our settings. So the connection's
 * window, 65,535 bytes for all, is not returned before that: this much a link has a lease for.
 *
 * <p>Thread: the loop.
 */
final class ReceiveWindows implements Http2LocalFlowController {
  private final Http2Link link;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Http2FrameWriter writer;
  private int initialBytes = LinkSettings.FIRST_WINDOW_BYTES;
  private int connectionBytes = LinkSettings.FIRST_WINDOW_BYTES;
  private boolean acknowledged;

  ReceiveWindows(Http2Link link) {
    this.link = link;
  }

  @Override
  public void channelHandlerContext(ChannelHandlerContext next) {
    context = next;
  }

  @Override
  public Http2LocalFlowController frameWriter(Http2FrameWriter next) {
    writer = next;
    return this;
  }

  /** Our settings hold from now on. */
  void acknowledged() {
    acknowledged = true;
    refill();
  }

  @Override
  public void initialWindowSize(int bytes) {
    int more = bytes - initialBytes;
    initialBytes = bytes;
    for (LinkStream stream : link.streams()) {
      stream.receiveBytes += more;
      update(stream);
    }
  }

  @Override
  public int initialWindowSize() {
    return initialBytes;
  }

  @Override
  public int windowSize(Http2Stream of) {
    LinkStream stream = link.of(of);
    return stream == null ? connectionBytes : stream.receiveBytes;
  }

  @Override
  public int initialWindowSize(Http2Stream of) {
    LinkStream stream = link.of(of);
    return stream == null ? LinkSettings.CONNECTION_WINDOW_BYTES : stream.grantedBytes;
  }

  @Override
  public void incrementWindowSize(Http2Stream of, int more) {
    LinkStream stream = link.of(of);
    if (stream != null) {
      grant(stream, stream.grantedBytes + more);
    }
  }

  /** From now on a stream may hold so much that has arrived and was not drained. */
  void grant(LinkStream stream, int bytes) {
    stream.grantedBytes = bytes;
    update(stream);
  }

  @Override
  public void receiveFlowControlledFrame(
      @Nullable Http2Stream of, ByteBuf data, int padding, boolean end) throws Http2Exception {
    int bytes = data.readableBytes() + padding;
    connectionBytes -= bytes;
    if (connectionBytes < 0) {
      throw connectionError(FLOW_CONTROL_ERROR, "More data than the connection's window allows");
    }
    if (acknowledged && connectionBytes < LinkSettings.CONNECTION_WINDOW_BYTES / 2) {
      refill();
    }
    LinkStream stream = of == null ? null : link.of(of);
    if (stream == null) {
      return;
    }
    stream.receiveBytes -= bytes;
    stream.undrainedBytes += bytes;
    if (stream.receiveBytes < 0) {
      throw streamError(stream.id(), FLOW_CONTROL_ERROR, "More data than the window allows");
    }
  }

  private void refill() {
    int more = LinkSettings.CONNECTION_WINDOW_BYTES - connectionBytes;
    connectionBytes += more;
    write(0, more);
  }

  @Override
  public boolean consumeBytes(@Nullable Http2Stream of, int bytes) {
    LinkStream stream = of == null ? null : link.of(of);
    if (stream == null || bytes == 0) {
      return false;
    }
    drained(stream, bytes);
    return true;
  }

  void drained(LinkStream stream, int bytes) {
    stream.undrainedBytes -= bytes;
    update(stream);
  }

  /** The peer knows of a stream from now on. */
  void begun(LinkStream stream) {
    update(stream);
  }

  private void update(LinkStream stream) {
    int more = stream.grantedBytes - stream.undrainedBytes - stream.receiveBytes;
    boolean worth = more >= stream.grantedBytes / 2 || stream.receiveBytes <= 0;
    if (more > 0 && worth && stream.begun && !stream.inputOver()) {
      stream.receiveBytes += more;
      write(stream.id(), more);
    }
  }

  private void write(int id, int more) {
    Http2FrameWriter to = writer;
    ChannelHandlerContext at = context;
    if (to != null && at != null && at.channel().isActive()) {
      var _ = to.writeWindowUpdate(at, id, more, at.newPromise());
      link.flushLater();
    }
  }

  @Override
  public int unconsumedBytes(Http2Stream of) {
    LinkStream stream = link.of(of);
    return stream == null ? 0 : stream.undrainedBytes;
  }
}
