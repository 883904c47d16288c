package io.weir.relay.tls;

import io.netty.util.concurrent.FastThreadLocal;
import io.weir.relay.loop.Scratch;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the engines of one loop work: one set of buffers for all of its connections, which nobody
 * has while nothing moves.
 *
 * <p>What has arrived belongs to the connection that last worked here, its {@link Inbound}. If
 * another one comes before that is consumed, it is moved to a buffer of its own size; in a flow
 * whose sink keeps up that never happens. What is to be sent stays here within a call only.
 *
 * <p>Thread: the loop. BoringSSL wants addresses, and so do raw descriptors: then the buffers are
 * outside of the heap. The JDK's engine and Netty's channels are better off with arrays.
 */
final class TlsSpace {
  /** Most bytes of plain text in a record; RFC 8446, 5.1. */
  static final int RECORD_BYTES = 16 * 1024;

  /** Most bytes of a record as it travels, its header included; RFC 5246, 6.2.3. */
  static final int SEALED_RECORD_BYTES = 5 + RECORD_BYTES + 2048;

  /** Read at once, bytes: four records. More did not cost less. */
  static final int READ_BYTES = 64 * 1024;

  /** Most that is decrypted and not yet consumed. */
  static final int OPENED_BYTES_MAX = 128 * 1024;

  /** Records that leave in one write: below, the calls cost; above, the second-level cache. */
  private static final int SEALED_RECORDS = 8;

  private static final FastThreadLocal<TlsSpace> ON_HEAP = new FastThreadLocal<>();
  private static final FastThreadLocal<TlsSpace> OUTSIDE_HEAP = new FastThreadLocal<>();

  /** What was read and not decrypted: the rest of a record in front, then what is read now. */
  final Scratch sealedIn;

  /** What was decrypted and not consumed. */
  final ByteBuffer openedIn;

  /** One record on its way into the engine, where that wants an address; else empty. */
  final ByteBuffer openedOut;

  /** Records on their way to the socket. */
  final Scratch sealedOut;

  private @Nullable Inbound owner;

  private TlsSpace(boolean outsideHeap) {
    int in = SEALED_RECORD_BYTES + READ_BYTES;
    int opened = OPENED_BYTES_MAX + 2 * SEALED_RECORD_BYTES;
    int out = (SEALED_RECORDS + 1) * SEALED_RECORD_BYTES;
    sealedIn = outsideHeap ? Scratch.outsideHeap(in) : new Scratch(in);
    openedIn = outsideHeap ? ByteBuffer.allocateDirect(opened) : ByteBuffer.allocate(opened);
    openedOut = outsideHeap ? ByteBuffer.allocateDirect(RECORD_BYTES) : ByteBuffer.allocate(0);
    sealedOut = outsideHeap ? Scratch.outsideHeap(out) : new Scratch(out);
  }

  /** The space of the calling loop, made when it is first needed. */
  static TlsSpace ofThisLoop(boolean outsideHeap) {
    FastThreadLocal<TlsSpace> kind = outsideHeap ? OUTSIDE_HEAP : ON_HEAP;
    TlsSpace known = kind.getIfExists();
    if (known == null) {
      known = new TlsSpace(outsideHeap);
      kind.set(known);
    }
    return known;
  }

  /** Gives the place of what arrives to {@code next}; whoever had it takes away what is there. */
  void claim(Inbound next) {
    Inbound before = owner;
    if (before != next) {
      if (before != null) {
        before.moveOut();
      }
      owner = next;
      next.moveIn();
    }
  }

  boolean isOwner(Inbound inbound) {
    return owner == inbound;
  }

  /** {@code inbound} ends, and with it what it has here. */
  void forget(Inbound inbound) {
    if (owner == inbound) {
      owner = null;
    }
  }
}
