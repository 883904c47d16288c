package io.weir.relay.exchange;

import io.weir.relay.budget.FlowLease;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.ChunkFraming;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.loop.Scratch;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.LengthFraming;
import io.weir.relay.pump.Progress;
import io.weir.relay.pump.Pump;
import org.jspecify.annotations.Nullable;

/**
 * The direction from the client to the origin: the head as it was written anew, then the body.
 *
 * <pre>
 *   CONNECTING --> HEAD --> BODY --> SENT
 *       ^ retry      |        |
 *       +------------+--------+----> ABANDONED   the origin takes no more
 * </pre>
 *
 * Thread: the loop. Part of its exchange, which owns the sockets.
 */
final class RequestFlow extends MessageFlow {
  private enum State {
    CONNECTING,
    HEAD,
    BODY,
    SENT,
    ABANDONED
  }

  private final Request request;
  private State state = State.CONNECTING;
  private @Nullable Framing framing;
  private boolean headConsumed;
  private long bodyBytes;

  RequestFlow(RelayedExchange exchange, Request request) {
    super(exchange);
    this.request = request;
  }

  /**
   * Sends the head that stands in the loop's scratch space. A request without a body leaves it in
   * the client's socket too, for a retry.
   */
  void begin(RequestHead head, Endpoint origin) {
    Scratch out = exchange.loop().out();
    int length = exchange.writeHead(head, out.bytes());
    if (length < 0) {
      exchange.fail(Reason.HEAD_TOO_LARGE, "The head leaves no room for the relay's own fields");
      return;
    }
    state = State.HEAD;
    Tail.Sent sent = tail.send(origin, out, length, false);
    if (request.hasBody()) {
      consumeHead();
      Framing body =
          request.chunked()
              ? new ChunkFraming(ChunkFraming.Mode.RECHUNK)
              : new LengthFraming(request.contentLength());
      pumpTo(origin, body, request.chunked() ? Long.MAX_VALUE : request.contentLength());
    }
    headSent(sent);
  }

  private void pumpTo(Endpoint origin, Framing body, long bodyBytes) {
    framing = body;
    Endpoint client = exchange.client().endpoint();
    FlowLease fresh = exchange.governor().flow(client.lease(), origin.lease());
    fresh.begin(bodyBytes);
    lease = fresh;
    pump = exchange.pump(exchange.client().endpoint(), origin, body);
  }

  private void headSent(Tail.Sent sent) {
    switch (sent) {
      case ALL -> {
        state = pump == null ? State.SENT : State.BODY;
        wait.clear();
      }
      case BLOCKED -> wait.set(Wait.On.SINK, tail.heldBytes());
      case BROKEN -> abandon();
    }
  }

  private void abandon() {
    // An answer may be on its way all the same (RFC 9112, 9.5); the response decides.
    state = State.ABANDONED;
    wait.clear();
    close();
  }

  /** Forgets what was sent, before the same request is sent on another connection. */
  void beginAgain() {
    tail.clear();
    wait.clear();
    state = State.CONNECTING;
  }

  /** Consumes the head, at the latest when the response begins. */
  void consumeHead() {
    if (!headConsumed) {
      headConsumed = true;
      exchange.client().endpoint().skip(request.lengthBytes());
    }
  }

  /** Whether the head is still in the client's socket. */
  boolean headKept() {
    return !headConsumed;
  }

  /** Goes as far as the sockets allow. */
  void step(Endpoint origin) {
    if (state == State.HEAD) {
      headSent(tail.flush(origin, exchange.loop().out()));
    }
    Pump moving = pump;
    if (state == State.BODY && moving != null) {
      stepBody(moving, origin);
    }
  }

  private void stepBody(Pump moving, Endpoint origin) {
    awake(origin);
    long before = moving.movedBytes();
    Progress progress = moving.run();
    long moved = moving.movedBytes() - before;
    bodyBytes += moved;
    exchange.counters().uploaded(moved);
    if (lease != null) {
      lease.moved(moved);
    }
    // The limit is on the content: a client may cut it into chunks as it likes.
    if (exchange.bodyTooLarge(
        framing instanceof ChunkFraming chunks ? chunks.dataBytes() : bodyBytes)) {
      return;
    }
    switch (progress) {
      case DONE -> {
        state = State.SENT;
        wait.clear();
        exchange.requestSent();
      }
      case WAIT_SOURCE -> wait.set(Wait.On.SOURCE, moving.movedBytes());
      case WAIT_SINK -> wait.set(Wait.On.SINK, moving.movedBytes());
      case GIVE_WAY -> {
        wait.clear();
        exchange.client().giveWay();
      }
      case SOURCE_BROKEN -> exchange.cut(Reason.CLIENT_GONE);
      case MALFORMED -> exchange.fail(Reason.BAD_FRAMING, framing == null ? "" : framing.fault());
      case SINK_BROKEN -> abandon();
    }
  }

  /** Whether all of the request was read from the client. */
  boolean sent() {
    return state == State.SENT;
  }

  /** Whether the body is still to be moved. */
  boolean moving() {
    return state == State.BODY;
  }

  long bodyBytes() {
    return bodyBytes;
  }

  /** For people: connecting, request or waiting. */
  String phase() {
    return switch (state) {
      case CONNECTING -> "connecting";
      case HEAD, BODY -> "request";
      case SENT, ABANDONED -> "waiting";
    };
  }
}
