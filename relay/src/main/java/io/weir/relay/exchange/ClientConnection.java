package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.endpoint.Source;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.Head;
import io.weir.relay.http1.LocalAnswer;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.RequestWriter;
import io.weir.relay.loop.Scratch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: one exchange after the other (RFC 9112, 9.3).
 *
 * <pre>
 *             head understood                 over, keep-alive
 *   HEAD ---------------------> EXCHANGE ------------------------> HEAD
 *    |                             |
 *    | refused                     | over, not to be kept        cut, broken
 *    v                             v                                  |
 *   ANSWERING -----------------> LINGERING --- end, or its time ---> CLOSED
 * </pre>
 *
 * <h2>The head stays in the socket</h2>
 *
 * A head is peeked at until it is whole, and consumed only when the exchange no longer needs it, so
 * neither ten thousand slow clients nor a retry hold a byte of user memory. Pipelined requests wait
 * in the socket too, and are answered in order.
 *
 * <p>Thread: the loop. Owns its endpoint.
 */
final class ClientConnection extends OwningConnection {
  private enum State {
    HEAD,
    EXCHANGE,
    ANSWERING,
    LINGERING,
    CLOSED
  }

  /** First look at a head, bytes: nearly all are shorter. */
  private static final int HEAD_PEEK_BYTES = 8 * 1024;

  private final Entry entry;
  private final Tail tail = new Tail();
  private final Wait answerWait = new Wait();
  private byte @Nullable [] peerAddress;
  private State state = State.HEAD;
  private @Nullable Exchange exchange;
  private @Nullable Lingering lingering;
  private long deadlineNanos;
  private boolean headBegun;
  private int headSeenBytes;

  private boolean keepAfterAnswer;

  /** Of this connection and the origin's. */
  private final LeastLease lease;

  /** Whether what follows is the connection's first head, or another way to begin. */
  private boolean opening = true;

  private boolean left;

  ClientConnection(Worker worker, Entry entry) {
    this(worker, entry, new LeastLease());
  }

  private ClientConnection(Worker worker, Entry entry, LeastLease lease) {
    super(worker);
    this.entry = entry;
    this.lease = lease;
  }

  /**
   * Goes on with a connection whose beginning is over, such as a handshake.
   *
   * @param within what comes in there from now on
   * @param endpoint what its bytes come from now
   */
  static ClientConnection goOn(Worker worker, Takeover taken, Entry within, Endpoint endpoint) {
    ClientConnection client = new ClientConnection(worker, within, taken.lease());
    client.take(endpoint);
    endpoint.attend(client);
    client.expectHead(worker.settings.timeouts().headMillis());
    client.giveWay();
    return client;
  }

  /** A client on a stream of HTTP/2, which it is to own. */
  static ClientConnection ofStream(Worker worker, Entry within) {
    ClientConnection client = new ClientConnection(worker, within);
    client.stream = true;
    client.opening = false;
    return client;
  }

  @Override
  public void own(Endpoint accepted) {
    take(accepted);
    lease.takeIfFree(worker);
    worker.opened(this);
    expectHead(worker.settings.timeouts().headMillis());
  }

  /** The peer's address as text, made once. */
  byte[] peerAddress() {
    byte[] known = peerAddress;
    if (known == null) {
      known = RequestWriter.text(endpoint().peer().getAddress());
      peerAddress = known;
    }
    return known;
  }

  private void expectHead(int millis) {
    state = State.HEAD;
    exchange = null;
    headBegun = false;
    headSeenBytes = 0;
    long nowNanos = System.nanoTime();
    deadlineNanos = nowNanos + millis * 1_000_000L;
    worker.resting.add(this, nowNanos);
  }

  @Override
  boolean admitted() {
    return lease.taken();
  }

  @Override
  void closeAtRest() {
    close(false);
  }

  @Override
  boolean quiet() {
    Endpoint at = endpoint();
    return at.undelivered() <= 0 && at.peek(loop.out(), 0, 1) <= 0;
  }

  @Override
  public void ready() {
    switch (state) {
      case HEAD -> readHead();
      case EXCHANGE -> {
        if (exchange != null) {
          exchange.advance();
        }
      }
      case ANSWERING -> flushAnswer();
      case LINGERING -> linger();
      case CLOSED -> {}
    }
  }

  @Override
  public void abandon() {
    Exchange under = exchange;
    exchange = null;
    if (under != null) {
      under.cut(Reason.INTERNAL);
    }
    close(true);
  }

  private void readHead() {
    Endpoint from = endpoint();
    if (from.failed()) {
      close(false); // nobody is left to be answered
      return;
    }
    if (!from.readable()) {
      return;
    }
    Scratch in = loop.in();
    int want = HEAD_PEEK_BYTES;
    int arrived = from.peek(in, Scratch.HEADROOM_BYTES, want);
    if (arrived == want) {
      want = in.capacityBytes();
      arrived = from.peek(in, Scratch.HEADROOM_BYTES, want);
    }
    if (arrived == Source.NOTHING_YET) {
      return;
    }
    if (arrived < 0) {
      close(false);
      return;
    }
    if (!headBegun) {
      headBegun = true;
      worker.resting.remove(this);
      deadlineNanos = System.nanoTime() + worker.settings.timeouts().headMillis() * 1_000_000L;
    }
    boolean ended = from.inputEnded() && arrived < want;
    if (!opening || !otherwiseBegun(in.bytes(), arrived, ended)) {
      parseHead(in.bytes(), arrived, ended);
    }
  }

  /** Whether it began, or may have begun, in another way than with a head. */
  private boolean otherwiseBegun(byte[] bytes, int arrived, boolean ended) {
    int from = Scratch.HEADROOM_BYTES;
    for (Opening other : entry.openings()) {
      switch (other.match(bytes, from, from + arrived)) {
        case NO -> {}
        case PERHAPS -> {
          if (!ended) {
            return true;
          }
        }
        case YES -> {
          handOver(other);
          return true;
        }
      }
    }
    opening = false;
    return false;
  }

  private void handOver(Opening other) {
    state = State.CLOSED;
    left = true;
    worker.resting.remove(this);
    Connection fresh;
    try {
      fresh = other.take(new Takeover(this, endpoint(), entry, lease));
    } catch (RuntimeException e) {
      endpoint().reset(); // it is nobody's
      worker.closed(this);
      worker.left(lease.taken());
      throw e;
    }
    worker.replaced(this, fresh);
  }

  private void parseHead(byte[] bytes, int arrived, boolean ended) {
    RequestHead head = worker.requestHead;
    int from = Scratch.HEADROOM_BYTES;
    int to = from + arrived;
    if (headSeenBytes > 0 && !ended && !head.worthParsing(bytes, from, to, headSeenBytes)) {
      widen(arrived);
      return;
    }
    int length = head.parse(bytes, from, to);
    if (length == Head.NEED_MORE) {
      headSeenBytes = arrived;
      if (!ended && widen(arrived)) {
        return;
      }
      if (ended && head.begun()) {
        refuse(Reason.BAD_REQUEST, "The head ends before its empty line", false);
      } else if (ended) {
        close(false);
      }
      return;
    }
    if (length < 0) {
      refuse(head.fault(), head.faultDetail(), false);
      return;
    }
    begin(head);
  }

  /** Makes room in the socket for the rest of a head; the peek tells the client of it. */
  private boolean widen(int arrived) {
    boolean widened = worker.widenForHead(endpoint(), arrived);
    if (widened) {
      giveWay();
    }
    return widened;
  }

  private void begin(RequestHead head) {
    if (worker.draining()) {
      refuse(Reason.DRAINING, "", false);
      return;
    }
    if (!entry.service().takes(head.method())) {
      refuse(Reason.METHOD_NOT_SERVED, "", false);
      return;
    }
    if (!lease.taken() && !admit()) {
      return;
    }
    state = State.EXCHANGE;
    start(entry.service().begin(this, head));
  }

  private void start(@Nullable Exchange begun) {
    if (begun != null && state == State.EXCHANGE) {
      exchange = begun;
      begun.advance();
    }
  }

  /**
   * The exchange under way, which has only waited, is over; another begins with the same head,
   * which is still in the socket, or the head is refused.
   */
  void goOn(Function<RequestHead, @Nullable Exchange> next) {
    Scratch in = loop.in();
    int arrived = endpoint().peek(in, Scratch.HEADROOM_BYTES, in.capacityBytes());
    int to = Scratch.HEADROOM_BYTES + Math.max(0, arrived);
    if (arrived <= 0 || worker.requestHead.parse(in.bytes(), Scratch.HEADROOM_BYTES, to) <= 0) {
      close(false); // the client has gone
      return;
    }
    start(next.apply(worker.requestHead));
  }

  /** Takes the least lease, if need be within a short time; refuses when that is over. */
  private boolean admit() {
    LeastLease.Answer answer = lease.take(worker, System.nanoTime());
    if (answer == LeastLease.Answer.REFUSED) {
      refuse(Reason.OVERLOADED, "The memory for one more connection is in use", false);
    }
    return answer == LeastLease.Answer.TAKEN;
  }

  /**
   * Answers a head that stands in the scratch space with an error instead of an exchange.
   *
   * @param detail what exactly is wrong, or empty
   * @param mayKeep whether the connection may serve another request: the head was understood
   */
  void refuse(Reason reason, String detail, boolean mayKeep) {
    RequestHead head = worker.requestHead;
    boolean understood = !head.faulted() && head.length() > 0;
    boolean keep =
        mayKeep && understood && head.keepAlive() && !head.hasBody() && !worker.draining();
    if (understood) {
      endpoint().skip(head.length());
    }
    boolean headOnly = understood && head.method() == Method.HEAD;
    boolean json = understood && head.acceptsJson();
    int minor = understood ? head.minorVersion() : 1;
    worker.refused(reason, endpoint().peer(), understood ? head : null);
    answer(reason, detail, json, headOnly, keep, minor);
  }

  /** Sends an answer of our own; the request's head is consumed, its failure already counted. */
  void answer(
      Reason reason, String detail, boolean json, boolean headOnly, boolean keep, int minor) {
    OwnAnswers.log(reason, detail, endpoint().peer());
    exchange = null;
    state = State.ANSWERING;
    keepAfterAnswer = keep;
    Scratch out = loop.out();
    int length = LocalAnswer.write(reason, detail, json, headOnly, keep, minor, out.bytes(), 0);
    answerWait.clear();
    answerWait.set(Wait.On.SINK, 0);
    answerSent(tail.send(endpoint(), out, length, false));
  }

  private void flushAnswer() {
    answerSent(tail.flush(endpoint(), loop.out()));
  }

  private void answerSent(Tail.Sent sent) {
    switch (sent) {
      case ALL -> {
        if (keepAfterAnswer) {
          nextRequest();
        } else {
          closeInOrder(false);
        }
      }
      case BLOCKED -> {}
      case BROKEN -> close(false);
    }
  }

  /** The exchange is over and the connection is kept. */
  void nextRequest() {
    expectHead(worker.settings.timeouts().keepAliveMillis());
    if (worker.draining()) {
      closeInOrder(true);
    } else if (endpoint().readable()) {
      giveWay();
    }
  }

  /**
   * The exchange is over and the connection is not kept.
   *
   * @param requestRead whether all of the request was consumed
   */
  void closeInOrder(boolean requestRead) {
    exchange = null;
    worker.resting.remove(this);
    Endpoint closing = endpoint();
    if (requestRead && !inputWaits(closing)) {
      close(false);
      return;
    }
    state = State.LINGERING;
    lingering = new Lingering(loop, closing);
    worker.governor.widenToDiscard(closing.lease());
    linger();
  }

  private boolean inputWaits(Endpoint from) {
    return from.readable() && from.peek(loop.in(), Scratch.HEADROOM_BYTES, 1) > 0;
  }

  private void linger() {
    switch (lingering == null ? Lingering.Step.ENDED : lingering.step()) {
      case WAITS -> {}
      case GIVES_WAY -> giveWay();
      case ENDED -> close(false);
    }
  }

  /** Ends the connection behind what was written, and so that the client sees a broken transfer. */
  void breakOff() {
    if (stream) {
      close(true); // its reset follows its data anyway
    } else if (state != State.CLOSED) {
      closing();
      LastBytes.reset(loop, endpoint(), worker.settings.timeouts().sendMillis(), this::leave);
    }
  }

  private void closing() {
    state = State.CLOSED;
    exchange = null;
    worker.resting.remove(this);
  }

  /** Ends the connection now; {@code broken} makes sure that the client sees it. */
  void close(boolean broken) {
    if (state == State.CLOSED) {
      return;
    }
    closing();
    if (broken) {
      endpoint().reset();
      leave();
    } else {
      LastBytes.close(loop, endpoint(), worker.settings.timeouts().sendMillis(), this::leave);
    }
  }

  private void leave() {
    if (!left) {
      left = true;
      worker.closed(this);
      worker.left(lease.taken());
    }
  }

  @Override
  void drain() {
    if (state == State.HEAD && !headBegun) {
      closeInOrder(true);
    }
  }

  @Override
  boolean cut() {
    Exchange under = exchange;
    if (under != null) {
      under.cut(Reason.DRAIN_CUT);
    }
    close(under != null);
    endpoint().close(); // the kernel delivers the last bytes alone, or resets behind a break
    leave();
    return under != null;
  }

  @Override
  protected void sweep(long nowNanos) {
    endpoint().lease().settle();
    switch (state) {
      case HEAD -> sweepHead(nowNanos);
      case EXCHANGE -> {
        if (exchange != null) {
          sweepExchange(exchange, nowNanos);
        }
      }
      case ANSWERING -> {
        if (answerWait.sinkOverdue(nowNanos, worker.settings.timeouts().sendMillis(), endpoint())) {
          close(true);
        }
      }
      case LINGERING -> {
        if (lingering == null || lingering.overdue(nowNanos)) {
          close(false);
        }
      }
      case CLOSED -> {}
    }
  }

  private void sweepHead(long nowNanos) {
    if (lease.waits()) {
      readHead();
    } else if (nowNanos - deadlineNanos >= 0) {
      headOverdue();
    } else if (!headBegun) {
      worker.governor.reclaim(endpoint().lease()); // a head that arrives needs its window
    } else {
      widen(headSeenBytes); // there may be room for it by now
    }
  }

  private void sweepExchange(Exchange under, long nowNanos) {
    try {
      under.sweep(nowNanos);
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  private void headOverdue() {
    if (headBegun && worker.lacksRoomForHead(endpoint(), headSeenBytes)) {
      answerOverdue(Reason.OVERLOADED, "There is no memory for a large head");
    } else if (headBegun) {
      answerOverdue(Reason.REQUEST_TIMEOUT, "The head is not complete");
    } else {
      close(false);
    }
  }

  private void answerOverdue(Reason reason, String detail) {
    worker.counters.failed(reason);
    worker.counters.answered(reason.status());
    answer(reason, detail, false, false, false, 1);
  }

  @Override
  @Nullable Exchange exchange() {
    return exchange;
  }
}
