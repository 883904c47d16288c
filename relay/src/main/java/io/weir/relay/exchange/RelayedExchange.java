package io.weir.relay.exchange;

import io.weir.relay.budget.Governor;
import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.http1.ResponseWriter;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import io.weir.relay.origin.OriginConnection;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.Pump;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request relayed to the origin, and its response relayed back.
 *
 * <pre>
 *            connect()                 taken()
 *   begun ------------> connecting ------------> both flows step, on any readiness of either socket
 *                          ^   |                     |              |              |
 *                          |   | refused()           | stale,       | responseSent | fail(), cut()
 *                          |   v                     | untouched    v              v
 *                          |  fail()                 |           finish()    answer of ours, or
 *                          +-------------------------+                       a visible break
 * </pre>
 *
 * After a 101 both sockets are those of a {@link Tunnel}, until that is over.
 *
 * <h2>Both directions at once</h2>
 *
 * The origin may answer before the request has ended, so {@link RequestFlow} and {@link
 * ResponseFlow} each have their own state and pump, and {@link #advance} drives both as far as they
 * go. It does nothing for a direction that waits for the other side's socket.
 *
 * <h2>Retry</h2>
 *
 * A connection that waited in the pool may have been closed by the origin just before we wrote. A
 * safe request without a body is then sent once more on a fresh connection (RFC 9110, 9.2.2); its
 * head is still in the client's socket, so there is nothing to keep for that.
 *
 * <h2>A broken response</h2>
 *
 * If the origin fails before its head was passed on, the client gets an answer of ours. After that,
 * the client must not take what it has for the whole: a chunked body ends without its last chunk,
 * everything else with a reset, behind what the origin had sent.
 *
 * <p>Thread: the loop. Owns its origin connection.
 */
final class RelayedExchange extends Exchange implements Attendant, OriginPool.Taker, Tunnel.Owner {
  private final ClientConnection client;
  private final Worker worker;
  private final Upstream upstream;
  private final Request request;
  private final RequestFlow upward;
  private final ResponseFlow downward;
  private final long beganNanos = System.nanoTime();
  private OriginPool.@Nullable Wait connecting;
  private @Nullable OriginConnection connection;
  private @Nullable Tunnel tunnel;

  /** Whether the request's head stands in the scratch space: in the turn that found it. */
  private boolean headInScratch = true;

  private boolean retried;
  private boolean over;
  private int flows;
  private int ownStatus;

  /** Its lease, if it stood still for long at the last look; else 0. */
  private long stalledBytes;

  RelayedExchange(ClientConnection client, Upstream upstream, RequestHead head, Worker worker) {
    this.client = client;
    this.upstream = upstream;
    this.worker = worker;
    this.request = Request.of(head, worker.log() != null);
    this.upward = new RequestFlow(this, request);
    this.downward = new ResponseFlow(this, request);
    this.flows = request.hasBody() ? 2 : 1;
    worker.counters.exchangeBegun(flows);
  }

  // --- Connecting -------------------------------------------------------------------------------

  /** Gets a connection to the origin; {@code fresh}: none that waited. */
  void connect(boolean fresh) {
    OriginPool.Wait wait = upstream.pool().take(this, fresh, upstream.greeting());
    if (wait != null) { // else taken() or refused() ran, and may have begun another wait
      connecting = wait;
    }
    headInScratch = false;
  }

  @Override
  public void taken(OriginConnection taken) {
    connecting = null;
    connection = taken;
    taken.endpoint().attend(this);
    downward.leased(governor().flow(taken.endpoint().lease(), client.endpoint().lease()));
    try {
      if (headInScratch) {
        upward.begin(worker.requestHead, taken.endpoint()); // whoever began this goes on
      } else if (parseAgain()) {
        upward.begin(worker.requestHead, taken.endpoint());
        advance();
      }
    } catch (Throwable t) {
      fault(t);
    }
  }

  @Override
  public void refused(Reason reason, String why) {
    connecting = null;
    try {
      fail(reason, why);
    } catch (Throwable t) {
      fault(t);
    }
  }

  private void fault(Throwable t) {
    worker.loop.faults().record(t);
    abandon();
  }

  /** The head was peeked in an earlier turn: it is still in the socket, and must be the same. */
  private boolean parseAgain() {
    Scratch in = worker.loop.in();
    int from = Scratch.HEADROOM_BYTES;
    int arrived = client.endpoint().peek(in, from, in.capacityBytes());
    if (arrived <= 0) {
      cut(Reason.CLIENT_GONE);
      return false;
    }
    if (worker.requestHead.parse(in.bytes(), from, from + arrived) != request.lengthBytes()) {
      throw new IllegalStateException("a peeked head has changed");
    }
    return true;
  }

  /** The connection ended before a response: a stale one is replaced once, else it is an error. */
  void originGone(String why) {
    OriginConnection gone = connection;
    OriginEnd end = OriginEnd.of(gone, why);
    boolean untouched = upward.headKept() && downward.untouched();
    if (gone == null || retried || !untouched || !end.repeatable(request)) {
      fail(end.reason(), end.why());
      return;
    }
    retried = true;
    connection = null;
    downward.close();
    gone.close();
    upward.beginAgain();
    connect(true);
  }

  // --- Driving both directions ------------------------------------------------------------------

  @Override
  public void ready() {
    advance();
  }

  @Override
  public void abandon() {
    cut(Reason.INTERNAL); // the client does not know of this exchange before it has begun
    client.abandon();
  }

  @Override
  void advance() {
    Tunnel passing = tunnel;
    if (passing != null) {
      passing.step();
      return;
    }
    if (!over && client.endpoint().failed()) {
      cut(Reason.CLIENT_GONE);
    }
    OriginConnection with = connection;
    if (over || with == null) {
      return;
    }
    upward.step(with.endpoint());
    if (!over && connection == with) {
      downward.step(with.endpoint());
    }
  }

  /** The request's body is over. */
  void requestSent() {
    downward.pause().clear();
  }

  /** A final response, or a 101, is about to be written to the client. */
  void responseBegins() {
    worker.counters.firstByteAfter(System.nanoTime() - beganNanos);
    upward.consumeHead();
  }

  /**
   * HTTP is over on this connection; every byte passes as it is from now on.
   *
   * @param toClient what the client has not taken yet of the response's head
   */
  void beginTunnel(Endpoint origin, Tail toClient) {
    upward.close();
    downward.close();
    worker.counters.flowsAdded(2 - flows);
    flows = 2;
    tunnel = new Tunnel(worker, client.endpoint(), origin, toClient, new Tail(), this);
    giveWay();
  }

  @Override
  public void giveWay() {
    client.giveWay();
  }

  @Override
  public void tunnelOver(@Nullable Reason reason, String detail) {
    if (reason == null) {
      finish();
    } else {
      cut(reason, detail);
    }
  }

  // --- The end ----------------------------------------------------------------------------------

  /** The response's body is over, or both sides of a tunnel are. */
  void finish() {
    if (over) {
      return;
    }
    boolean requestRead = upward.sent();
    upward.close();
    downward.close();
    OriginConnection done = connection;
    connection = null;
    if (done != null) {
      if (requestRead && downward.keepOrigin() && upstream.reuses(done)) {
        done.release();
      } else if (requestRead) {
        done.close();
      } else {
        done.cut();
      }
    }
    end(null);
    if (requestRead && downward.keepClient()) {
      client.nextRequest();
    } else {
      client.closeInOrder(requestRead);
    }
  }

  /** Ends it with an answer of ours if the client can still be given one, else by a cut. */
  void fail(Reason reason, String detail) {
    if (over) {
      return;
    }
    if (!downward.replaceable() || reason.status() == 0) {
      cut(reason, detail);
      return;
    }
    boolean requestRead = upward.sent() || !request.hasBody();
    upward.consumeHead();
    leaveOrigin();
    ownStatus = reason.status();
    end(reason);
    client.answer(
        reason,
        detail,
        request.acceptsJson(),
        request.method() == Method.HEAD,
        request.keepAlive() && requestRead && !worker.draining(),
        request.minorVersion());
  }

  @Override
  void cut(Reason reason) {
    cut(reason, "");
  }

  /** The origin's side broke while its response was under way. */
  void cutBroken() {
    cut(Reason.ORIGIN_BROKEN, OriginEnd.of(connection, "the connection broke").why());
  }

  /** Ends it so that the client sees a broken transfer. */
  void cut(Reason reason, String detail) {
    if (over) {
      return;
    }
    if (tunnel != null && connection != null && byAPeer(reason)) {
      connection.breakOff();
      connection = null;
    }
    leaveOrigin();
    end(reason);
    if (reason != Reason.CLIENT_GONE) {
      OwnAnswers.log(reason, detail, client.endpoint().peer());
    }
    boolean drop = reason == Reason.SEND_TIMEOUT || reason == Reason.RESET_STALLED;
    boolean visible = !drop && downward.endIsVisible();
    if (visible || !byAPeer(reason)) {
      client.close(!visible);
    } else {
      client.breakOff();
    }
  }

  private void leaveOrigin() {
    if (connecting != null) {
      connecting.cancel();
      connecting = null;
    }
    if (connection != null) {
      connection.cut();
      connection = null;
    }
  }

  private void end(@Nullable Reason reason) {
    over = true;
    upward.close();
    downward.close();
    if (tunnel != null) {
      tunnel.close();
    }
    if (upstream.user() != null) {
      upstream.user().leave();
    }
    worker.ended(flows, status(), reason, System.nanoTime() - beganNanos, this::ended);
  }

  private ExchangeEnd ended(@Nullable Reason reason, long tookMillis) {
    return new ExchangeEnd(
        client.endpoint().peer(),
        request.methodName(),
        request.target(),
        request.minorVersion(),
        status(),
        downloadedBytes(),
        uploadedBytes(),
        System.currentTimeMillis() - tookMillis,
        tookMillis,
        request.referer(),
        request.userAgent(),
        reason,
        upstream.userName());
  }

  // --- Time -------------------------------------------------------------------------------------

  @Override
  void sweep(long nowNanos) {
    OriginConnection with = connection;
    if (over || with == null) {
      return; // connecting has a limit of its own
    }
    with.endpoint().lease().settle();
    int stalledMillis = worker.stalledMillis();
    if (stalledMillis > 0) {
      stalledBytes = stalled(nowNanos, stalledMillis, with.endpoint()) ? leaseBytes() : 0;
    }
    if (tunnel != null) {
      tunnel.sweep(nowNanos);
      return;
    }
    upward.look(nowNanos);
    downward.look(nowNanos);
    downward.widen(with.endpoint());
    Timeouts limits = worker.settings.timeouts();
    if (downward.pause().sinkOverdue(nowNanos, limits.sendMillis(), client.endpoint())) {
      cut(Reason.SEND_TIMEOUT, "the client took nothing");
    } else if (upward.pause().sinkOverdue(nowNanos, limits.sendMillis(), with.endpoint())) {
      fail(Reason.ORIGIN_TIMEOUT, "The origin took nothing of the request's body");
    } else if (downward.awaited()) {
      sweepAwaited(nowNanos, limits);
    } else {
      sweepBodies(nowNanos, limits.idleMillis());
    }
  }

  private void sweepAwaited(long nowNanos, Timeouts limits) {
    boolean clientsTurn =
        upward.moving()
            && (!request.expectContinue() || downward.continued() || upward.bodyBytes() > 0);
    if (!clientsTurn) {
      if (downward.pause().sourceOverdue(nowNanos, limits.firstByteMillis())) {
        fail(Reason.ORIGIN_TIMEOUT, "");
      }
    } else if (upward.pause().sourceOverdue(nowNanos, limits.idleMillis())) {
      fail(Reason.REQUEST_TIMEOUT, "The body stopped arriving");
    }
  }

  private void sweepBodies(long nowNanos, int idleMillis) {
    // A side that waits for the other is not to blame: only where neither flow moves is there one.
    boolean clientSilent = upward.moving() && upward.pause().sourceOverdue(nowNanos, idleMillis);
    if (clientSilent && downward.pause().sourceOverdue(nowNanos, idleMillis)) {
      cut(Reason.CLIENT_TIMEOUT);
    } else if (!upward.moving() && downward.pause().sourceOverdue(nowNanos, idleMillis)) {
      cut(Reason.ORIGIN_STALLED);
    }
  }

  // --- The last step ----------------------------------------------------------------------------

  /** Whether a sink takes nothing, and the other direction does not move either. */
  private boolean stalled(long nowNanos, int millis, Endpoint origin) {
    if (tunnel != null) {
      return tunnel.stalled(nowNanos, millis);
    }
    Wait down = downward.pause();
    Wait up = upward.pause();
    boolean clientStalled = down.sinkOverdue(nowNanos, millis, client.endpoint());
    boolean originStalled = up.sinkOverdue(nowNanos, millis, origin);
    boolean downSilent = downward.done() || down.sourceOverdue(nowNanos, millis);
    boolean upSilent = !upward.moving() || up.sourceOverdue(nowNanos, millis);
    return StalledReset.stands(clientStalled, downSilent, originStalled, upSilent);
  }

  @Override
  long stalledBytes() {
    return over || connection == null ? 0 : stalledBytes;
  }

  @Override
  void resetStalled(long nowNanos) {
    OriginConnection with = connection;
    if (over || with == null) {
      return;
    }
    downward.pause().sample(nowNanos, client.endpoint());
    upward.pause().sample(nowNanos, with.endpoint());
    if (tunnel != null) {
      tunnel.sample(nowNanos);
    }
    int millis = worker.stalledMillis();
    if (stalled(nowNanos, millis, with.endpoint())) {
      String who = "the " + (waitsFor().equals("client") ? "client" : "origin");
      String leased = leaseBytes() / 1024 + " KiB leased";
      cut(Reason.RESET_STALLED, who + " took nothing for " + millis + " ms, " + leased);
    }
  }

  // --- What the flows need ----------------------------------------------------------------------

  ClientConnection client() {
    return client;
  }

  Loop loop() {
    return worker.loop;
  }

  Governor governor() {
    return worker.governor;
  }

  /** Makes room in the origin's socket for the rest of a head; whether there is more now. */
  boolean widenForHead(Endpoint origin) {
    // An origin is asked by us: its head gets its window at once.
    int headBytesMax = worker.settings.headLimits().headBytesMax();
    return governor().widenForHead(origin.lease(), headBytesMax, headBytesMax);
  }

  Pump pump(Endpoint source, Endpoint sink, Framing framing) {
    return worker.pump(source, sink, framing);
  }

  Counters counters() {
    return worker.counters;
  }

  ResponseHead responseHead() {
    return worker.responseHead;
  }

  ResponseWriter responseWriter() {
    return worker.responseWriter;
  }

  boolean draining() {
    return worker.draining();
  }

  boolean over() {
    return over;
  }

  boolean requestIsSent() {
    return upward.sent();
  }

  /** Writes the head for the origin; returns its length, or -1 if there is no room. */
  int writeHead(RequestHead head, byte[] to) {
    return upstream.write(head, client, to);
  }

  /** Ends the exchange if the request's body has grown beyond the limit. */
  boolean bodyTooLarge(long bytes) {
    long limit = upstream.bodyBytesMax();
    if (limit < 0 || bytes <= limit) {
      return false;
    }
    fail(Reason.BODY_TOO_LARGE, "The limit is " + limit + " bytes");
    return true;
  }

  // --- For people -------------------------------------------------------------------------------

  @Override
  void addHoldings(List<Holding> to) {
    if (connection != null) {
      to.add(Holding.of(connection.endpoint()));
    }
  }

  @Override
  @Nullable FlowRow row() {
    if (over) {
      return null;
    }
    InetSocketAddress peer = client.endpoint().peer();
    return new FlowRow(
        givenId(),
        peer.getHostString() + ":" + peer.getPort(),
        request.methodName(),
        request.route(),
        status(),
        phase(),
        waitsFor(),
        downloadedBytes(),
        uploadedBytes(),
        leaseBytes(),
        heldBytes(),
        tunnel == null ? upward.userBytes() + downward.userBytes() : tunnel.userBytes(),
        (System.nanoTime() - beganNanos) / 1_000_000);
  }

  private long downloadedBytes() {
    return tunnel == null ? downward.bodyBytes() : tunnel.downloadedBytes();
  }

  private long uploadedBytes() {
    return tunnel == null ? upward.bodyBytes() : tunnel.uploadedBytes();
  }

  private long leaseBytes() {
    return leaseBytes(client.endpoint(), connection);
  }

  private long heldBytes() {
    return heldBytes(client.endpoint(), connection);
  }

  private int status() {
    return ownStatus == 0 ? downward.status() : ownStatus;
  }

  private String phase() {
    return tunnel != null ? "tunnel" : downward.awaited() ? upward.phase() : "response";
  }

  private String waitsFor() {
    if (tunnel != null) {
      return tunnel.waitsFor();
    }
    if (connection == null) {
      return "origin";
    }
    return switch (downward.pause().on()) {
      case SINK -> "client";
      case SOURCE -> upward.pause().on() == Wait.On.SOURCE ? "client" : "origin";
      case NOTHING -> "";
    };
  }
}
