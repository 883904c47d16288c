package io.weir.relay.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import org.jspecify.annotations.Nullable;

/** Netty's codec, with its limits set, and its faults told to the link. Thread: the loop. */
final class LinkCodec extends Http2ConnectionHandler {
  private final Http2Link link;
  private @Nullable ChannelHandlerContext context;

  private LinkCodec(
      Http2Link link,
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings) {
    super(decoder, encoder, settings);
    this.link = link;
  }

  static LinkCodec of(
      Http2Link link,
      Http2Connection connection,
      LinkSettings settings,
      Http2FrameListener listener) {
    return new Builder(link, connection, settings, listener).build();
  }

  ChannelHandlerContext context() {
    ChannelHandlerContext at = context;
    if (at == null) {
      throw new IllegalStateException("a link that has not begun");
    }
    return at;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext at) throws Exception {
    context = at;
    super.handlerAdded(at);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext at) throws Exception {
    link.readComplete();
    super.channelReadComplete(at);
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext at, boolean outbound, Throwable cause, @Nullable Http2Exception known) {
    link.connectionError(outbound, cause, known);
    super.onConnectionError(at, outbound, cause, known);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext at,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException known) {
    int id = known.streamId();
    if (known.error() == Http2Error.STREAM_CLOSED && connection().stream(id) == null) {
      // Towards an origin each stream is ours: what comes of one that is gone was on its way.
      if (connection().isServer() && !link.wasReset(id)) {
        // RFC 9113, 5.1 and 5.1.1: a stream that was closed, or can never be opened any more.
        Http2Error error = link.wasOpened(id) ? known.error() : Http2Error.PROTOCOL_ERROR;
        onError(at, outbound, Http2Exception.connectionError(error, known.getMessage()));
      } // else frames that were on their way
      return;
    }
    link.streamError(outbound, cause, known);
    super.onStreamError(at, outbound, cause, fieldsBehindTheEnd(known) ? closed(known) : known);
  }

  /** RFC 9113, 5.1: where Netty says PROTOCOL_ERROR, since it takes them for too many. */
  private boolean fieldsBehindTheEnd(Http2Exception.StreamException known) {
    String message = known.getMessage();
    return message != null
        && message.contains("received too many headers")
        && link.inputEnded(known.streamId());
  }

  private static Http2Exception.StreamException closed(Http2Exception.StreamException known) {
    return (Http2Exception.StreamException)
        Http2Exception.streamError(
            known.streamId(), Http2Error.STREAM_CLOSED, known, "Fields behind the end of a stream");
  }

  @Override
  protected void handleServerHeaderDecodeSizeError(ChannelHandlerContext at, Http2Stream of) {
    link.fieldsTooLarge(of);
    super.handleServerHeaderDecodeSizeError(at, of);
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<LinkCodec, Builder> {
    private final Http2Link link;

    Builder(
        Http2Link link,
        Http2Connection connection,
        LinkSettings settings,
        Http2FrameListener listener) {
      this.link = link;
      connection(connection);
      initialSettings(said(settings));
      frameListener(listener);
      gracefulShutdownTimeoutMillis(-1); // the link's owner has a limit of its own
      validateHeaders(true);
      if (!settings.server()) {
        headerSensitivityDetector((name, value) -> secret(name));
      }
      encoderIgnoreMaxHeaderListSize(true);
      encoderEnforceMaxQueuedControlFrames(LinkSettings.CONTROL_QUEUE_MAX);
      decoderEnforceMaxConsecutiveEmptyDataFrames(LinkSettings.EMPTY_DATA_MAX);
      decoderEnforceMaxRstFramesPerWindow(LinkSettings.RESETS_MAX, LinkSettings.RESETS_SECONDS);
      encoderEnforceMaxRstFramesPerWindow(LinkSettings.RESETS_MAX, LinkSettings.RESETS_SECONDS);
      decoderEnforceMaxSmallContinuationFrames(LinkSettings.SMALL_CONTINUATIONS_MAX);
    }

    private static Http2Settings said(LinkSettings settings) {
      Http2Settings said =
          new Http2Settings()
              .initialWindowSize(settings.windowBytes())
              .maxHeaderListSize(settings.fieldBytesMax());
      if (settings.server()) {
        said.maxConcurrentStreams(settings.streamsMax());
        if (settings.extendedConnect()) {
          said.connectProtocolEnabled(true);
        }
      } else {
        said.pushEnabled(false);
      }
      return said;
    }

    @Override
    public LinkCodec build() {
      return super.build();
    }

    @Override
    protected LinkCodec build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new LinkCodec(link, decoder, encoder, settings);
    }
  }

  /**
   * A link to an origin has one table for all clients: secrets of one stay out of it (RFC 7541,
   * 7.1).
   */
  private static boolean secret(CharSequence name) {
    return HttpHeaderNames.AUTHORIZATION.contentEqualsIgnoreCase(name)
        || HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(name);
  }

  /** Whether an error is one of those that Netty's limits raise. */
  static boolean flood(@Nullable Http2Exception known) {
    return known != null && known.error() == Http2Error.ENHANCE_YOUR_CALM;
  }
}
