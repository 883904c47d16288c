package io.weir.relay.tls;

import io.netty.buffer.ByteBuf;
import io.weir.relay.endpoint.ChannelEndpoint;
import io.weir.relay.endpoint.Source;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived on one connection: sealed bytes, of which the last record may not be whole, and
 * opened ones that nobody has consumed.
 *
 * <pre>
 *   socket --fill--> [ sealed ] --open--> [ opened ] --peek, skip--> whoever reads
 *
 *   in the loop's space while it is the last that worked there, else in buffers of its own size,
 *   else (as a rule) nowhere: both are empty
 * </pre>
 *
 * <p>Thread: the loop.
 */
final class Inbound {
  private final TlsSpace space;
  private final SSLEngine engine;

  /** The sealed bytes lie at [sealedFrom, sealedTo) of the space, or in {@code keptSealed}. */
  private int sealedFrom;

  private int sealedTo;
  private int openedFrom;
  private int openedTo;
  private @Nullable ByteBuf keptSealed;
  private @Nullable ByteBuf keptOpened;

  /** Whether the sealed bytes are not a whole record. */
  private boolean starved = true;

  Inbound(TlsSpace space, SSLEngine engine) {
    this.space = space;
    this.engine = engine;
  }

  /** Bytes that were decrypted and not consumed. */
  int openedBytes() {
    return openedTo - openedFrom;
  }

  /** Bytes that were read and not decrypted. */
  int sealedBytes() {
    return sealedTo - sealedFrom;
  }

  /** Whether there may be a whole record to open. */
  boolean opens() {
    return !starved;
  }

  /**
   * Reads from {@code from} at most {@code lengthMax} bytes, or up to the end of the present record
   * if that is more; returns what {@link Source#read} says.
   */
  int fill(Source from, int lengthMax) {
    space.claim(this);
    int left = sealedBytes();
    ByteBuffer sealed = space.sealedIn.buffer();
    if (left == 0) {
      sealedFrom = 0;
    } else if (sealedFrom > 0) {
      sealed.put(0, sealed, sealedFrom, left);
      sealedFrom = 0;
    }
    sealedTo = left;
    int length = Math.min(Math.max(lengthMax, missingBytes()), sealed.capacity() - left);
    int n = from.read(space.sealedIn, sealedTo, length);
    if (n > 0) {
      sealedTo += n;
      starved = false;
    }
    return n;
  }

  /** Bytes that the present record lacks, as its header says; RFC 8446, 5.1. */
  private int missingBytes() {
    ByteBuffer sealed = space.sealedIn.buffer();
    int held = sealedBytes();
    if (held < 5) {
      return 5 - held;
    }
    int length = 5 + (sealed.getShort(sealedFrom + 3) & 0xffff);
    return Math.clamp((long) length - held, 1, TlsSpace.SEALED_RECORD_BYTES);
  }

  /**
   * Opens the next record.
   *
   * @throws SSLException if the peer broke the rules
   */
  SSLEngineResult open() throws SSLException {
    space.claim(this);
    if (openedFrom == openedTo) {
      openedFrom = 0;
      openedTo = 0;
    } else if (space.openedIn.capacity() - openedTo < TlsSpace.SEALED_RECORD_BYTES) {
      space.openedIn.put(0, space.openedIn, openedFrom, openedBytes());
      openedTo = openedBytes();
      openedFrom = 0;
    }
    ByteBuffer sealed = space.sealedIn.buffer().limit(sealedTo).position(sealedFrom);
    ByteBuffer opened = space.openedIn.clear().position(openedTo);
    SSLEngineResult result = engine.unwrap(sealed, opened);
    sealedFrom += result.bytesConsumed();
    openedTo += result.bytesProduced();
    sealed.clear();
    starved =
        sealedFrom == sealedTo
            || result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW
            || result.getStatus() == SSLEngineResult.Status.CLOSED;
    if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
      throw new SSLException("a record longer than any may be");
    }
    return result;
  }

  /** Copies opened bytes to {@code to}; they are not consumed. */
  int peek(byte[] to, int offset, int lengthMax) {
    int length = Math.min(lengthMax, openedBytes());
    ByteBuf kept = keptOpened;
    if (kept != null) {
      kept.getBytes(kept.readerIndex(), to, offset, length);
    } else if (length > 0) {
      space.openedIn.get(openedFrom, to, offset, length);
    }
    return length;
  }

  /** Consumes opened bytes. */
  void skip(int length) {
    openedFrom += length;
    ByteBuf kept = keptOpened;
    if (kept != null) {
      kept.skipBytes(length);
      if (!kept.isReadable()) {
        kept.release();
        keptOpened = null;
      }
    }
  }

  /** Another connection works in the space now: what is there is copied. */
  void moveOut() {
    int opened = openedBytes();
    if (opened > 0) {
      ByteBuffer from = space.openedIn.limit(openedTo).position(openedFrom);
      keptOpened = ChannelEndpoint.ALLOCATOR.directBuffer(opened, opened).writeBytes(from);
      space.openedIn.clear();
    }
    openedFrom = 0;
    openedTo = opened;
    int sealed = sealedBytes();
    if (sealed > 0) {
      ByteBuffer from = space.sealedIn.buffer().limit(sealedTo).position(sealedFrom);
      keptSealed = ChannelEndpoint.ALLOCATOR.directBuffer(sealed, sealed).writeBytes(from);
      space.sealedIn.buffer().clear();
    }
    sealedFrom = 0;
    sealedTo = sealed;
  }

  /** The space is its own again. */
  void moveIn() {
    ByteBuf opened = keptOpened;
    openedTo = openedBytes();
    openedFrom = 0;
    if (opened != null) {
      opened.readBytes(space.openedIn.clear().limit(openedTo));
      opened.release();
      keptOpened = null;
      space.openedIn.clear();
    }
    ByteBuf sealed = keptSealed;
    if (sealed != null) {
      sealed.readBytes(space.sealedIn.buffer().clear().limit(sealedTo));
      sealed.release();
      keptSealed = null;
      space.sealedIn.buffer().clear();
    }
  }

  /** Drops everything. */
  void release() {
    space.forget(this);
    if (keptOpened != null) {
      keptOpened.release();
      keptOpened = null;
    }
    if (keptSealed != null) {
      keptSealed.release();
      keptSealed = null;
    }
    openedFrom = openedTo;
    sealedFrom = sealedTo;
    starved = true;
  }
}
