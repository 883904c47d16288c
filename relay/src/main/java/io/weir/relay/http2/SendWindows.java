package io.weir.relay.http2;

import static io.netty.handler.codec.http2.Http2Error.FLOW_CONTROL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.connectionError;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/**
 * How much the peer lets us send, on each stream and on all together (RFC 9113, 6.9).
 *
 * <p>In the place of Netty's controller, which queues what the windows do not let through, bytes
 * that no water mark sees (netty#9256). Here nothing waits: whoever has data asks first, and sends
 * no more than it may.
 *
 * <p>Thread: the loop.
 */
final class SendWindows implements Http2RemoteFlowController {
  private final Http2Connection connection;
  private final Http2Link link;
  private @Nullable ChannelHandlerContext context;
  private int initialBytes = LinkSettings.FIRST_WINDOW_BYTES;
  private int connectionBytes = LinkSettings.FIRST_WINDOW_BYTES;

  SendWindows(Http2Connection connection, Http2Link link) {
    this.connection = connection;
    this.link = link;
  }

  /** What may be sent on a stream now, bytes. */
  int allowed(LinkStream stream) {
    return Math.max(0, Math.min(connectionBytes, stream.sendBytes));
  }

  /** Whether it is the window of the connection that lets nothing through. */
  boolean connectionShut() {
    return connectionBytes <= 0;
  }

  void sent(LinkStream stream, int bytes) {
    connectionBytes -= bytes;
    stream.sendBytes -= bytes;
  }

  @Override
  public void channelHandlerContext(ChannelHandlerContext next) {
    context = next;
  }

  @Override
  public @Nullable ChannelHandlerContext channelHandlerContext() {
    return context;
  }

  @Override
  public void initialWindowSize(int bytes) throws Http2Exception {
    int more = bytes - initialBytes;
    initialBytes = bytes;
    for (LinkStream stream : link.streams()) {
      if (more > 0 && stream.sendBytes > Integer.MAX_VALUE - more) {
        throw connectionError(FLOW_CONTROL_ERROR, "A setting makes a window too large");
      }
      stream.sendBytes += more;
    }
    if (more > 0) {
      link.widened(null);
    }
  }

  @Override
  public int initialWindowSize() {
    return initialBytes;
  }

  @Override
  public int windowSize(Http2Stream of) {
    LinkStream stream = link.of(of);
    return stream == null ? connectionBytes : stream.sendBytes;
  }

  @Override
  public void incrementWindowSize(Http2Stream of, int more) throws Http2Exception {
    if (of.id() == connection.connectionStream().id()) {
      if (connectionBytes > Integer.MAX_VALUE - more) {
        throw connectionError(FLOW_CONTROL_ERROR, "The connection's window is too large");
      }
      connectionBytes += more;
      link.widened(null);
      return;
    }
    LinkStream stream = link.of(of);
    if (stream == null) {
      return;
    }
    if (stream.sendBytes > Integer.MAX_VALUE - more) {
      throw streamError(of.id(), FLOW_CONTROL_ERROR, "The stream's window is too large");
    }
    stream.sendBytes += more;
    link.widened(stream);
  }

  @Override
  public boolean isWritable(Http2Stream of) {
    LinkStream stream = link.of(of);
    return stream != null && allowed(stream) > 0;
  }

  /** Data never come this way. */
  @Override
  public void addFlowControlled(Http2Stream of, FlowControlled payload) {
    ChannelHandlerContext at = context;
    if (at == null) {
      throw new IllegalStateException("data before the link has begun");
    }
    payload.error(at, new UnsupportedOperationException("data are sent by LinkStream"));
  }

  @Override
  public boolean hasFlowControlled(Http2Stream of) {
    return false;
  }

  @Override
  public void writePendingBytes() {}

  @Override
  public void listener(Listener listener) {}

  @Override
  public void channelWritabilityChanged() {}

  /** Priorities of RFC 7540 are deprecated (RFC 9113, 5.3.2): streams have turns. */
  @Override
  public void updateDependencyTree(int child, int parent, short weight, boolean exclusive) {}
}
