package io.weir.relay.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.weir.relay.loop.Scratch;

/**
 * Cuts data into DATA frames and sends them: from the pump's scratch space through the one of
 * frames to the endpoint, without a buffer, a queue or an object in between, but for a few bytes.
 *
 * <pre>
 *   | what waits in the outbound buffer | head | 16,384 bytes | head | 16,384 bytes | head | rest |
 *   \_________________________ one write of the endpoint, which takes k bytes ____________________/
 * </pre>
 *
 * Frames that were taken are sent. Of one that was taken in part the rest is kept, and goes out
 * before anything else: its length has been said. The others were never there.
 *
 * <h2>A few bytes</h2>
 *
 * Small bodies and messages of many streams come in the same turn, and a send for each would cost
 * more than all the rest. So data of at most {@link #SMALL_BYTES} are copied to the outbound buffer
 * instead, where fields wait too, and leave with them at the end of the turn: as long as the
 * endpoint takes bytes and no more than half of the outbound buffer's mark waits. At the mark
 * itself nothing is read any more, so two such peers that wait for each other would stand still.
 *
 * <p>Thread: the loop.
 */
final class DataFrames {
  private static final int HEAD_BYTES = 9;

  /** Of a DATA frame, bytes: what every peer takes. */
  private static final int DATA_BYTES_MAX = 16_384;

  /** Data that are copied, to leave with others. */
  private static final int SMALL_BYTES = 2_048;

  /** What may wait already: data alone must never reach the mark at which reading stops. */
  private static final int SMALL_WAITING_BYTES_MAX = EndpointChannel.HIGH_BYTES / 2;

  private static final int FRAME_BYTES = HEAD_BYTES + DATA_BYTES_MAX;

  private final Http2Link link;
  private final EndpointChannel channel;
  private final Scratch frames;
  private final SendWindows windows;
  private final ControlAllowance allowance;

  DataFrames(
      Http2Link link,
      EndpointChannel channel,
      Scratch frames,
      SendWindows windows,
      ControlAllowance allowance) {
    this.link = link;
    this.channel = channel;
    this.frames = frames;
    this.windows = windows;
    this.allowance = allowance;
  }

  /** As {@link LinkStream#data}. */
  int write(LinkStream stream, Scratch from, int offset, int length, boolean end, boolean more) {
    if (length <= SMALL_BYTES
        && channel.clear()
        && channel.waitingBytes() <= SMALL_WAITING_BYTES_MAX
        && windows.allowed(stream) >= length) {
      queue(stream, from, offset, length, end);
      return length;
    }
    int taken = 0;
    try {
      while (taken < length && channel.clear()) {
        int left = Math.min(length - taken, windows.allowed(stream));
        if (left == 0) {
          break;
        }
        boolean last = left == length - taken;
        // Where the window ends, nothing follows at once: with MSG_MORE the kernel would wait for
        // it.
        int sent = writeFrames(stream, from, offset + taken, left, end && last, more && last);
        if (sent <= 0) {
          break;
        }
        taken += sent;
      }
    } catch (Exception e) {
      channel.abandon(); // the peer is gone: its streams are told
      return length;
    }
    return taken;
  }

  private void queue(LinkStream stream, Scratch from, int offset, int length, boolean end) {
    byte[] head = new byte[HEAD_BYTES];
    putHead(head, 0, length, end, stream.id());
    ByteBuf frame = channel.config().getAllocator().directBuffer(HEAD_BYTES + length);
    channel.queue(frame.writeBytes(head).writeBytes(from.bytes(), offset, length));
    count(stream, length, channel.positionBytes());
    link.flushLater();
    if (end) {
      link.dataEnded(stream);
    }
  }

  private void count(LinkStream stream, int data, long position) {
    windows.sent(stream, data);
    allowance.data(data);
    stream.sent(data, position);
  }

  /** Lays out frames of as many bytes as the scratch space has room for, and sends them. */
  private int writeFrames(
      LinkStream stream, Scratch from, int offset, int length, boolean end, boolean more)
      throws Exception {
    int before = channel.beginFrames();
    if (before < 0) {
      return -1;
    }
    int at = before;
    int data = 0;
    while (data < length && frames.capacityBytes() - at > HEAD_BYTES) {
      int room = frames.capacityBytes() - at - HEAD_BYTES;
      int piece = Math.min(Math.min(DATA_BYTES_MAX, length - data), room);
      boolean last = end && data + piece == length;
      putHead(frames.bytes(), Scratch.HEADROOM_BYTES + at, piece, last, stream.id());
      at += HEAD_BYTES;
      System.arraycopy(
          from.bytes(), offset + data, frames.bytes(), Scratch.HEADROOM_BYTES + at, piece);
      at += piece;
      data += piece;
    }
    int sent = channel.send(before, at, more || data < length);
    return sent < 0 ? -1 : settle(stream, before, sent, data, end && data == length);
  }

  /** Of {@code data} bytes in frames, {@code sent} bytes of the frames were taken. */
  private int settle(LinkStream stream, int before, int sent, int data, boolean end) {
    int all = data + HEAD_BYTES * ((data + DATA_BYTES_MAX - 1) / DATA_BYTES_MAX);
    int whole = sent == all ? all : sent / FRAME_BYTES * FRAME_BYTES;
    if (whole < sent) {
      whole = Math.min(all, whole + FRAME_BYTES);
      channel.keep(before + sent, before + whole);
    }
    int taken = whole == all ? data : whole / FRAME_BYTES * DATA_BYTES_MAX;
    if (taken > 0) {
      count(stream, taken, channel.sentBytes());
    }
    if (end && whole == all) {
      link.dataEnded(stream);
    }
    return taken;
  }

  private static void putHead(byte[] to, int at, int length, boolean end, int id) {
    to[at] = (byte) (length >>> 16);
    to[at + 1] = (byte) (length >>> 8);
    to[at + 2] = (byte) length;
    to[at + 3] = Http2FrameTypes.DATA;
    to[at + 4] = (byte) (end ? Http2Flags.END_STREAM : 0);
    to[at + 5] = (byte) (id >>> 24);
    to[at + 6] = (byte) (id >>> 16);
    to[at + 7] = (byte) (id >>> 8);
    to[at + 8] = (byte) id;
  }
}
