package io.weir.relay.endpoint;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.VoidChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.WindowSizes;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Netty channel as an endpoint, for every socket where there is no epoll.
 *
 * <h2>What it holds, and the bounds</h2>
 *
 * Auto-read is off, and a read is asked for only when all that had arrived was shown or consumed:
 * whoever has seen it all may need more to go on (a head, a chunk line). So at most {@link
 * #ARRIVED_BYTES_MAX} plus one read wait here. Towards the peer, the channel takes bytes while it
 * is below its water mark.
 */
public final class ChannelEndpoint extends ChannelInboundHandlerAdapter implements Endpoint {
  /** Decoded bytes that may wait to be consumed before reading goes on, bytes. */
  static final int ARRIVED_BYTES_MAX = 64 * 1024;

  private static final int READ_BYTES = 32 * 1024;
  private static final int WRITE_LOW_BYTES = 32 * 1024;
  private static final int WRITE_HIGH_BYTES = 64 * 1024;
  private static final long CLOSE_SECONDS_MAX = 60;
  private static final int USUAL_SEGMENT_BYTES = 1448;
  private static final int AUTO_BYTES = 4 * 1024 * 1024;

  /**
   * Its receive buffer is never less: it is connected before it can be set, so its peer has seen a
   * large window, and would send but by a timer into a smaller one (docs/decisions/0011).
   */
  private static final int RECEIVE_BYTES_MIN = 64 * 1024;

  /** What it may hold beside its least windows, bytes. */
  public static final int USER_BYTES_MAX =
      ARRIVED_BYTES_MAX + READ_BYTES + WRITE_HIGH_BYTES + 16 * 1024 + RECEIVE_BYTES_MIN;

  /** One small arena for each loop; Netty's default would keep megabytes for a few connections. */
  public static final PooledByteBufAllocator ALLOCATOR =
      new PooledByteBufAllocator(true, 0, 2, 8192, 4, 0, 0, false);

  private final Loop loop;
  private final ArrayDeque<ByteBuf> arrived = new ArrayDeque<>();
  private int arrivedBytes;
  private boolean readAsked;

  /** Whether the last peek showed all that had arrived. */
  private boolean shownAll = true;

  private @Nullable InetSocketAddress announcedPeer;
  private @Nullable InetSocketAddress announcedLocal;
  private @Nullable Channel channel;

  /**
   * For writes: their failure is told by {@link ChannelOutputShutdownEvent}, not as an exception.
   */
  private @Nullable VoidChannelPromise silent;

  private Attendant attendant;
  private boolean open = true;

  /** True until a peek finds nothing, since only a peek asks the channel to read. */
  private boolean readable = true;

  private boolean writable = true;
  private boolean inputEnded;
  private boolean inputBroken;
  private boolean outputEnded;
  private boolean finished;
  private boolean failed;
  private boolean writing;
  private boolean tellWaits;

  private int receiveLimitBytes;
  private int sendLimitBytes;
  private final SocketLease lease;

  /**
   * @param codecBytesMax what a codec on it may hold beside {@link #USER_BYTES_MAX}
   */
  ChannelEndpoint(Loop loop, Leasing leasing, int codecBytesMax, Attendant attendant) {
    this.loop = loop;
    this.attendant = attendant;
    this.lease = leasing.lease(this, USER_BYTES_MAX + codecBytesMax);
  }

  /** The settings that make the bounds above true, for a channel not yet registered. */
  static void configure(ChannelConfig config) {
    config.setAllocator(ALLOCATOR);
    // A peer that takes no more may have answered before: what it sent must stay readable.
    config.setAutoClose(false);
    config.setAutoRead(false);
    config.setRecvByteBufAllocator(new FixedRecvByteBufAllocator(READ_BYTES).maxMessagesPerRead(1));
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES));
    config.setOption(ChannelOption.TCP_NODELAY, true);
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
    silent = new VoidChannelPromise(context.channel(), false);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    limit();
    context.fireChannelActive();
  }

  @Override
  public void limitReceive(int bytes) {
    receiveLimitBytes = bytes == WindowSizes.AUTO ? bytes : Math.max(bytes, RECEIVE_BYTES_MIN);
    limit();
  }

  @Override
  public void limitSend(int bytes) {
    sendLimitBytes = bytes;
    limit();
  }

  /** Not before it is connected: a small receive buffer would be its window's limit for life. */
  private void limit() {
    Channel limited = channel;
    if (limited != null && limited.isActive()) {
      limit(limited, ChannelOption.SO_RCVBUF, receiveLimitBytes);
      limit(limited, ChannelOption.SO_SNDBUF, sendLimitBytes);
    }
  }

  private static void limit(Channel channel, ChannelOption<Integer> option, int bytes) {
    // A channel cannot be given back to the kernel's own tuning: it gets what may be set at most.
    channel.config().setOption(option, bytes == WindowSizes.AUTO ? AUTO_BYTES : bytes / 2);
  }

  /** A usual one: a channel does not tell. */
  @Override
  public int segmentBytes() {
    return USUAL_SEGMENT_BYTES;
  }

  /** What the kernel holds for a channel cannot be told. */
  @Override
  public long heldBytes() {
    return -1;
  }

  @Override
  public long promisedBytes() {
    return 0;
  }

  @Override
  public long receivedBytes() {
    return 0;
  }

  @Override
  public SocketLease lease() {
    return lease;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (!open || !bytes.isReadable()) {
      bytes.release();
      return;
    }
    arrived.add(bytes);
    arrivedBytes += bytes.readableBytes();
    readable = true;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    readAsked = false;
    if (readable) {
      tell();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (context.channel().isWritable()) {
      writable = true;
      tell();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      end(endIsInOrder());
    } else if (event instanceof ChannelOutputShutdownEvent) {
      outputEnded = true;
      writable = true; // so that a write is tried and finds out
      tellLater();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(endIsInOrder());
    writable = true; // so that a write is tried and finds out
    tell();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A reset: the peer's fault. The channel is of no more use.
    failed = true;
    end(false);
  }

  /**
   * Whether an end of input that the socket tells is one. A reset is told to one call only: if a
   * write has failed, it may have been told of it, and the next read then reports a plain end.
   */
  private boolean endIsInOrder() {
    return finished || !outputEnded;
  }

  private void end(boolean inOrder) {
    if (!inputEnded && !inputBroken) {
      inputEnded = inOrder;
      inputBroken = !inOrder;
      failed |= !inOrder;
      readable = true;
      tell();
    }
  }

  /** Tells the attendant that something changed, and catches what is our fault. */
  void tell() {
    if (!open) {
      return;
    }
    if (writing) {
      tellLater();
      return;
    }
    Attendant told = attendant;
    try {
      told.ready();
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon(told);
    }
  }

  private void abandon(Attendant told) {
    try {
      told.abandon();
    } catch (Throwable t) {
      loop.faults().record(t);
    }
  }

  /**
   * Netty tells of writability and of failure within a write. The attendant is in the middle of its
   * pump then, and must not be called into again.
   */
  private void tellLater() {
    if (!tellWaits) {
      tellWaits = true;
      loop.execute(
          () -> {
            tellWaits = false;
            writable |= open && channel != null && channel.isWritable();
            tell();
          });
    }
  }

  @Override
  public int peek(Scratch into, int offset, int lengthMax) {
    if (!open) {
      return Source.BROKEN;
    }
    if (arrivedBytes <= lengthMax && arrivedBytes < ARRIVED_BYTES_MAX) {
      askForMore();
    }
    if (arrivedBytes == 0) {
      readable = false;
      return inputEnded ? END : inputBroken ? Source.BROKEN : NOTHING_YET;
    }
    int copied = 0;
    for (ByteBuf bytes : arrived) {
      int length = Math.min(lengthMax - copied, bytes.readableBytes());
      bytes.getBytes(bytes.readerIndex(), into.bytes(), offset + copied, length);
      copied += length;
      if (copied == lengthMax) {
        break;
      }
    }
    shownAll = copied == arrivedBytes;
    readable = !shownAll || inputEnded || inputBroken;
    return copied;
  }

  private void askForMore() {
    if (!readAsked && !inputEnded && !inputBroken && channel != null) {
      readAsked = true;
      channel.read();
    }
  }

  @Override
  public void skip(int length) {
    int left = length;
    while (left > 0) {
      ByteBuf bytes = arrived.element();
      int n = Math.min(left, bytes.readableBytes());
      bytes.skipBytes(n);
      left -= n;
      arrivedBytes -= n;
      if (!bytes.isReadable()) {
        arrived.remove().release();
      }
    }
    // All was shown and this much was not enough to go on: nobody asks again before more is there.
    if (open && shownAll && arrivedBytes < ARRIVED_BYTES_MAX) {
      askForMore();
    }
  }

  @Override
  public int write(Scratch from, int offset, int length, boolean more) {
    Channel to = channel;
    VoidChannelPromise promise = silent;
    if (!open || to == null || promise == null || !to.isActive()) {
      failed = true;
      return Sink.BROKEN;
    }
    if (outputEnded) {
      return Sink.BROKEN;
    }
    int room = (int) Math.min(length, to.isWritable() ? to.bytesBeforeUnwritable() : 0);
    if (room > 0) {
      ByteBuf bytes = ALLOCATOR.directBuffer(room, room).writeBytes(from.bytes(), offset, room);
      writing = true;
      try {
        var _ = to.writeAndFlush(bytes, promise);
      } finally {
        writing = false;
      }
    }
    writable = room == length;
    if (!writable && to.isWritable()) {
      tellLater(); // below the mark again already: no event will say so
    }
    return room;
  }

  @Override
  public void finish() {
    Channel to = channel;
    if (!open || to == null) {
      return;
    }
    finished = !outputEnded;
    if (to instanceof DuplexChannel duplex) {
      var _ =
          to.writeAndFlush(Unpooled.EMPTY_BUFFER)
              .addListener(
                  _ -> {
                    var _ = duplex.shutdownOutput();
                  });
    }
  }

  @Override
  public void close() {
    if (release()) {
      Channel closing = channel;
      if (closing != null) {
        var _ =
            closing.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        var timeout = loop.schedule(() -> closeNow(closing), CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
        var _ = closing.closeFuture().addListener(_ -> timeout.cancel(false));
      }
    }
  }

  @Override
  public void reset() {
    breakAtEnd();
    Channel closing = channel;
    if (release() && closing != null) {
      closeNow(closing);
    }
  }

  @Override
  public void breakAtEnd() {
    Channel closing = channel;
    if (open && closing != null && closing.isOpen()) {
      closing.config().setOption(ChannelOption.SO_LINGER, 0);
    }
  }

  /** Past the handlers, which might wait; and not forcibly, which leaks what was to be written. */
  private static void closeNow(Channel closing) {
    if (closing.isRegistered()) {
      closing.unsafe().close(closing.unsafe().voidPromise());
    } else {
      closing.unsafe().closeForcibly();
    }
  }

  private boolean release() {
    boolean was = open;
    open = false;
    readable = false;
    writable = false;
    arrived.forEach(ByteBuf::release);
    arrived.clear();
    arrivedBytes = 0;
    lease.end();
    return was;
  }

  @Override
  public void attend(Attendant next) {
    attendant = next;
  }

  @Override
  public long undelivered() {
    ChannelOutboundBuffer pending = channel == null ? null : channel.unsafe().outboundBuffer();
    return pending == null ? -1 : pending.totalPendingWriteBytes();
  }

  @Override
  public boolean readable() {
    return readable || arrivedBytes > 0;
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public boolean open() {
    return open;
  }

  @Override
  public boolean failed() {
    return failed;
  }

  @Override
  public boolean inputEnded() {
    return inputEnded;
  }

  @Override
  public boolean inputBroken() {
    return inputBroken;
  }

  @Override
  public InetSocketAddress peer() {
    if (announcedPeer != null) {
      return announcedPeer;
    }
    return channel != null && channel.remoteAddress() instanceof InetSocketAddress address
        ? address
        : new InetSocketAddress(0);
  }

  @Override
  public InetSocketAddress local() {
    if (announcedLocal != null) {
      return announcedLocal;
    }
    return channel != null && channel.localAddress() instanceof InetSocketAddress address
        ? address
        : new InetSocketAddress(0);
  }

  @Override
  public void announce(InetSocketAddress source, InetSocketAddress destination) {
    announcedPeer = source;
    announcedLocal = destination;
  }
}
