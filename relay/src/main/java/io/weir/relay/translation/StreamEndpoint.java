package io.weir.relay.translation;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.weir.relay.budget.SocketLease;
import io.weir.relay.budget.WindowSizes;
import io.weir.relay.budget.Windows;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.KernelLimits;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.endpoint.TlsState;
import io.weir.relay.http2.LinkStream;
import io.weir.relay.http2.StreamEvents;
import io.weir.relay.loop.Scratch;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stream of HTTP/2 as an endpoint that speaks HTTP/1.1: the part that both roles share.
 *
 * <pre>
 *   fields, data of the peer --> Inbound --> peek, skip              source
 *   write --> head, body, as HTTP/1.1 --> fields, data, trailers     sink, by the role
 * </pre>
 *
 * <h2>What it may hold</h2>
 *
 * Its receive window is half of the receive buffer that its lease names, as a kernel would announce
 * it, and is returned as the bytes are consumed; so the blocks that hold them, and what of them is
 * still in the socket, fit into the lease. Its send buffer is its part of the socket's. A head is
 * not within a window: it is leased for as long as it waits.
 *
 * <h2>Its end</h2>
 *
 * A message that is not whole when this endpoint is closed ends with a reset: it must not look
 * complete. One whose answer is whole before the request has ended is told so (NO_ERROR, RFC 9113,
 * 8.1).
 *
 * <p>Where the peer has broken it, what came before is shown first, as a socket does on Linux; but
 * see {@link Inbound#breakOff}.
 *
 * <p>Thread: the loop.
 */
abstract class StreamEndpoint implements Endpoint, StreamEvents {
  /** What the kernel grants a socket ahead, as {@link WindowSizes} counts. */
  private static final int AHEAD_BYTES = 4096;

  final StreamShare share;
  final LinkStream stream;
  final Inbound inbound = new Inbound();
  private final InetSocketAddress peer;
  private final SocketLease lease;
  private Attendant attendant;
  private int receiveLimitBytes;
  private int sendLimitBytes;
  private long headLeaseBytes;
  private boolean open = true;
  private boolean failed;
  private boolean outputBroken;
  private boolean resetting;
  private boolean refused;

  /** Of the message that goes out; null before its head. */
  @Nullable BodyOut body;

  /**
   * @param lessor makes the lease, which is applied before this returns
   */
  StreamEndpoint(
      StreamShare share,
      LinkStream stream,
      InetSocketAddress peer,
      Function<Windows, SocketLease> lessor,
      Attendant attendant) {
    this.share = share;
    this.stream = stream;
    this.peer = peer;
    this.attendant = attendant;
    this.lease = lessor.apply(this);
  }

  // --- What the role says -----------------------------------------------------------------------

  /** Takes bytes of the message that goes out; as {@link #write}. */
  abstract int send(Scratch from, int offset, int length, boolean more);

  /** Whether {@link #send} could take something now. */
  private boolean sends() {
    return body == null ? stream.takesFields() : body.sends();
  }

  /** Whether the message that goes out is whole. */
  final boolean sentWhole() {
    return body != null && body.over();
  }

  /** Our side is to end here: a tunnel, or a message that was whole already. */
  abstract void finishOutput();

  /** What a reset says; {@code sent}: whether our message was whole, the peer's is not. */
  Http2Error cutCode(boolean sent) {
    return sent ? Http2Error.NO_ERROR : Http2Error.INTERNAL_ERROR;
  }

  // --- Source -----------------------------------------------------------------------------------

  @Override
  public final int peek(Scratch into, int offset, int lengthMax) {
    return open ? inbound.peek(into, offset, lengthMax) : Source.BROKEN;
  }

  @Override
  public final void skip(int length) {
    int data = inbound.skip(length);
    if (data > 0) {
      stream.drained(data);
    }
    if (inbound.textBytes() == 0) {
      giveHeadBack();
    }
  }

  @Override
  public final boolean inputEnded() {
    return inbound.inputEnded();
  }

  @Override
  public final boolean inputBroken() {
    return inbound.broken();
  }

  @Override
  public final boolean readable() {
    return open && inbound.readable();
  }

  /** Takes a lease for text that is to wait; false if there is none. */
  final boolean leaseText(int bytes) {
    if (!share.governor.admit(bytes)) {
      return false;
    }
    headLeaseBytes += bytes;
    return true;
  }

  private void giveHeadBack() {
    if (headLeaseBytes > 0) {
      share.governor.dismiss(headLeaseBytes);
      headLeaseBytes = 0;
    }
  }

  @Override
  public final void data(ByteBuf data, boolean end) {
    if (!open) {
      stream.drained(data.readableBytes());
    } else {
      inbound.data(data, Math.max(stream.promisedBytes(), receiveLimitBytes / 2));
    }
    if (end) {
      inbound.end(new byte[0]);
    }
  }

  // --- Sink -------------------------------------------------------------------------------------

  @Override
  public final int write(Scratch from, int offset, int length, boolean more) {
    if (!open || failed || outputBroken) {
      return Sink.BROKEN;
    }
    int taken = send(from, offset, length, more);
    refused = taken < length;
    return taken;
  }

  @Override
  public final boolean writable() {
    return open && (failed || outputBroken || (!refused && sends()));
  }

  @Override
  public final void finish() {
    if (open && !failed) {
      finishOutput();
    }
  }

  /** The peer's side does not matter any more: its answer is whole. */
  final void stopInput() {
    if (!inbound.ended() && !stream.over()) {
      inbound.release();
      inbound.end(new byte[0]);
      ownReset(Http2Error.NO_ERROR);
    }
  }

  /** What of this stream is on its way; nothing once it has ended and its siblings have room. */
  @Override
  public final long undelivered() {
    long mine = stream.undelivered();
    boolean leaves = mine > 0 && sentWhole() && stream.link().buffers().canLeave(sendLimitBytes);
    return leaves ? 0 : mine;
  }

  // --- Events -----------------------------------------------------------------------------------

  @Override
  public final void ready() {
    refused = false;
    if (open) {
      attendant.ready();
    }
  }

  @Override
  public final void abandon() {
    attendant.abandon();
  }

  @Override
  public void broken(long errorCode) {
    if (resetting) {
      return;
    }
    if (inbound.ended() && inputSurvives(errorCode)) {
      outputBroken = true;
    } else {
      failed = true;
      inbound.breakOff();
    }
  }

  /** Whether what has arrived whole still counts although the peer has reset the stream. */
  boolean inputSurvives(long errorCode) {
    return false;
  }

  @Override
  public final void attend(Attendant next) {
    attendant = next;
  }

  // --- The end ----------------------------------------------------------------------------------

  @Override
  public final void close() {
    if (!open) {
      return;
    }
    open = false;
    if (!stream.over()) {
      if (!sentWhole() || !inbound.ended()) {
        ownReset(cutCode(sentWhole()));
      }
    }
    inbound.release();
    giveHeadBack();
    lease.end();
    stream.link().buffers().receive(receiveLimitBytes, 0);
    stream.link().buffers().send(sendLimitBytes, 0);
    receiveLimitBytes = 0;
    sendLimitBytes = 0;
  }

  @Override
  public final void reset() {
    if (open && !stream.over()) {
      ownReset(cutCode(sentWhole()));
    }
    close();
  }

  /** A reset that our own side wants: nobody is to be told. */
  private void ownReset(Http2Error error) {
    resetting = true;
    stream.reset(error);
  }

  @Override
  public final boolean open() {
    return open;
  }

  @Override
  public final boolean failed() {
    return failed;
  }

  /** What became of TLS on the connection that it is a stream of. */
  @Override
  public final @Nullable TlsState tls() {
    return stream.link().tls();
  }

  /** A stream that is gone is reset, which is told; its link may be gone without a word. */
  @Override
  public final boolean probe(int silentMillis) {
    return stream.link().buffers().probe(silentMillis);
  }

  @Override
  public final InetSocketAddress peer() {
    return peer;
  }

  // --- Windows ----------------------------------------------------------------------------------

  @Override
  public final SocketLease lease() {
    return lease;
  }

  @Override
  public final void limitReceive(int bytes) {
    stream.link().buffers().receive(receiveLimitBytes, bytes);
    receiveLimitBytes = bytes;
    stream.grant(bytes == WindowSizes.AUTO ? autoWindowBytes() : bytes / 2);
  }

  /** Half of what the last level's lease is for. */
  private static int autoWindowBytes() {
    WindowSizes sizes = KernelLimits.sizes();
    return sizes.receiveLeaseBytes(sizes.levels() - 1) / 4;
  }

  @Override
  public final void limitSend(int bytes) {
    stream.link().buffers().send(sendLimitBytes, bytes);
    sendLimitBytes = bytes;
  }

  /** No packet of a peer is bound to a stream's window. */
  @Override
  public final int segmentBytes() {
    return 0;
  }

  /**
   * What it holds, and the socket for it: what may still arrive counts as if it were there, since a
   * window is not taken back, and what was sent as its part of the socket's buffer.
   */
  @Override
  public final long heldBytes() {
    if (!open) {
      return 0;
    }
    long excess = stream.link().buffers().excessBytes();
    return receivedBytes() + AHEAD_BYTES + Math.max(0, sendLimitBytes) + excess;
  }

  /** 0: what was promised counts as received. */
  @Override
  public final long promisedBytes() {
    return 0;
  }

  @Override
  public final long receivedBytes() {
    if (!open) {
      return 0;
    }
    long windowed = (long) inbound.dataBytes() + stream.promisedBytes();
    return Math.max(inbound.heldBytes(), 2 * windowed);
  }

  /** What it holds in user space, bytes. */
  public final long userBytes() {
    return (long) inbound.heldBytes() + inbound.textBytes();
  }
}
