package io.weir.relay.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/** What Netty's decoder tells of frames. Thread: the loop. */
final class LinkFrames extends Http2FrameAdapter {
  private final Http2Link link;
  private final ControlAllowance allowance;

  LinkFrames(Http2Link link, ControlAllowance allowance) {
    this.link = link;
    this.allowance = allowance;
  }

  /** Counts a control frame. */
  private void control() throws Http2Exception {
    link.frameArrived();
    if (!allowance.take()) {
      throw Http2Exception.connectionError(
          Http2Error.ENHANCE_YOUR_CALM, "More control frames than the traffic explains");
    }
  }

  @Override
  public int onDataRead(ChannelHandlerContext at, int id, ByteBuf data, int padding, boolean end) {
    link.frameArrived();
    allowance.data(data.readableBytes());
    LinkStream stream = link.stream(id);
    stream.inputEnded |= end;
    StreamEvents events = stream.events;
    if (events == null) {
      return data.readableBytes() + padding;
    }
    events.data(data, end);
    link.tellLater(stream);
    return padding;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext at,
      int id,
      Http2Headers fields,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end) {
    link.frameArrived();
    allowance.fields();
    LinkStream stream = link.stream(id);
    stream.inputEnded |= end;
    StreamEvents events = stream.events;
    if (events == null) {
      events = link.opened(stream);
      if (events == null) {
        link.reset(stream, Http2Error.REFUSED_STREAM);
        return;
      }
      stream.events = events;
    }
    events.fields(fields, end);
    link.tellLater(stream);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext at, int id, long errorCode)
      throws Http2Exception {
    control();
    link.over(link.stream(id), errorCode);
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext at, Http2Settings settings)
      throws Http2Exception {
    control();
    link.settled(settings);
  }

  @Override
  public void onSettingsAckRead(ChannelHandlerContext at) throws Http2Exception {
    control();
    link.ownSettingsAcknowledged();
  }

  @Override
  public void onPingRead(ChannelHandlerContext at, long data) throws Http2Exception {
    control();
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext at, long data) throws Http2Exception {
    control();
  }

  @Override
  public void onPriorityRead(
      ChannelHandlerContext at, int id, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    control();
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext at, int id, int more) throws Http2Exception {
    control();
  }

  @Override
  public void onUnknownFrame(
      ChannelHandlerContext at, byte type, int id, Http2Flags flags, ByteBuf payload) {
    link.frameArrived();
  }
}
