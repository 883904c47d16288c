package io.weir.relay.tls;

import io.netty.buffer.ByteBuf;
import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Spliceable;
import io.weir.relay.loop.Scratch;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What goes out on one connection: sealed no faster than the socket takes it.
 *
 * <p>A record that was sealed must be sent, so only as much is sealed as the socket says it has
 * room for. What it does not take all the same is kept: the rest of the last record as a rule, and
 * nothing else is sealed before that has left. An edge comes only after a socket has taken less
 * than it was given, so where there is no room a small record is tried ({@link #TRIED_BYTES}).
 *
 * <p>Thread: the loop.
 */
final class Outbound {
  /** What a record adds at most: 5 + 1 + 16 with TLS 1.3, 5 + 8 + 16 with 1.2 (RFC 8446, 5288). */
  private static final int SEAL_BYTES = 32;

  /** Sealed where the socket has no room, so that it says when it has. */
  private static final int TRIED_BYTES = 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final TlsSpace space;
  private final SSLEngine engine;
  private final Sink socket;
  private final @Nullable Spliceable telling;
  private @Nullable ByteBuf kept;

  /** Whether the socket took less than it had promised: a record at a time, for now. */
  private boolean cautious;

  private boolean broken;

  Outbound(TlsSpace space, SSLEngine engine, Sink socket) {
    this.space = space;
    this.engine = engine;
    this.socket = socket;
    this.telling = socket instanceof Spliceable raw ? raw : null;
  }

  /** Sealed bytes that the socket did not take. */
  int keptBytes() {
    ByteBuf waiting = kept;
    return waiting == null ? 0 : waiting.readableBytes();
  }

  /** Whether the socket, or the engine, takes nothing any more. */
  boolean broken() {
    return broken;
  }

  /**
   * Seals and sends as much as there is room for.
   *
   * @return bytes taken, or {@link Sink#BROKEN}
   * @throws SSLException if the engine fails
   */
  int write(Scratch from, int offset, int length, boolean more) throws SSLException {
    int taken = 0;
    while (taken < length && !broken && flush()) {
      int batch = Math.min(length - taken, room());
      space.sealedOut.buffer().clear();
      int sealed = seal(from, offset + taken, batch);
      taken += sealed;
      // Not "more" within: what is joined to a packet that was begun, the kernel does not bound.
      send(more && taken == length);
    }
    return broken ? Sink.BROKEN : taken;
  }

  /** Bytes of plain text that the socket has room for, once they are sealed. */
  private int room() {
    if (telling == null || cautious) {
      return TlsSpace.RECORD_BYTES;
    }
    int room = telling.roomBytes();
    int records = room / TlsSpace.RECORD_BYTES + 1;
    return Math.max(room - records * SEAL_BYTES, TRIED_BYTES);
  }

  /** Seals up to {@code length} bytes into the space; returns how many. */
  private int seal(Scratch from, int offset, int length) throws SSLException {
    ByteBuffer out = space.sealedOut.buffer();
    int sealed = 0;
    while (sealed < length && out.remaining() >= TlsSpace.SEALED_RECORD_BYTES) {
      int record = Math.min(length - sealed, TlsSpace.RECORD_BYTES);
      SSLEngineResult result = engine.wrap(opened(from, offset + sealed, record), out);
      sealed += result.bytesConsumed();
      if (result.getStatus() == SSLEngineResult.Status.CLOSED
          || result.bytesConsumed() + result.bytesProduced() == 0) {
        broken = true;
        return sealed;
      }
    }
    return sealed;
  }

  private ByteBuffer opened(Scratch from, int offset, int length) {
    if (space.openedOut.capacity() == 0 || from.isOutsideHeap()) {
      return from.buffer().limit(offset + length).position(offset);
    }
    return space.openedOut.clear().put(from.bytes(), offset, length).flip();
  }

  /**
   * Sends what the engine has to say of itself, if there is something: of the handshake, alerts, a
   * close_notify. Not while something is kept.
   *
   * @return whether there is nothing left to say, and all has left
   * @throws SSLException if the engine fails
   */
  boolean sendOwn() throws SSLException {
    while (!broken && flush()) {
      ByteBuffer out = space.sealedOut.buffer().clear();
      SSLEngineResult result = engine.wrap(NOTHING.duplicate(), out);
      if (result.bytesProduced() == 0) {
        return true;
      }
      send(false);
      if (result.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NEED_WRAP
          && keptBytes() == 0) {
        return true;
      }
    }
    return false;
  }

  /** Sends what is in the space, and keeps what the socket does not take. */
  private void send(boolean more) {
    ByteBuffer out = space.sealedOut.buffer();
    int length = out.position();
    int n = length == 0 ? 0 : socket.write(space.sealedOut, 0, length, more);
    if (n == Sink.BROKEN) {
      broken = true;
      return;
    }
    int left = length - n;
    cautious = left > TlsSpace.SEALED_RECORD_BYTES;
    if (left > 0) {
      kept =
          ChannelEndpoint.ALLOCATOR
              .directBuffer(left, left)
              .writeBytes(out.limit(length).position(n));
    }
    out.clear();
  }

  /** Sends what was kept; returns whether nothing is kept any more. */
  boolean flush() {
    ByteBuf waiting = kept;
    if (waiting == null) {
      return true;
    }
    if (broken || !socket.writable()) {
      return false;
    }
    int length = waiting.readableBytes();
    ByteBuffer out = space.sealedOut.buffer().clear().limit(length);
    waiting.getBytes(waiting.readerIndex(), out);
    out.clear();
    int n = socket.write(space.sealedOut, 0, length, false);
    if (n == Sink.BROKEN) {
      broken = true;
      return false;
    }
    waiting.skipBytes(n);
    if (waiting.isReadable()) {
      return false;
    }
    waiting.release();
    kept = null;
    return true;
  }

  /** Drops what is kept. */
  void release() {
    broken = true;
    if (kept != null) {
      kept.release();
      kept = null;
    }
  }
}
