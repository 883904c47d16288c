package io.weir.relay.exchange;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Source;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.ChunkFraming;
import io.weir.relay.http1.Head;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Scratch;
import io.weir.relay.origin.OriginConnection;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.pump.CopyPump;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.LengthFraming;
import io.weir.relay.pump.Progress;
import io.weir.relay.pump.UntilCloseFraming;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One request relayed to the origin, and its response relayed back.
 *
 * <pre>
 *   request    CONNECTING --> HEAD --> BODY -------> SENT
 *                                       \ the origin takes no more
 *                                        +--------> ABANDONED
 *   response               AWAITED --> HEAD --> BODY --> DONE
 *                            |  ^ 1xx
 *                            +--+
 *                            | 101
 *                            v
 *              both directions: TUNNEL, ends when both sides have ended
 * </pre>
 *
 * <h2>Both directions at once</h2>
 *
 * The origin may answer before the request has ended, so each direction has its own state and its
 * own pump, and {@link #advance} drives both as far as they go. It is called whenever either socket
 * becomes ready, and does nothing for a direction that waits for the other.
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
 * everything else with a reset.
 *
 * <p>Thread: the loop. Owns its origin connection.
 */
final class RelayedExchange extends Exchange implements Attendant, OriginPool.Taker {
  private enum RequestState {
    CONNECTING,
    HEAD,
    BODY,
    SENT,
    ABANDONED
  }

  private enum ResponseState {
    AWAITED,
    HEAD,
    BODY,
    DONE
  }

  /** First look at a response's head, bytes; with it comes the body of a small response. */
  private static final int HEAD_PEEK_BYTES = 16 * 1024;

  /** A body that is whole with its head, and not longer, leaves in the same write, bytes. */
  private static final int JOINED_BODY_BYTES_MAX = 8 * 1024;

  private static final AtomicLong IDS = new AtomicLong();

  private final ClientConnection client;
  private final Worker worker;
  private final RelayService service;
  private final Loop loop;
  private final Request request;
  private final long beganNanos = System.nanoTime();
  private final Tail requestTail = new Tail();
  private final Tail responseTail = new Tail();
  private final Wait requestWait = new Wait();
  private final Wait responseWait = new Wait();
  private long id;
  private RequestState requestState = RequestState.CONNECTING;
  private ResponseState responseState = ResponseState.AWAITED;
  private OriginPool.@Nullable Wait connecting;
  private @Nullable OriginConnection connection;
  private @Nullable CopyPump upload;
  private @Nullable CopyPump download;
  private @Nullable Framing uploadFraming;
  private @Nullable Framing downloadFraming;
  private boolean headParsed = true;
  private boolean headConsumed;
  private boolean retried;
  private boolean continued;
  private boolean tunnel;
  private boolean keepClient;
  private boolean keepOrigin;
  private boolean chunkedOut;
  private boolean surplus;
  private boolean over;
  private int status;
  private int flows = 1;
  private long uploadedBytes;
  private long downloadedBytes;

  RelayedExchange(ClientConnection client, RelayService service, RequestHead head, Worker worker) {
    this.client = client;
    this.service = service;
    this.worker = worker;
    this.loop = worker.loop;
    this.request = Request.of(head, worker.settings.log() != null);
    if (request.hasBody()) {
      flows = 2;
    }
    worker.counters.exchangeBegun(flows);
  }

  // --- Connecting -------------------------------------------------------------------------------

  /** Gets a connection to the origin; {@code fresh}: none that waited. */
  void connect(boolean fresh) {
    OriginPool.Wait wait = service.pool.take(this, fresh);
    if (wait != null) { // else taken() or refused() ran, and may have begun another wait
      connecting = wait;
    }
    headParsed = false;
  }

  @Override
  public void taken(OriginConnection taken) {
    connecting = null;
    connection = taken;
    taken.endpoint().attend(this);
    try {
      sendHead(taken.endpoint());
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  @Override
  public void refused(Reason reason, String why) {
    connecting = null;
    try {
      fail(reason, why);
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  private void sendHead(Endpoint origin) {
    RequestHead head = worker.requestHead;
    if (!headParsed && !parseAgain(head)) {
      return;
    }
    Scratch out = loop.out();
    boolean trusted = service.settings.trusted().trusts(client.endpoint().peer());
    int length = service.writer.write(head, client.peerAddress(), trusted, out.bytes(), 0);
    if (length < 0) {
      fail(Reason.HEAD_TOO_LARGE, "The head leaves no room for the relay's own fields");
      return;
    }
    requestState = RequestState.HEAD;
    Tail.Sent sent = requestTail.send(origin, out, length, false);
    if (request.hasBody()) {
      consumeHead();
      beginUpload(origin);
    }
    if (sent == Tail.Sent.BROKEN) {
      originGone("the origin closed the connection");
    } else if (sent == Tail.Sent.ALL) {
      headSent();
    }
  }

  /** The head was peeked in an earlier turn: it is still in the socket, and must be the same. */
  private boolean parseAgain(RequestHead head) {
    Scratch in = loop.in();
    int arrived = client.endpoint().peek(in, Scratch.HEADROOM_BYTES, in.capacityBytes());
    if (arrived <= 0) {
      cut(Reason.CLIENT_GONE);
      return false;
    }
    int from = Scratch.HEADROOM_BYTES;
    if (head.parse(in.bytes(), from, from + arrived) != request.lengthBytes()) {
      throw new IllegalStateException("a peeked head has changed");
    }
    return true;
  }

  private void beginUpload(Endpoint origin) {
    Framing framing =
        request.chunked()
            ? new ChunkFraming(ChunkFraming.Mode.RECHUNK)
            : new LengthFraming(request.contentLength());
    uploadFraming = framing;
    upload = new CopyPump(client.endpoint(), origin, framing, loop.in());
  }

  private void headSent() {
    requestState = upload == null ? RequestState.SENT : RequestState.BODY;
    responseWait.clear();
  }

  private void consumeHead() {
    if (!headConsumed) {
      headConsumed = true;
      client.endpoint().skip(request.lengthBytes());
    }
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
    if (!over && client.endpoint().failed()) {
      cut(Reason.CLIENT_GONE);
    }
    OriginConnection with = connection;
    if (over || with == null) {
      return;
    }
    if (requestState == RequestState.HEAD) {
      stepRequestHead(with.endpoint());
    }
    if (requestState == RequestState.BODY && !over) {
      stepUpload(with.endpoint());
    }
    if (!over && connection == with) {
      stepResponse(with.endpoint());
    }
  }

  private void stepRequestHead(Endpoint origin) {
    switch (requestTail.flush(origin, loop.out())) {
      case ALL -> headSent();
      case BLOCKED -> requestWait.set(Wait.On.SINK, requestTail.heldBytes());
      case BROKEN -> requestState = RequestState.ABANDONED;
    }
  }

  private void stepUpload(Endpoint origin) {
    CopyPump pump = upload;
    if (pump == null) {
      return;
    }
    long before = pump.movedBytes();
    Progress progress = pump.run();
    long moved = pump.movedBytes() - before;
    uploadedBytes += moved;
    worker.counters.uploaded(moved);
    long limit = service.settings.bodyBytesMax();
    if (limit >= 0 && uploadedBytes > limit && !tunnel) {
      fail(Reason.BODY_TOO_LARGE, "The limit is " + limit + " bytes");
      return;
    }
    switch (progress) {
      case DONE -> {
        requestState = RequestState.SENT;
        requestWait.clear();
        responseWait.clear();
        if (tunnel) {
          origin.finish();
        }
      }
      case WAIT_SOURCE -> requestWait.set(Wait.On.SOURCE, pump.movedBytes());
      case WAIT_SINK -> requestWait.set(Wait.On.SINK, pump.movedBytes());
      case GIVE_WAY -> {
        requestWait.clear();
        client.giveWay();
      }
      case SOURCE_BROKEN -> cut(Reason.CLIENT_GONE);
      case MALFORMED -> fail(Reason.BAD_FRAMING, faultOf(uploadFraming));
      case SINK_BROKEN -> {
        // The answer may be on its way all the same (RFC 9112, 9.5); the response decides.
        requestState = RequestState.ABANDONED;
        requestWait.clear();
      }
    }
  }

  private static String faultOf(@Nullable Framing framing) {
    return framing == null ? "" : framing.fault();
  }

  private void stepResponse(Endpoint origin) {
    while (!over) {
      switch (responseTail.flush(client.endpoint(), loop.out())) {
        case ALL -> {}
        case BLOCKED -> {
          responseWait.set(Wait.On.SINK, responseTail.heldBytes());
          return;
        }
        case BROKEN -> {
          cut(Reason.CLIENT_GONE);
          return;
        }
      }
      switch (responseState) {
        case AWAITED -> {
          if (!readResponseHead(origin)) {
            return;
          }
        }
        case HEAD -> responseState = ResponseState.BODY;
        case BODY -> {
          if (!stepDownload()) {
            return;
          }
        }
        case DONE -> {
          return;
        }
      }
    }
  }

  // --- The response's head ----------------------------------------------------------------------

  /** Returns whether there is more to do at once. */
  private boolean readResponseHead(Endpoint origin) {
    if (!origin.readable()) {
      responseWait.set(Wait.On.SOURCE, 0);
      return false;
    }
    Scratch in = loop.in();
    int want = HEAD_PEEK_BYTES;
    int arrived = origin.peek(in, Scratch.HEADROOM_BYTES, want);
    int from = Scratch.HEADROOM_BYTES;
    ResponseHead head = worker.responseHead;
    int length = arrived <= 0 ? 0 : head.parse(in.bytes(), from, from + arrived);
    if (length == Head.NEED_MORE && arrived == want) {
      want = in.capacityBytes();
      arrived = origin.peek(in, from, want);
      length = arrived <= 0 ? 0 : head.parse(in.bytes(), from, from + arrived);
    }
    if (arrived == Source.NOTHING_YET) {
      responseWait.set(Wait.On.SOURCE, 0);
      return false;
    }
    if (arrived < 0) {
      originGone("the origin closed the connection");
      return false;
    }
    if (length == Head.NEED_MORE) {
      if ((origin.inputEnded() || origin.inputBroken()) && arrived < want) {
        retried = true; // something was said: not a stale connection
        originGone("the origin closed in the middle of its head");
      } else {
        responseWait.set(Wait.On.SOURCE, 0);
      }
      return false;
    }
    if (length < 0) {
      fail(Reason.ORIGIN_BAD_RESPONSE, head.faultDetail());
      return false;
    }
    return head.interim() ? passInterim(origin, head) : beginResponse(origin, head, arrived);
  }

  /** The connection ended before a response: a stale one is replaced once, else it is an error. */
  private void originGone(String why) {
    OriginConnection gone = connection;
    if (gone == null || !gone.reused() || !request.repeatable() || retried || headConsumed) {
      fail(Reason.ORIGIN_CLOSED, why);
      return;
    }
    retried = true;
    connection = null;
    gone.close();
    requestTail.clear();
    requestState = RequestState.CONNECTING;
    connect(true);
    advance();
  }

  private boolean passInterim(Endpoint origin, ResponseHead head) {
    continued |= head.status() == 100;
    Tail.Sent sent = Tail.Sent.ALL;
    if (request.minorVersion() == 1) {
      Scratch out = loop.out();
      int length = worker.responseWriter.writeInterim(head, out.bytes(), 0);
      if (length < 0) {
        fail(Reason.ORIGIN_BAD_RESPONSE, "The head of a 1xx response is too large");
        return false;
      }
      sent = responseTail.send(client.endpoint(), out, length, false);
    }
    origin.skip(head.length());
    responseWait.clear();
    if (sent == Tail.Sent.BROKEN) {
      cut(Reason.CLIENT_GONE);
    }
    return true;
  }

  private boolean beginResponse(Endpoint origin, ResponseHead head, int arrived) {
    ResponseHead.Body body = head.body(request.method(), request.upgrade());
    if (head.faulted()) {
      fail(Reason.ORIGIN_BAD_RESPONSE, head.faultDetail());
      return false;
    }
    consumeHead();
    status = head.status();
    tunnel = status == 101;
    keepOrigin = head.keepAlive() && body != ResponseHead.Body.UNTIL_CLOSE && !tunnel;
    ResponseHead.Body out = outgoing(body);
    keepClient = mayKeepClient(out);
    Scratch scratch = loop.out();
    int length =
        worker.responseWriter.write(
            head,
            out,
            request.method(),
            keepClient,
            request.minorVersion(),
            tunnel,
            scratch.bytes(),
            0);
    if (length < 0) {
      fail(Reason.ORIGIN_BAD_RESPONSE, "The head of the response is too large");
      return false;
    }
    chunkedOut = out == ResponseHead.Body.CHUNKED;
    int joined = joinBody(head, body, arrived, length);
    boolean more = joined == 0 && arrived > head.length() && body != ResponseHead.Body.NONE;
    Tail.Sent sent = responseTail.send(client.endpoint(), scratch, length + joined, more);
    origin.skip(head.length() + joined);
    boolean whole =
        body == ResponseHead.Body.NONE
            || (body == ResponseHead.Body.LENGTH && head.contentLength() == joined);
    surplus = whole && arrived > head.length() + joined;
    responseState = ResponseState.HEAD;
    responseWait.clear();
    if (sent == Tail.Sent.BROKEN) {
      cut(Reason.CLIENT_GONE);
      return false;
    }
    beginDownload(origin, head, body, joined);
    return true;
  }

  private ResponseHead.Body outgoing(ResponseHead.Body body) {
    return switch (body) {
      case NONE, LENGTH -> body;
      case CHUNKED, UNTIL_CLOSE ->
          request.minorVersion() == 1 ? ResponseHead.Body.CHUNKED : ResponseHead.Body.UNTIL_CLOSE;
    };
  }

  private boolean mayKeepClient(ResponseHead.Body out) {
    if (!request.keepAlive() || worker.draining() || out == ResponseHead.Body.UNTIL_CLOSE) {
      return false;
    }
    // A client that was told no, or not told to go on, may send its body or not: nobody can know.
    boolean inDoubt = status >= 300 || (request.expectContinue() && !continued);
    return requestState == RequestState.SENT
        || (requestState == RequestState.BODY && !inDoubt);
  }

  /** Copies a small body that is whole in hand behind its head; returns its length, or 0. */
  private int joinBody(ResponseHead head, ResponseHead.Body body, int arrived, int at) {
    if (body != ResponseHead.Body.LENGTH
        || head.contentLength() > JOINED_BODY_BYTES_MAX
        || head.contentLength() > arrived - head.length()) {
      return 0;
    }
    int length = (int) head.contentLength();
    int from = Scratch.HEADROOM_BYTES + head.length();
    System.arraycopy(loop.in().bytes(), from, loop.out().bytes(), at, length);
    return length;
  }

  private void beginDownload(
      Endpoint origin, ResponseHead head, ResponseHead.Body body, int joined) {
    if (tunnel) {
      uploadFraming = new UntilCloseFraming();
      upload = new CopyPump(client.endpoint(), origin, uploadFraming, loop.in());
      requestState = RequestState.BODY;
      worker.counters.flowsAdded(1);
      flows++;
      client.giveWay();
    }
    downloadedBytes = joined;
    worker.counters.downloaded(joined);
    Framing framing = downloadFraming(head, body, joined);
    downloadFraming = framing;
    download = new CopyPump(origin, client.endpoint(), framing, loop.in());
  }

  private Framing downloadFraming(ResponseHead head, ResponseHead.Body body, int joined) {
    if (tunnel) {
      return new UntilCloseFraming();
    }
    return switch (body) {
      case NONE -> new LengthFraming(0);
      case LENGTH -> new LengthFraming(head.contentLength() - joined);
      case CHUNKED ->
          new ChunkFraming(chunkedOut ? ChunkFraming.Mode.PASS : ChunkFraming.Mode.DECHUNK);
      case UNTIL_CLOSE ->
          chunkedOut ? new ChunkFraming(ChunkFraming.Mode.CHUNK) : new UntilCloseFraming();
    };
  }

  // --- The response's body ----------------------------------------------------------------------

  /** Returns whether there is more to do at once. */
  private boolean stepDownload() {
    CopyPump pump = download;
    if (pump == null) {
      return false;
    }
    long before = pump.movedBytes();
    Progress progress = pump.run();
    long moved = pump.movedBytes() - before;
    downloadedBytes += moved;
    worker.counters.downloaded(moved);
    switch (progress) {
      case DONE -> {
        responseState = ResponseState.DONE;
        surplus |= pump.surplus();
        responseWait.clear();
        downloadDone();
      }
      case WAIT_SOURCE -> responseWait.set(Wait.On.SOURCE, pump.movedBytes());
      case WAIT_SINK -> responseWait.set(Wait.On.SINK, pump.movedBytes());
      case GIVE_WAY -> {
        responseWait.clear();
        client.giveWay();
      }
      case SOURCE_BROKEN -> cut(Reason.ORIGIN_BROKEN);
      case MALFORMED -> {
        OwnAnswers.log(
            Reason.ORIGIN_BROKEN, faultOf(downloadFraming), client.endpoint().peer());
        cut(Reason.ORIGIN_BROKEN);
      }
      case SINK_BROKEN -> cut(Reason.CLIENT_GONE);
    }
    return false;
  }

  private void downloadDone() {
    if (!tunnel) {
      finish();
      return;
    }
    client.endpoint().finish();
    if (requestState != RequestState.BODY) {
      finish();
    }
  }

  // --- The end ----------------------------------------------------------------------------------

  private void finish() {
    boolean requestRead = requestState == RequestState.SENT;
    OriginConnection done = connection;
    connection = null;
    if (done != null) {
      if (keepOrigin && requestRead && !surplus && quiet(done.endpoint())) {
        done.release();
      } else {
        done.close();
      }
    }
    end(null);
    if (tunnel) {
      client.close(false);
    } else if (keepClient && requestRead) {
      client.nextRequest();
    } else {
      client.closeInOrder(requestRead);
    }
  }

  private boolean quiet(Endpoint origin) {
    return !origin.failed()
        && !origin.inputEnded()
        && (!origin.readable()
            || origin.peek(loop.in(), Scratch.HEADROOM_BYTES, 1) == Source.NOTHING_YET);
  }

  /** Ends it with an answer of ours if the client can still be given one, else by a cut. */
  private void fail(Reason reason, String detail) {
    if (over) {
      return;
    }
    if (responseState != ResponseState.AWAITED || !responseTail.empty() || reason.status() == 0) {
      cut(reason);
      return;
    }
    boolean requestRead = requestState == RequestState.SENT || !request.hasBody();
    consumeHead();
    leaveOrigin();
    status = reason.status();
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
    if (over) {
      return;
    }
    leaveOrigin();
    end(reason);
    if (reason != Reason.CLIENT_GONE) {
      OwnAnswers.log(reason, "", client.endpoint().peer());
    }
    // The end without a last chunk is seen; any other end could pass for the end of the body.
    boolean seen = chunkedOut && responseTail.empty() && reason != Reason.SEND_TIMEOUT;
    client.close(!seen);
  }

  private void leaveOrigin() {
    if (connecting != null) {
      connecting.cancel();
      connecting = null;
    }
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }

  private void end(@Nullable Reason reason) {
    over = true;
    worker.counters.exchangeEnded(flows);
    if (reason != null) {
      worker.counters.failed(reason);
    }
    ExchangeLog log = worker.settings.log();
    if (log != null) {
      long tookMillis = (System.nanoTime() - beganNanos) / 1_000_000;
      log.ended(
          new ExchangeEnd(
              client.endpoint().peer(),
              request.methodName(),
              request.target(),
              request.minorVersion(),
              status,
              downloadedBytes,
              uploadedBytes,
              System.currentTimeMillis() - tookMillis,
              tookMillis,
              request.referer(),
              request.userAgent(),
              reason));
    }
  }

  // --- Time -------------------------------------------------------------------------------------

  @Override
  void sweep(long nowNanos) {
    OriginConnection with = connection;
    if (over || with == null) {
      return; // connecting has a limit of its own
    }
    Timeouts limits = worker.settings.timeouts();
    if (responseWait.sinkOverdue(nowNanos, limits.sendMillis(), client.endpoint())
        || requestWait.sinkOverdue(nowNanos, limits.sendMillis(), with.endpoint())) {
      fail(responseWait.on() == Wait.On.SINK ? Reason.SEND_TIMEOUT : Reason.ORIGIN_TIMEOUT, "");
    } else if (tunnel) {
      sweepTunnel(nowNanos, limits.tunnelMillis());
    } else if (responseState != ResponseState.AWAITED) {
      sweepBodies(nowNanos, limits.idleMillis());
    } else {
      sweepAwaited(nowNanos, limits);
    }
  }

  private void sweepTunnel(long nowNanos, int millis) {
    boolean up = requestState != RequestState.BODY || requestWait.sourceOverdue(nowNanos, millis);
    boolean down =
        responseState == ResponseState.DONE || responseWait.sourceOverdue(nowNanos, millis);
    if (up && down) {
      cut(Reason.ORIGIN_STALLED);
    }
  }

  private void sweepBodies(long nowNanos, int idleMillis) {
    if (responseWait.sourceOverdue(nowNanos, idleMillis)) {
      cut(Reason.ORIGIN_STALLED);
    } else if (requestState == RequestState.BODY
        && responseWait.on() != Wait.On.SINK
        && requestWait.sourceOverdue(nowNanos, idleMillis)) {
      cut(Reason.CLIENT_TIMEOUT);
    }
  }

  private void sweepAwaited(long nowNanos, Timeouts limits) {
    boolean originsTurn =
        requestState != RequestState.BODY || (request.expectContinue() && !continued);
    if (originsTurn) {
      if (responseWait.sourceOverdue(nowNanos, limits.firstByteMillis())) {
        fail(Reason.ORIGIN_TIMEOUT, "");
      }
    } else if (requestWait.sourceOverdue(nowNanos, limits.idleMillis())) {
      fail(Reason.REQUEST_TIMEOUT, "The body stopped arriving");
    }
  }

  // --- For people -------------------------------------------------------------------------------

  @Override
  @Nullable FlowRow row() {
    if (over) {
      return null;
    }
    if (id == 0) {
      id = IDS.incrementAndGet();
    }
    var peer = client.endpoint().peer();
    return new FlowRow(
        id,
        peer.getHostString() + ":" + peer.getPort(),
        request.methodName(),
        status,
        phase(),
        waitsFor(),
        downloadedBytes,
        uploadedBytes,
        (System.nanoTime() - beganNanos) / 1_000_000);
  }

  private String phase() {
    if (tunnel) {
      return "tunnel";
    }
    if (responseState != ResponseState.AWAITED) {
      return "response";
    }
    return switch (requestState) {
      case CONNECTING -> "connecting";
      case HEAD, BODY -> "request";
      case SENT, ABANDONED -> "waiting";
    };
  }

  private String waitsFor() {
    if (connection == null || responseWait.on() == Wait.On.SOURCE) {
      return requestWait.on() == Wait.On.SOURCE ? "client" : "origin";
    }
    if (responseWait.on() == Wait.On.SINK) {
      return "client";
    }
    return "";
  }
}
