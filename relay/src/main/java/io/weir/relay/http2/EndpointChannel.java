package io.weir.relay.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.endpoint.TlsState;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import io.weir.relay.loop.Turn;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A Netty channel over an endpoint, so that a codec of Netty's can speak on one.
 *
 * <pre>
 *   endpoint --peek, copy, skip--> pipeline               at most TURN_BYTES a turn, and none while
 *                                                         HIGH_BYTES wait to go out
 *   endpoint <--write-- frames <-- outbound buffer        control frames and fields
 *                  ^       ^------ {@link #send}          data, straight from a scratch space
 *                  +--------------- {@link #queue}         data of a few bytes, to leave together
 * </pre>
 *
 * <h2>What it holds</h2>
 *
 * Nothing of what comes in: that is the codec's at once. Of what goes out, control frames and
 * fields up to {@link #HIGH_BYTES}; beyond that nothing more is read, so a peer that asks for
 * answers and takes none stops itself. Data wait here only within the same mark, and for the rest
 * of one frame whose beginning the endpoint took.
 *
 * <p>Thread: the loop. Borrows the endpoint: {@link Events#channelClosed} hands it back.
 */
final class EndpointChannel extends AbstractChannel implements Attendant, Turn {
  /** What the channel tells the link beside what goes through the pipeline. */
  interface Events {
    /** The endpoint may take something. */
    void writable();

    /** The peer has ended its side in order. */
    void inputEnded();

    /** The channel is closed, and has let go of the endpoint. */
    void channelClosed();
  }

  /** Bytes that may wait to go out before reading stops. */
  static final int HIGH_BYTES = 32 * 1024;

  /** A read, bytes. */
  static final int READ_BYTES = 32 * 1024;

  private static final int LOW_BYTES = 8 * 1024;
  private static final int TURN_BYTES = 256 * 1024;
  private static final ChannelMetadata METADATA = new ChannelMetadata(false);
  private static final byte[] NOTHING = {};

  private final Loop loop;
  private final Scratch frames;
  private final Endpoint endpoint;
  private final Events events;
  private final DefaultChannelConfig config = new DefaultChannelConfig(this);
  private boolean open = true;
  private boolean inputEnded;
  private boolean turnWaits;

  /** What the endpoint did not take of a data frame that it took the beginning of. */
  private byte[] rest = NOTHING;

  private int restFrom;
  private int restTo;

  /** Bytes that the endpoint has taken. */
  private long takenBytes;

  /** Bytes in the outbound buffer. */
  private long queuedBytes;

  /** Whether what was sent is being removed: a flush that this brings about would send it again. */
  private boolean removing;

  EndpointChannel(Loop loop, Scratch frames, Endpoint endpoint, Events events) {
    super(null);
    this.loop = loop;
    this.frames = frames;
    this.endpoint = endpoint;
    this.events = events;
    config.setAllocator(ChannelEndpoint.ALLOCATOR);
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(LOW_BYTES, HIGH_BYTES));
  }

  // --- Reading ----------------------------------------------------------------------------------

  @Override
  public void ready() {
    if (!open || !isRegistered()) {
      return; // the link begins in its turn, and then looks at what has come
    }
    if (inputEnded && endpoint.failed()) {
      abandon(); // it had ended its side, and is gone now: nothing will be read that says so
      return;
    }
    flushWaiting();
    readAvailable();
    if (open && endpoint.writable()) {
      events.writable();
    }
  }

  @Override
  public void turn() {
    turnWaits = false;
    try {
      ready();
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  @Override
  public void abandon() {
    unsafe().close(voidPromise());
  }

  private void readAvailable() {
    int left = TURN_BYTES;
    boolean any = false;
    while (open && !inputEnded && isWritable() && endpoint.readable()) {
      int arrived = endpoint.peek(loop.in(), Scratch.HEADROOM_BYTES, READ_BYTES);
      if (arrived < 0) {
        inputEnded = true;
        readComplete(any);
        ended(arrived == Source.END);
        return;
      }
      if (arrived == 0) {
        break;
      }
      any = true;
      ByteBuf bytes = config.getAllocator().directBuffer(arrived, arrived);
      bytes.writeBytes(loop.in().bytes(), Scratch.HEADROOM_BYTES, arrived);
      endpoint.skip(arrived);
      pipeline().fireChannelRead(bytes);
      left -= arrived;
      if (left <= 0) {
        giveWay();
        break;
      }
    }
    readComplete(any);
  }

  private void readComplete(boolean any) {
    if (any && open) {
      pipeline().fireChannelReadComplete();
    }
  }

  private void ended(boolean inOrder) {
    if (open && inOrder) {
      events.inputEnded();
    } else if (open) {
      unsafe().close(voidPromise());
    }
  }

  /** Goes on in the loop's next round. */
  void giveWay() {
    if (!turnWaits) {
      turnWaits = true;
      loop.giveWay(this);
    }
  }

  // --- Writing ----------------------------------------------------------------------------------

  /** Sends what the endpoint refused before. */
  private void flushWaiting() {
    try {
      if (endpoint.writable() && flushRest()) {
        unsafe().flush();
      }
    } catch (ClosedChannelException e) {
      unsafe().close(voidPromise());
    }
  }

  /** Whether data can go out now: the endpoint takes bytes, and nothing that it refused waits. */
  boolean clear() {
    return open && endpoint.writable() && restTo == restFrom;
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer pending) throws Exception {
    int taken = 0;
    int length = 0;
    while (open && !removing && taken == length && flushRest() && endpoint.writable()) {
      length = gather(pending);
      if (length == 0) {
        return;
      }
      taken = hand(length, length == frames.capacityBytes());
      queuedBytes -= taken;
      pending.removeBytes(taken); // may close the channel
    }
  }

  /** Copies what was flushed to the frames' scratch space, as much as fits; returns its length. */
  private int gather(ChannelOutboundBuffer pending) throws Exception {
    int[] at = {0};
    int room = frames.capacityBytes();
    pending.forEachFlushedMessage(
        message -> {
          ByteBuf bytes = (ByteBuf) message;
          int length = Math.min(bytes.readableBytes(), room - at[0]);
          bytes.getBytes(
              bytes.readerIndex(), frames.bytes(), Scratch.HEADROOM_BYTES + at[0], length);
          at[0] += length;
          return at[0] < room;
        });
    dropEmpty(pending);
    return at[0];
  }

  /** Empty messages at the front would never be removed by their bytes. */
  private static void dropEmpty(ChannelOutboundBuffer pending) {
    while (pending.current() instanceof ByteBuf first && !first.isReadable()) {
      pending.remove();
    }
  }

  private int hand(int length, boolean more) throws ClosedChannelException {
    int taken = endpoint.write(frames, Scratch.HEADROOM_BYTES, length, more);
    if (taken == Sink.BROKEN) {
      throw new ClosedChannelException();
    }
    takenBytes += taken;
    return taken;
  }

  /** Whether nothing of a frame is left over. */
  private boolean flushRest() throws ClosedChannelException {
    if (restTo == restFrom) {
      return true;
    }
    if (!endpoint.writable()) {
      return false;
    }
    int length = restTo - restFrom;
    System.arraycopy(rest, restFrom, frames.bytes(), Scratch.HEADROOM_BYTES, length);
    restFrom += hand(length, false);
    if (restFrom == restTo) {
      rest = NOTHING;
      restFrom = 0;
      restTo = 0;
    }
    return restTo == restFrom;
  }

  /**
   * Begins to lay out frames in the scratch space. Returns how many bytes of the outbound buffer
   * stand there, to go out first, or -1 if there is no room for more.
   */
  int beginFrames() throws Exception {
    ChannelOutboundBuffer pending = unsafe().outboundBuffer();
    if (pending == null) {
      throw new ClosedChannelException();
    }
    pending.addFlush();
    int length = gather(pending);
    if (length <= frames.capacityBytes() / 2) {
      return length;
    }
    unsafe().flush(); // more than usual: it goes alone
    return clear() && pending.isEmpty() ? 0 : -1;
  }

  /**
   * Sends what stands in the scratch space: {@code before} bytes of the outbound buffer, then data
   * frames up to {@code length}.
   *
   * @return bytes of the data frames that were taken; what follows them in the same frame is the
   *     caller's to {@link #keep}
   */
  int send(int before, int length, boolean more) throws ClosedChannelException {
    int taken = hand(length, more);
    ChannelOutboundBuffer pending = unsafe().outboundBuffer();
    if (before > 0 && pending != null) {
      queuedBytes -= Math.min(before, taken);
      removing = true;
      pending.removeBytes(Math.min(before, taken));
      removing = false;
    }
    return taken - before;
  }

  /** Has a frame leave with what else waits, at the next flush. Its buffer is the channel's now. */
  void queue(ByteBuf frame) {
    unsafe().write(frame, unsafe().voidPromise()); // whose failure is no event of the pipeline
  }

  /** Keeps bytes of the scratch space, the rest of a frame, to go out before anything else. */
  void keep(int from, int to) {
    rest = new byte[to - from];
    System.arraycopy(frames.bytes(), Scratch.HEADROOM_BYTES + from, rest, 0, to - from);
    restFrom = 0;
    restTo = to - from;
  }

  /** Bytes that the endpoint has taken so far, and what of a frame still follows. */
  long sentBytes() {
    return takenBytes + restTo - restFrom;
  }

  /** As {@link #sentBytes} will be when all that waits has been taken. */
  long positionBytes() {
    return sentBytes() + queuedBytes;
  }

  /** Of {@link #sentBytes}, those that have reached the peer, at least. */
  long deliveredBytes() {
    return takenBytes - Math.max(0, endpoint.undelivered());
  }

  @Nullable TlsState tls() {
    return endpoint.tls();
  }

  /** Bytes that wait in user space to go out. */
  long waitingBytes() {
    ChannelOutboundBuffer pending = unsafe().outboundBuffer();
    return restTo - restFrom + (pending == null ? 0 : pending.totalPendingWriteBytes());
  }

  // --- The channel ------------------------------------------------------------------------------

  @Override
  protected void doClose() {
    if (open) {
      open = false;
      rest = NOTHING;
      restFrom = 0;
      restTo = 0;
      events.channelClosed();
    }
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    if (message instanceof ByteBuf bytes) {
      queuedBytes += bytes.readableBytes();
      return message;
    }
    throw new UnsupportedOperationException("only bytes go out, not " + message.getClass());
  }

  /** Whatever arrives is read as soon as the endpoint tells of it. */
  @Override
  protected void doBeginRead() {}

  @Override
  protected void doBind(SocketAddress address) {
    throw new UnsupportedOperationException("the endpoint is connected already");
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected boolean isCompatible(EventLoop other) {
    return other == loop;
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new AbstractUnsafe() {
      @Override
      public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
        promise.setFailure(new UnsupportedOperationException("the endpoint is connected already"));
      }
    };
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return null;
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return endpoint.peer();
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }
}
