package io.weir.relay.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.TlsState;
import io.weir.relay.loop.Scratch;
import io.weir.relay.loop.Turn;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection that speaks HTTP/2, in either role, on an endpoint.
 *
 * <pre>
 *              fields, resets, settings, pings             frames (Netty's codec, HPACK)
 *   LinkStream --------------------------> outbound buffer --+
 *   LinkStream                                               +--> frames' scratch --> endpoint
 *      |  data: straight from the pump's scratch space ------+
 *      |
 *      +-- refused: no window, or the endpoint is full --> waits for room, in turn
 *
 *   endpoint --> codec --> StreamEvents.fields, data, broken     while frames are decoded
 *                          StreamEvents.ready                    after the last of a read
 * </pre>
 *
 * <h2>What may wait, and where</h2>
 *
 * Data towards the peer, beyond a few bytes, never: a stream takes no more than its window, the
 * connection's, and the endpoint take at once. Fields, control frames and small data up to {@link
 * EndpointChannel#HIGH_BYTES}. What has arrived waits with its stream, within the window that its
 * lease has granted.
 *
 * <h2>What a peer may do</h2>
 *
 * Netty's codec bounds resets, empty data frames, small CONTINUATION frames, header lists and
 * queued answers; {@link ControlAllowance} bounds all control frames. Whoever exceeds a limit gets
 * GOAWAY with ENHANCE_YOUR_CALM, and {@link LinkEvents#faulted} tells the owner.
 *
 * <p>Thread: the loop. Borrows the endpoint until {@link LinkEvents#closed}.
 */
public final class Http2Link implements Turn {
  /** Streams that are remembered after they are over. */
  private static final int IDS_KNOWN = 128;

  private static final long REFUSED = Http2Error.REFUSED_STREAM.code();

  private final LinkShare share;
  private final LinkEvents owner;
  private final DefaultHttp2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final SendWindows sendWindows;
  private final ReceiveWindows receiveWindows;
  private final ControlAllowance allowance =
      new ControlAllowance(LinkSettings.CONTROL_FRAMES_MAX, System::nanoTime);
  private final EndpointChannel channel;
  private final LinkCodec codec;
  private final DataFrames data;
  private final LinkBuffers buffers;
  private final int[] resetIds = new int[IDS_KNOWN];
  private int resetCount;
  private final int[] openedIds = new int[IDS_KNOWN];
  private int openedCount;
  private final List<LinkStream> streams = new ArrayList<>();
  private final StreamTurns turns;
  private boolean begun;
  private boolean drainDue;
  private boolean turnWaits;
  private boolean flushDue;
  private boolean acknowledged;
  private boolean inputEnded;
  private boolean closing;
  private boolean peerTakesExtendedConnect;
  private long framesIn;
  private int earlyStreams;

  private Http2Link(LinkShare share, Endpoint endpoint, LinkSettings settings, LinkEvents owner) {
    this.share = share;
    this.owner = owner;
    this.connection = new DefaultHttp2Connection(settings.server(), 0);
    this.key = connection.newKey();
    this.sendWindows = new SendWindows(connection, this);
    this.receiveWindows = new ReceiveWindows(this);
    connection.remote().flowController(sendWindows);
    connection.local().flowController(receiveWindows);
    connection.addListener(new Streams());
    this.channel = new EndpointChannel(share.loop, share.frames, endpoint, new Channel());
    this.codec = LinkCodec.of(this, connection, settings, new LinkFrames(this, allowance));
    this.buffers =
        new LinkBuffers(endpoint, settings.socketReceiveBytes(), settings.socketSendBytes());
    this.turns = new StreamTurns(share.loop, this::giveWay, channel::clear);
    this.data = new DataFrames(this, channel, share.frames, sendWindows, allowance);
  }

  /**
   * Begins a link: in the loop's next round it sends its preface and reads what the endpoint has.
   * The endpoint's attendant must be {@link #attendant} from now on.
   */
  public static Http2Link begin(
      LinkShare share, Endpoint endpoint, LinkSettings settings, LinkEvents owner) {
    Http2Link link = new Http2Link(share, endpoint, settings, owner);
    link.channel.pipeline().addLast(link.codec);
    link.giveWay();
    return link;
  }

  /** Who is to be told of the endpoint's readiness. */
  public Attendant attendant() {
    return channel;
  }

  // --- Streams ----------------------------------------------------------------------------------

  /** Client role: whether the peer takes one more stream now. */
  public boolean mayOpen() {
    return channel.isOpen()
        && settled()
        && !closing
        && !inputEnded
        && !connection.goAwayReceived()
        && connection.local().canOpenStream()
        && takesFields();
  }

  /** Whether the peer's settings have come. */
  public boolean settled() {
    return codec.decoder().prefaceReceived();
  }

  /**
   * Client role: opens a stream; only if {@link #mayOpen}. Its fields are to follow at once, since
   * streams begin in the order of their numbers.
   *
   * @param events makes who has the stream
   */
  public <E extends StreamEvents> E open(Function<LinkStream, E> events) {
    try {
      int id = connection.local().incrementAndGetNextStreamId();
      LinkStream stream = stream(connection.local().createStream(id, false));
      E made = events.apply(stream);
      stream.events = made;
      return made;
    } catch (Http2Exception e) {
      throw new IllegalStateException("a stream was opened that the peer does not take", e);
    }
  }

  /** Client role: whether the peer takes an extended CONNECT (RFC 8441). */
  public boolean takesExtendedConnect() {
    return peerTakesExtendedConnect;
  }

  /** Asks the peer for a sign of life. */
  public void ping() {
    if (channel.isOpen()) {
      ChannelHandlerContext at = codec.context();
      var _ = codec.encoder().writePing(at, false, System.nanoTime(), at.newPromise());
      flushLater();
    }
  }

  @Nullable LinkStream of(Http2Stream stream) {
    return stream.getProperty(key);
  }

  LinkStream stream(Http2Stream stream) {
    LinkStream known = of(stream);
    if (known == null) {
      throw new IllegalStateException("a stream that was not announced");
    }
    return known;
  }

  /** Streams that are not over. */
  List<LinkStream> streams() {
    return streams;
  }

  /** How many streams are not over. */
  public int streamCount() {
    return streams.size();
  }

  /**
   * Whether there may be data beyond the windows that were granted, 65,535 bytes in all: of streams
   * that began before the peer had acknowledged our settings.
   */
  public boolean early() {
    return !acknowledged || earlyStreams > 0;
  }

  /** What became of TLS beneath it, or null where none is spoken. */
  public @Nullable TlsState tls() {
    return channel.tls();
  }

  /** The buffers of its socket, which its streams share. */
  public LinkBuffers buffers() {
    return buffers;
  }

  ReceiveWindows receiveWindows() {
    return receiveWindows;
  }

  // --- Sending ----------------------------------------------------------------------------------

  boolean takesFields() {
    return channel.isOpen() && channel.isWritable();
  }

  boolean takesData(LinkStream stream) {
    return channel.clear() && sendWindows.allowed(stream) > 0;
  }

  void writeFields(LinkStream stream, Http2Headers fields, boolean end) {
    allowance.fields();
    ChannelHandlerContext at = codec.context();
    var _ = codec.encoder().writeHeaders(at, stream.id(), fields, 0, end, at.newPromise());
    if (!stream.begun) {
      stream.begun = true;
      receiveWindows.begun(stream);
    }
    flushLater();
  }

  void writeEnd(LinkStream stream) {
    ChannelHandlerContext at = codec.context();
    ByteBuf nothing = Unpooled.EMPTY_BUFFER;
    var written =
        codec.encoder().frameWriter().writeData(at, stream.id(), nothing, 0, true, at.newPromise());
    codec.closeStreamLocal(stream.netty(), written);
    flushLater();
  }

  int writeData(
      LinkStream stream, Scratch from, int offset, int length, boolean end, boolean more) {
    return data.write(stream, from, offset, length, end, more);
  }

  /** The last frame of a stream has been taken, or waits with others to leave. */
  void dataEnded(LinkStream stream) {
    stream.endSent();
    codec.closeStreamLocal(stream.netty(), channel.newSucceededFuture());
  }

  void reset(LinkStream stream, Http2Error error) {
    if (channel.isOpen()) {
      ChannelHandlerContext at = codec.context();
      resetIds[resetCount++ % IDS_KNOWN] = stream.id();
      if (connection.isServer() && error == Http2Error.PROTOCOL_ERROR) {
        // By the encoder, whose limit is for resets that the peer brings about.
        var _ = codec.encoder().writeRstStream(at, stream.id(), error.code(), at.newPromise());
      } else {
        var _ = codec.resetStream(at, stream.id(), error.code(), at.newPromise());
      }
      flushLater();
    }
    over(stream, error.code());
  }

  /** Whether a stream that is over was reset here: what still comes of it is the peer's right. */
  boolean wasReset(int id) {
    return contains(resetIds, id);
  }

  /** Whether a stream that is over was opened: others were left out, and are closed for good. */
  boolean wasOpened(int id) {
    return contains(openedIds, id);
  }

  private static boolean contains(int[] ids, int id) {
    for (int known : ids) {
      if (known == id) {
        return true;
      }
    }
    return false;
  }

  long deliveredBytes() {
    return channel.isOpen() ? channel.deliveredBytes() : Long.MAX_VALUE;
  }

  /** Bytes that the endpoint has taken: they grow with each write. */
  public long sentBytes() {
    return channel.sentBytes();
  }

  /** Those who have the streams that are not over. */
  public List<StreamEvents> streamEvents() {
    List<StreamEvents> all = new ArrayList<>();
    for (LinkStream stream : streams) {
      StreamEvents events = stream.events;
      if (events != null) {
        all.add(events);
      }
    }
    return all;
  }

  /** Bytes that wait in user space to go out; at most a few tens of KiB. */
  public long waitingBytes() {
    return channel.waitingBytes();
  }

  /** Has what was written leave at the end of this turn. */
  void flushLater() {
    flushDue = true;
    giveWay();
  }

  private void giveWay() {
    if (!turnWaits) {
      turnWaits = true;
      share.loop.giveWay(this);
    }
  }

  @Override
  public void turn() {
    turnWaits = false;
    if (!begun && channel.isOpen()) {
      begun = true;
      var _ = share.loop.register(channel);
      channel.giveWay();
    }
    turns.tell();
    if (drainDue && channel.isOpen()) {
      drain();
    }
    if (flushDue) {
      flushDue = false;
      var _ = channel.flush();
      flushed();
    }
    closeWhenIdle();
  }

  /** What has left may have made room, of which no edge tells where the endpoint took it all. */
  private void flushed() {
    if (takesFields()) {
      turns.serveWaiting();
      owner.mayOpen();
    }
  }

  // --- Telling ----------------------------------------------------------------------------------

  /** Has a stream told at the end of the read, or of the turn. */
  void tellLater(LinkStream stream) {
    turns.tellLater(stream);
  }

  /** A stream was refused for want of room or window: it is told when there is some. */
  void awaitRoom(LinkStream stream) {
    turns.awaitRoom(stream);
  }

  /** A window has grown: of one stream, or of the connection. */
  void widened(@Nullable LinkStream stream) {
    turns.widened(stream);
  }

  void readComplete() {
    turns.tell();
  }

  // --- Faults -----------------------------------------------------------------------------------

  /** Server role: a stream has begun; null if nobody takes it. */
  @Nullable StreamEvents opened(LinkStream stream) {
    return connection.isServer() && !closing ? owner.opened(stream) : null;
  }

  LinkStream stream(int id) {
    return stream(connection.stream(id));
  }

  void settled(Http2Settings settings) {
    peerTakesExtendedConnect |= Boolean.TRUE.equals(settings.connectProtocolEnabled());
    owner.mayOpen();
  }

  void ownSettingsAcknowledged() {
    if (!acknowledged) {
      acknowledged = true;
      receiveWindows.acknowledged();
    }
  }

  void frameArrived() {
    framesIn++;
  }

  void connectionError(boolean outbound, Throwable cause, @Nullable Http2Exception known) {
    closing = true;
    if (outbound && cause instanceof ClosedChannelException) {
      return; // the peer has gone
    }
    if (known == null || known.error() == Http2Error.INTERNAL_ERROR) {
      share.loop.faults().record(cause);
      return;
    }
    boolean flood = LinkCodec.flood(known);
    String detail = known.getMessage() == null ? known.error().name() : known.getMessage();
    owner.faulted(flood ? LinkEvents.Fault.FLOOD : LinkEvents.Fault.PROTOCOL, detail);
  }

  void streamError(boolean outbound, Throwable cause, Http2Exception.StreamException known) {
    if (outbound || known.error() == Http2Error.INTERNAL_ERROR) {
      share.loop.faults().record(cause);
      return;
    }
    Http2Stream stream = connection.stream(known.streamId());
    LinkStream mine = stream == null ? null : of(stream);
    if (mine != null) {
      mine.malformed(known.getMessage() == null ? known.error().name() : known.getMessage());
    }
  }

  /** Whether the peer had ended its side of a stream that is not over. */
  boolean inputEnded(int id) {
    Http2Stream stream = connection.stream(id);
    LinkStream known = stream == null ? null : of(stream);
    return known != null && known.inputEnded;
  }

  void fieldsTooLarge(Http2Stream stream) {
    LinkStream known = of(stream);
    if (known != null) {
      known.endSent();
    }
    owner.fieldsTooLarge();
  }

  // --- The end ----------------------------------------------------------------------------------

  /** Takes no new streams; those under way go on. Closes when the last is over. */
  public void drain() {
    drainDue = !begun;
    if (closing || drainDue || !channel.isOpen()) {
      return;
    }
    closing = true;
    ChannelHandlerContext at = codec.context();
    int last = connection.remote().lastStreamCreated();
    long code = Http2Error.NO_ERROR.code();
    var _ = codec.goAway(at, last, code, Unpooled.EMPTY_BUFFER, at.newPromise());
    var _ = channel.flush();
    closeWhenIdle();
  }

  private void closeWhenIdle() {
    if ((closing || inputEnded) && streams.isEmpty() && channel.waitingBytes() == 0) {
      close();
    }
  }

  /** Lets go of the endpoint; streams that are left are told that they are broken. */
  public void close() {
    if (channel.isOpen()) {
      channel.unsafe().close(channel.voidPromise());
    }
  }

  /** Whether no new streams are taken any more. */
  public boolean closing() {
    return closing || inputEnded || !channel.isOpen();
  }

  /** Frames that have arrived: it stands still with a peer that is silent. */
  public long framesIn() {
    return framesIn;
  }

  private void breakAll() {
    for (LinkStream stream : new ArrayList<>(streams)) {
      over(stream, StreamEvents.LINK_GONE);
    }
    turns.clear();
  }

  /** Ends what is known of a stream; whoever has it is told if it was not complete. */
  void over(LinkStream stream, long errorCode) {
    if (stream.over()) {
      return;
    }
    boolean complete = stream.inputEnded && stream.outputEnded();
    stream.markOver();
    streams.remove(stream);
    earlyStreams -= stream.early ? 1 : 0;
    StreamEvents events = stream.events;
    if (events != null) {
      if (!complete) {
        events.broken(errorCode);
      }
      tellLater(stream);
    }
    if (streams.isEmpty()) {
      owner.idle();
    }
  }

  /** What Netty's connection tells of its streams. */
  private final class Streams extends Http2ConnectionAdapter {
    @Override
    public void onStreamAdded(Http2Stream added) {
      LinkStream stream =
          new LinkStream(
              Http2Link.this,
              added,
              sendWindows.initialWindowSize(),
              receiveWindows.initialWindowSize());
      stream.grantedBytes = receiveWindows.initialWindowSize();
      stream.begun = connection.isServer();
      added.setProperty(key, stream);
    }

    @Override
    public void onStreamActive(Http2Stream active) {
      LinkStream stream = stream(active);
      stream.early = !acknowledged;
      earlyStreams += stream.early ? 1 : 0;
      streams.add(stream);
      openedIds[openedCount++ % IDS_KNOWN] = active.id();
    }

    @Override
    public void onStreamClosed(Http2Stream closed) {
      LinkStream stream = of(closed);
      if (stream != null) {
        over(stream, unprocessed(closed) ? REFUSED : Http2Error.PROTOCOL_ERROR.code());
        if (streams.isEmpty()) {
          giveWay();
        }
      }
    }

    /** Whether the peer has said that it has not looked at it: RFC 9113, 6.8. */
    private boolean unprocessed(Http2Stream closed) {
      return !connection.isServer()
          && connection.goAwayReceived()
          && closed.id() > connection.local().lastStreamKnownByPeer();
    }

    @Override
    public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf data) {
      owner.noMoreStreams();
    }
  }

  private final class Channel implements EndpointChannel.Events {
    @Override
    public void writable() {
      turns.serveWaiting();
      closeWhenIdle();
      owner.mayOpen();
    }

    @Override
    public void inputEnded() {
      inputEnded = true;
      for (LinkStream stream : new ArrayList<>(streams)) {
        if (!stream.inputEnded) {
          over(stream, StreamEvents.LINK_GONE);
        }
      }
      turns.tell();
      owner.noMoreStreams();
      drain(); // if the peer has closed both sides, the GOAWAY brings a reset
      closeWhenIdle();
    }

    @Override
    public void channelClosed() {
      breakAll();
      owner.closed();
    }
  }
}
