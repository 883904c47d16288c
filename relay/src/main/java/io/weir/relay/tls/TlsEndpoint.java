package io.weir.relay.tls;

import io.netty.util.ReferenceCountUtil;
import io.netty.util.ReferenceCounted;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Sink;
import io.weir.relay.endpoint.Source;
import io.weir.relay.endpoint.Spliceable;
import io.weir.relay.endpoint.TlsState;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import io.weir.relay.loop.Turn;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS on another endpoint: a source and sink of plain text whose socket carries records.
 *
 * <pre>
 *   SHAKING --hands shaken--> OPEN
 *      |                        |
 *      +-----------+------------+
 *                  v
 *               FAILED           a rule was broken, or the socket ended; an alert was sent
 * </pre>
 *
 * <h2>What is held</h2>
 *
 * In user space, and part of the lease: a record that has arrived, as far as it was not consumed;
 * the rest of a record that the socket did not take; and the engine. The loop's {@link TlsSpace}
 * has what moves, so a connection at rest has no buffer. More is decrypted ahead, up to {@link
 * TlsSpace#OPENED_BYTES_MAX}, only for who consumes all that it is shown, and only if the lease
 * grants it. Who looks again without having consumed anything wants more than it was shown (a head
 * of many records), and gets a record more at each look, as far as the lease goes.
 *
 * <h2>Readiness</h2>
 *
 * The socket's edges come here and are passed on. A peek that showed less than was asked although
 * there is more must be followed by another one, and no edge will come: so it leaves a turn, in
 * which the attendant is told unless it has gone on by itself. So it is where all that a look
 * opened was records without data.
 *
 * <h2>End of the stream</h2>
 *
 * Only a close_notify is an end; the socket's own end without one is a truncation (RFC 8446, 6.1):
 * {@link Source#BROKEN}. Netty's engine for BoringSSL answers a close_notify with its own and takes
 * nothing more; so there, a peer that has ended its side gets no more either, but a broken
 * transfer, never a part that looks whole.
 *
 * <h2>The engine's tasks</h2>
 *
 * Certificates are looked up, checked and signed on the loop: 0.3 to 2 ms a handshake with
 * BoringSSL. A thread for them would need another bound, for connections that wait for it.
 *
 * <p>Thread: the loop. Owns the endpoint below and the engine.
 */
public final class TlsEndpoint extends Layer implements Attendant, TlsState, Turn {
  /**
   * An engine with its object of BoringSSL and a session, bytes; measured (docs/decisions/0016).
   */
  static final int ENGINE_BYTES = 8 * 1024;

  /** What it may hold in user space beside what the endpoint below may, bytes. */
  public static final int USER_BYTES_MAX =
      ENGINE_BYTES + TlsSpace.SEALED_RECORD_BYTES + TlsSpace.RECORD_BYTES + 2048;

  /** Records that are opened at once at most: they may be empty. */
  private static final int RECORDS_PER_PEEK_MAX = 64;

  /**
   * Records in a row that may have no data: empty ones, KeyUpdates, tickets. BoringSSL allows 32 of
   * the first two, the JDK's engine any number.
   */
  private static final int DATALESS_RECORDS_MAX = 1000;

  /** Steps of a handshake at once at most; a usual one takes a dozen. */
  private static final int STEPS_MAX = 100;

  private enum Phase {
    SHAKING,
    OPEN,
    FAILED
  }

  private final Loop loop;
  private final SSLEngine engine;
  private final TlsSpace space;
  private final Inbound inbound;
  private final Outbound outbound;
  private final Ahead ahead;
  private Attendant attendant;
  private Phase phase = Phase.SHAKING;
  private String applicationProtocol = "";
  private @Nullable String failure;

  private boolean turnWaits;

  /** Whether the last look left off with nothing to show, although there is more to open. */
  private boolean leftOff;

  private int datalessRecords;
  private boolean ended;
  private boolean endTold;
  private boolean owes;
  private boolean finishing;
  private boolean finished;
  private boolean broken;
  private boolean released;

  private TlsEndpoint(Loop loop, Endpoint below, SSLEngine engine, Attendant attendant) {
    super(below);
    this.loop = loop;
    this.engine = engine;
    this.attendant = attendant;
    boolean native_ = engine instanceof ReferenceCounted && below instanceof Spliceable;
    this.space = TlsSpace.ofThisLoop(native_);
    this.inbound = new Inbound(space, engine);
    this.outbound = new Outbound(space, engine, below);
    this.ahead = new Ahead(below.lease());
    below.attend(this);
  }

  /**
   * The side of a server, which waits for the client: {@link #advance} goes on with the handshake.
   * Takes ownership of both.
   *
   * @param engine in server mode
   */
  public static TlsEndpoint server(
      Loop loop, Endpoint below, SSLEngine engine, Attendant attendant) {
    TlsEndpoint fresh = new TlsEndpoint(loop, below, engine, attendant);
    fresh.begin();
    return fresh;
  }

  /**
   * The side of a client, which has begun when this returns. Takes ownership of {@code below}.
   *
   * @param tls to whom it speaks
   */
  static TlsEndpoint client(Loop loop, Endpoint below, Connector.Tls tls, Attendant attendant) {
    TlsEndpoint fresh = new TlsEndpoint(loop, below, OriginEngines.engine(tls), attendant);
    fresh.begin();
    fresh.advance();
    return fresh;
  }

  // --- Events -----------------------------------------------------------------------------------

  @Override
  public void ready() {
    advance();
    attendant.ready();
  }

  @Override
  public void abandon() {
    attendant.abandon();
  }

  /** What a peek left undone: see the essay. */
  @Override
  public void turn() {
    turnWaits = false;
    if (below.open() && (leftOff || ahead.unused())) {
      try {
        attendant.ready();
      } catch (Throwable t) {
        loop.faults().record(t);
        attendant.abandon();
      }
    }
  }

  /** Does what the socket allows by itself: the handshake, and what waits to be sent. */
  public void advance() {
    if (!below.open()) {
      return;
    }
    if (phase == Phase.SHAKING) {
      shake();
    } else if (phase == Phase.OPEN && outbound.flush()) {
      if (owes) {
        sendOwn();
      }
      if (finishing) {
        sendEnd();
      }
    }
  }

  // --- The handshake ----------------------------------------------------------------------------

  private void begin() {
    try {
      engine.beginHandshake();
    } catch (SSLException e) {
      fail(TlsFault.text(e), false);
    }
  }

  private void shake() {
    try {
      boolean on = true;
      for (int i = 0; on && phase == Phase.SHAKING && i < STEPS_MAX; i++) {
        on = step(engine.getHandshakeStatus());
      }
      if (on && phase == Phase.SHAKING) {
        fail("the TLS handshake does not come to an end", true);
      }
    } catch (SSLException e) {
      fail(TlsFault.text(e), true);
    }
  }

  /** One step; returns whether there is another one to do now. */
  private boolean step(HandshakeStatus status) throws SSLException {
    return switch (status) {
      case NEED_TASK -> {
        runTasks();
        yield true;
      }
      case NEED_WRAP -> {
        boolean sent = outbound.sendOwn();
        if (outbound.broken()) {
          fail("the peer left in the TLS handshake", false);
        }
        yield sent;
      }
      case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> outbound.flush() && receive();
      case NOT_HANDSHAKING, FINISHED -> {
        shaken();
        yield false;
      }
    };
  }

  private void runTasks() {
    Runnable task = engine.getDelegatedTask();
    while (task != null) {
      task.run();
      task = engine.getDelegatedTask();
    }
  }

  private boolean receive() throws SSLException {
    if (inbound.opens()) {
      SSLEngineResult result = inbound.open();
      ended |= engine.isInboundDone();
      if (ended) {
        fail("the peer closed the connection in the TLS handshake", false);
      }
      return result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW || fill();
    }
    return fill() || goesOn();
  }

  /**
   * Netty's engine for BoringSSL sees that the client's last message was the last only when it is
   * asked once more; else the handshake would be over with the first data.
   */
  private boolean goesOn() throws SSLException {
    if (phase == Phase.SHAKING && inbound.sealedBytes() == 0) {
      inbound.open();
    }
    return phase == Phase.SHAKING && engine.getHandshakeStatus() != HandshakeStatus.NEED_UNWRAP;
  }

  private boolean fill() {
    int n = below.readable() ? inbound.fill(below, TlsSpace.RECORD_BYTES) : Source.NOTHING_YET;
    if (n < 0) {
      fail(
          n == Source.END
              ? "the peer closed the connection in the TLS handshake"
              : "the connection broke in the TLS handshake",
          false);
    }
    return n > 0;
  }

  private void shaken() {
    phase = Phase.OPEN;
    try {
      String agreed = engine.getApplicationProtocol();
      applicationProtocol = agreed == null ? "" : agreed;
    } catch (UnsupportedOperationException withoutAlpn) {
      applicationProtocol = "";
    }
    sendOwn(); // session tickets
  }

  private void sendOwn() {
    try {
      owes = !outbound.sendOwn();
    } catch (SSLException e) {
      fail(TlsFault.text(e), false);
    }
  }

  /** Gives up; {@code alert} tells the peer why, as far as the socket takes it. */
  private void fail(String why, boolean alert) {
    if (phase == Phase.FAILED) {
      return;
    }
    phase = Phase.FAILED;
    failure = why;
    if (alert) {
      try {
        outbound.sendOwn();
      } catch (SSLException e) {
        failure = why; // the engine says the same once more
      }
    }
  }

  // --- Source -----------------------------------------------------------------------------------

  @Override
  public int peek(Scratch into, int offset, int lengthMax) {
    if (!below.open()) {
      return Source.BROKEN;
    }
    if (phase == Phase.OPEN) {
      open(lengthMax);
    }
    int n = inbound.peek(into.bytes(), offset, lengthMax);
    ahead.shown(n);
    if (n > 0) {
      return n;
    }
    if (ended && phase == Phase.OPEN) {
      endTold = true;
      return END;
    }
    endTold = phase == Phase.FAILED;
    return phase == Phase.FAILED ? Source.BROKEN : NOTHING_YET;
  }

  /** Decrypts what a peek of so many bytes is to show. */
  private void open(int lengthMax) {
    leftOff = false;
    int target = ahead.target(inbound.openedBytes(), lengthMax);
    for (int i = 0; i < RECORDS_PER_PEEK_MAX; i++) {
      if (inbound.openedBytes() >= target || ended || phase != Phase.OPEN) {
        break;
      }
      if (inbound.opens()) {
        openRecord();
      } else if (!below.readable() || !read(target)) {
        return;
      }
    }
    if (inbound.openedBytes() < lengthMax && (inbound.opens() || below.readable())) {
      leftOff = inbound.openedBytes() == 0;
      laterAgain();
    }
  }

  private void laterAgain() {
    if (!turnWaits) {
      turnWaits = true;
      loop.giveWay(this);
    }
  }

  private boolean read(int target) {
    int sealed = target - inbound.openedBytes() - inbound.sealedBytes() + 256;
    int n = inbound.fill(below, Math.min(Math.max(sealed, 1024), TlsSpace.READ_BYTES));
    if (n < 0) {
      fail(
          n == Source.END ? "the stream ended without close_notify" : "the connection broke",
          false);
    }
    return n > 0;
  }

  private void openRecord() {
    try {
      SSLEngineResult result = inbound.open();
      ended = engine.isInboundDone();
      if (!ended && endless(result)) {
        fail("records without data, and no end of them", false);
        return;
      }
      if (!ended && alerts(result)) {
        fail("a record that breaks the rules of TLS", true);
      } else if (!ended && engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
        answer(result);
      }
    } catch (SSLException e) {
      fail(TlsFault.text(e), true);
    }
  }

  /** Counts records without data, which cost their peer less than they cost here. */
  private boolean endless(SSLEngineResult result) {
    if (result.bytesProduced() > 0) {
      datalessRecords = 0;
    } else if (result.bytesConsumed() > 0) {
      datalessRecords++;
    }
    return datalessRecords > DATALESS_RECORDS_MAX;
  }

  /**
   * Whether Netty's engine for BoringSSL has an alert for the peer: it keeps the exception until
   * that is out and something else comes, which may be never.
   */
  private boolean alerts(SSLEngineResult result) {
    return engine instanceof ReferenceCounted
        && result.getHandshakeStatus() == HandshakeStatus.NEED_WRAP
        && engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING;
  }

  /** The engine has to say something: to a KeyUpdate, an alert, or a wish to shake hands anew. */
  private void answer(SSLEngineResult result) {
    boolean renews =
        result.getHandshakeStatus() == HandshakeStatus.NEED_TASK
            && !engine.getSession().getProtocol().equals("TLSv1.3");
    if (renews) {
      fail("the peer wants to renegotiate", false);
      return;
    }
    runTasks();
    sendOwn();
  }

  @Override
  public void skip(int length) {
    if (length == 0) {
      return;
    }
    inbound.skip(length);
    ahead.skipped(length, inbound.openedBytes());
  }

  @Override
  public boolean inputEnded() {
    return ended && phase == Phase.OPEN;
  }

  @Override
  public boolean inputBroken() {
    return phase == Phase.FAILED;
  }

  @Override
  public boolean readable() {
    return switch (phase) {
      case SHAKING -> false;
      case FAILED -> inbound.openedBytes() > 0 || !endTold;
      case OPEN ->
          inbound.openedBytes() > 0 || (ended ? !endTold : inbound.opens() || below.readable());
    };
  }

  // --- Sink -------------------------------------------------------------------------------------

  @Override
  public int write(Scratch from, int offset, int length, boolean more) {
    if (phase == Phase.FAILED || takesNoMore()) {
      return Sink.BROKEN;
    }
    if (phase != Phase.OPEN) {
      return 0;
    }
    try {
      return outbound.write(from, offset, length, more);
    } catch (SSLException e) {
      fail(TlsFault.text(e), false);
      return Sink.BROKEN;
    }
  }

  /** After our end, or where the engine has answered the peer's end with its own. */
  private boolean takesNoMore() {
    return finishing || !below.open() || (ended && engine instanceof ReferenceCounted);
  }

  @Override
  public void finish() {
    if (phase == Phase.OPEN && !finishing && below.open()) {
      finishing = true;
      engine.closeOutbound();
      sendEnd();
    }
  }

  /** Sends our close_notify, then ends the socket's side. */
  private void sendEnd() {
    if (!finished && outbound.flush()) {
      sendOwn();
      if (!owes && outbound.keptBytes() == 0) {
        finished = true;
        below.finish();
      }
    }
  }

  @Override
  public boolean writable() {
    return switch (phase) {
      case SHAKING -> false;
      case FAILED -> true; // so that a write is tried and finds out
      case OPEN -> outbound.broken() || (outbound.keptBytes() == 0 && below.writable());
    };
  }

  @Override
  public long undelivered() {
    long sent = below.undelivered();
    return sent < 0 ? sent : sent + outbound.keptBytes();
  }

  // --- The end ----------------------------------------------------------------------------------

  @Override
  public void close() {
    if (below.open() && phase == Phase.OPEN && !finished && !broken && !outbound.broken()) {
      engine.closeOutbound();
      sendOwn();
    }
    below.close();
    release();
  }

  @Override
  public void reset() {
    below.reset();
    release();
  }

  @Override
  public void breakAtEnd() {
    broken = true; // a close_notify would make it an end in order
    below.breakAtEnd();
  }

  private void release() {
    if (!released) {
      released = true;
      inbound.release();
      outbound.release();
      ahead.shown(0);
      ReferenceCountUtil.release(engine);
    }
  }

  @Override
  public void attend(Attendant next) {
    attendant = next;
  }

  @Override
  public boolean failed() {
    return phase == Phase.FAILED || below.failed();
  }

  @Override
  public long heldBytes() {
    long held = below.heldBytes();
    return held < 0 ? held : held + userBytes();
  }

  /** What it holds in user space, its engine included. */
  private long userBytes() {
    return ENGINE_BYTES
        + inbound.openedBytes()
        + (long) inbound.sealedBytes()
        + outbound.keptBytes();
  }

  // --- What became of TLS -----------------------------------------------------------------------

  @Override
  public TlsState tls() {
    return this;
  }

  @Override
  public boolean established() {
    return phase == Phase.OPEN;
  }

  @Override
  public String applicationProtocol() {
    return applicationProtocol;
  }

  @Override
  public @Nullable String failure() {
    return failure;
  }
}
