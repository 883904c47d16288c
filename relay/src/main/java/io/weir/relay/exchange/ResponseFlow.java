package io.weir.relay.exchange;

import io.weir.relay.budget.FlowLease;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Source;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.ChunkFraming;
import io.weir.relay.http1.Head;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.loop.Scratch;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.LengthFraming;
import io.weir.relay.pump.Progress;
import io.weir.relay.pump.Pump;
import io.weir.relay.pump.UntilCloseFraming;
import org.jspecify.annotations.Nullable;

/**
 * The direction from the origin to the client: interim heads, the head, the body.
 *
 * <pre>
 *              1xx
 *             +---+
 *             v   |
 *   --------> AWAITED --> BODY --> DONE
 *                |
 *                +--101--> DONE     the rest is a tunnel's
 * </pre>
 *
 * Thread: the loop. Part of its exchange, which owns the sockets.
 */
final class ResponseFlow extends MessageFlow {
  private enum State {
    AWAITED,
    BODY,
    DONE
  }

  /** First look at a head, bytes; with it comes the body of a small response. */
  private static final int HEAD_PEEK_BYTES = 16 * 1024;

  /** A body that is whole with its head, and not longer, leaves in the same write, bytes. */
  private static final int JOINED_BODY_BYTES_MAX = 8 * 1024;

  /** 1xx responses to one request; a flood of them would hold the loop and the time limits. */
  private static final int INTERIMS_MAX = 64;

  private final Request request;
  private State state = State.AWAITED;
  private @Nullable Framing framing;
  private int status;
  private int interims;
  private boolean begunHead;
  private boolean continued;
  private boolean keepClient;
  private boolean keepOrigin;
  private boolean chunkedOut;
  private boolean surplus;
  private long bodyBytes;

  ResponseFlow(RelayedExchange exchange, Request request) {
    super(exchange);
    this.request = request;
  }

  /** Goes as far as the sockets allow. */
  void step(Endpoint origin) {
    while (!exchange.over() && state != State.DONE) {
      switch (tail.flush(exchange.client().endpoint(), exchange.loop().out())) {
        case ALL -> {}
        case BLOCKED -> {
          wait.set(Wait.On.SINK, tail.heldBytes());
          return;
        }
        case BROKEN -> {
          exchange.cut(Reason.CLIENT_GONE);
          return;
        }
      }
      Pump moving = pump;
      if (state == State.BODY && moving != null) {
        stepBody(moving);
        return;
      }
      if (!readHead(origin)) {
        return;
      }
    }
  }

  // --- The head ---------------------------------------------------------------------------------

  /** Returns whether there is more to do at once. */
  private boolean readHead(Endpoint origin) {
    if (!origin.readable()) {
      wait.set(Wait.On.SOURCE, 0);
      return false;
    }
    Scratch in = exchange.loop().in();
    int from = Scratch.HEADROOM_BYTES;
    int want = HEAD_PEEK_BYTES;
    int arrived = origin.peek(in, from, want);
    ResponseHead head = exchange.responseHead();
    int length = arrived <= 0 ? Head.NEED_MORE : head.parse(in.bytes(), from, from + arrived);
    if (length == Head.NEED_MORE && arrived == want) {
      want = in.capacityBytes();
      arrived = origin.peek(in, from, want);
      length = arrived <= 0 ? Head.NEED_MORE : head.parse(in.bytes(), from, from + arrived);
    }
    if (length == Head.NEED_MORE) {
      if (arrived > 0 && exchange.widenForHead(origin)) {
        origin.peek(in, from, 1); // tells the origin of the room
        return true;
      }
      headIncomplete(arrived, arrived < 0 || (arrived < want && nothingFollows(origin)));
      return false;
    }
    if (length < 0) {
      exchange.fail(Reason.ORIGIN_BAD_RESPONSE, head.faultDetail());
      return false;
    }
    begunHead = true;
    return head.interim() ? passInterim(origin, head) : begin(origin, head, arrived);
  }

  /** Where a head does not fit into the window, for want of memory, there may be some by now. */
  void widen(Endpoint origin) {
    if (state == State.AWAITED && begunHead && exchange.widenForHead(origin)) {
      origin.peek(exchange.loop().in(), Scratch.HEADROOM_BYTES, 1); // tells the origin of the room
      exchange.client().giveWay();
    }
  }

  private static boolean nothingFollows(Endpoint origin) {
    return origin.inputEnded() || origin.inputBroken();
  }

  private void headIncomplete(int arrived, boolean ended) {
    begunHead |= arrived > 0;
    if (arrived == Source.NOTHING_YET || !ended) {
      wait.set(Wait.On.SOURCE, 0);
    } else {
      exchange.originGone(
          begunHead
              ? "the origin closed in the middle of its head"
              : "the origin closed the connection");
    }
  }

  private boolean passInterim(Endpoint origin, ResponseHead head) {
    if (++interims > INTERIMS_MAX) {
      exchange.fail(Reason.ORIGIN_BAD_RESPONSE, "More than " + INTERIMS_MAX + " 1xx responses");
      return false;
    }
    continued |= head.status() == 100;
    Tail.Sent sent = Tail.Sent.ALL;
    if (request.minorVersion() == 1) {
      Scratch out = exchange.loop().out();
      int length = exchange.responseWriter().writeInterim(head, out.bytes(), 0);
      if (length < 0) {
        exchange.fail(Reason.ORIGIN_BAD_RESPONSE, "The head of a 1xx response is too large");
        return false;
      }
      sent = tail.send(exchange.client().endpoint(), out, length, false);
    }
    origin.skip(head.length());
    wait.clear();
    if (sent == Tail.Sent.BROKEN) {
      exchange.cut(Reason.CLIENT_GONE);
    }
    return true;
  }

  private boolean begin(Endpoint origin, ResponseHead head, int arrived) {
    ResponseHead.Body body = head.body(request.method(), request.upgrade());
    if (head.faulted()) {
      exchange.fail(Reason.ORIGIN_BAD_RESPONSE, head.faultDetail());
      return false;
    }
    boolean switches = head.status() == 101;
    if (switches && !exchange.requestIsSent()) { // RFC 9110, 7.8
      exchange.fail(Reason.ORIGIN_BAD_RESPONSE, "101 before the request has ended");
      return false;
    }
    status = head.status();
    keepOrigin = head.keepAlive() && body != ResponseHead.Body.UNTIL_CLOSE && !switches;
    ResponseHead.Body outgoing = outgoing(body);
    chunkedOut = outgoing == ResponseHead.Body.CHUNKED;
    keepClient = !switches && mayKeepClient(outgoing);
    int length = writeHead(head, outgoing, switches);
    if (length < 0) {
      exchange.fail(Reason.ORIGIN_BAD_RESPONSE, "The head of the response is too large");
      return false;
    }
    exchange.responseBegins();
    int joined = joinBody(head, body, arrived, length);
    boolean whole =
        body == ResponseHead.Body.NONE
            || (body == ResponseHead.Body.LENGTH && head.contentLength() == joined);
    boolean behind = arrived > head.length() + joined;
    surplus = whole && behind;
    state = State.BODY;
    Tail.Sent sent =
        tail.send(
            exchange.client().endpoint(), exchange.loop().out(), length + joined, behind && !whole);
    origin.skip(head.length() + joined);
    wait.clear();
    if (sent == Tail.Sent.BROKEN) {
      exchange.cut(Reason.CLIENT_GONE);
      return false;
    }
    if (switches) {
      state = State.DONE;
      exchange.beginTunnel(origin, tail);
      return false;
    }
    beginBody(origin, bodyFraming(head, body, joined), joined);
    if (lease != null) {
      lease.begin(body == ResponseHead.Body.LENGTH ? head.contentLength() - joined : unknown(body));
    }
    return true;
  }

  private int writeHead(ResponseHead head, ResponseHead.Body outgoing, boolean switches) {
    byte[] to = exchange.loop().out().bytes();
    int minor = request.minorVersion();
    return exchange
        .responseWriter()
        .write(head, outgoing, request.method(), keepClient, minor, switches, to, 0);
  }

  private ResponseHead.Body outgoing(ResponseHead.Body body) {
    return switch (body) {
      case NONE, LENGTH -> body;
      case CHUNKED, UNTIL_CLOSE ->
          request.minorVersion() == 1 ? ResponseHead.Body.CHUNKED : ResponseHead.Body.UNTIL_CLOSE;
    };
  }

  private boolean mayKeepClient(ResponseHead.Body outgoing) {
    if (!request.keepAlive() || exchange.draining() || outgoing == ResponseHead.Body.UNTIL_CLOSE) {
      return false;
    }
    // A client that was told no, or not told to go on, may send its body or not: nobody can know.
    boolean inDoubt = status >= 300 || (request.expectContinue() && !continued);
    return exchange.requestIsSent() || !inDoubt;
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
    byte[] in = exchange.loop().in().bytes();
    System.arraycopy(in, from, exchange.loop().out().bytes(), at, length);
    return length;
  }

  private Framing bodyFraming(ResponseHead head, ResponseHead.Body body, int joined) {
    return switch (body) {
      case NONE -> new LengthFraming(0);
      case LENGTH -> new LengthFraming(head.contentLength() - joined);
      case CHUNKED -> new ChunkFraming(chunkedOut ? chunks() : ChunkFraming.Mode.DECHUNK);
      case UNTIL_CLOSE ->
          chunkedOut ? new ChunkFraming(ChunkFraming.Mode.CHUNK) : new UntilCloseFraming();
    };
  }

  /** A stream takes whole size lines only, which our own chunks have. */
  private ChunkFraming.Mode chunks() {
    return exchange.client().stream ? ChunkFraming.Mode.RECHUNK : ChunkFraming.Mode.PASS;
  }

  private static long unknown(ResponseHead.Body body) {
    return body == ResponseHead.Body.NONE ? 0 : Long.MAX_VALUE;
  }

  private void beginBody(Endpoint origin, Framing body, int joined) {
    bodyBytes = joined;
    exchange.counters().downloaded(joined);
    framing = body;
    pump = exchange.pump(origin, exchange.client().endpoint(), body);
  }

  // --- The body ---------------------------------------------------------------------------------

  private void stepBody(Pump moving) {
    awake(exchange.client().endpoint());
    long before = moving.movedBytes();
    Progress progress = moving.run();
    long moved = moving.movedBytes() - before;
    bodyBytes += moved;
    exchange.counters().downloaded(moved);
    if (lease != null) {
      lease.moved(moved);
    }
    switch (progress) {
      case DONE -> {
        state = State.DONE;
        surplus |= moving.surplus();
        wait.clear();
        exchange.finish();
      }
      case WAIT_SOURCE -> wait.set(Wait.On.SOURCE, moving.movedBytes());
      case WAIT_SINK -> wait.set(Wait.On.SINK, moving.movedBytes());
      case GIVE_WAY -> {
        wait.clear();
        exchange.client().giveWay();
      }
      case SOURCE_BROKEN -> exchange.cutBroken();
      case MALFORMED -> exchange.cut(Reason.ORIGIN_BROKEN, framing == null ? "" : framing.fault());
      case SINK_BROKEN -> exchange.cut(Reason.CLIENT_GONE);
    }
  }

  // --- What the exchange asks -------------------------------------------------------------------

  /** Whether no byte of a head has come, interim heads included. */
  boolean untouched() {
    return !begunHead;
  }

  /** Whether an answer of ours can still take its place. */
  boolean replaceable() {
    return state == State.AWAITED && tail.empty();
  }

  boolean awaited() {
    return state == State.AWAITED;
  }

  boolean done() {
    return state == State.DONE;
  }

  /**
   * Whether an orderly close is seen as the broken response it is: a chunked body without its end.
   * Any other end could pass for the whole.
   */
  boolean endIsVisible() {
    return chunkedOut && tail.empty();
  }

  boolean continued() {
    return continued;
  }

  boolean keepClient() {
    return keepClient;
  }

  /** Whether the origin's connection may serve another exchange, as far as the response says. */
  boolean keepOrigin() {
    return keepOrigin && !surplus;
  }

  /** What it may hold from now on, until {@link #close}. */
  void leased(FlowLease fresh) {
    lease = fresh;
  }

  /** The status that the client was given; 0 before that. */
  int status() {
    return status;
  }

  long bodyBytes() {
    return bodyBytes;
  }
}
