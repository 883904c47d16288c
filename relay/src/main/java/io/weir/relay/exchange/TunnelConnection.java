package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Scratch;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection that leads into one tunnel, whatever it says before that: nothing (raw
 * TCP), a ClientHello, SOCKS.
 *
 * <pre>
 *   GREETING --far side named--> CONNECTED --over, in order--> CLOSED
 *      |  \                       |      \
 *      |   `-- no lease yet: ADMISSION    `--broken: reset --> CLOSED
 *      |                          |
 *      +--refused------------> ANSWERING --> LINGERING --> CLOSED      or reset, where nothing can be said
 * </pre>
 *
 * <h2>The greeting stays in the socket</h2>
 *
 * as a request's head does: it is peeked at until it is whole, so that ten thousand clients who
 * take their time hold no user memory.
 *
 * <p>Thread: the loop. Owns its endpoint.
 */
abstract class TunnelConnection extends OwningConnection implements Entrance {
  private enum State {
    GREETING,
    ADMISSION,
    CONNECTED,
    ANSWERING,
    LINGERING,
    CLOSED
  }

  private final LeastLease lease;
  private final Tail tail = new Tail();
  private final Wait answerWait = new Wait();
  private final long deadlineNanos;
  private State state = State.GREETING;
  private @Nullable TunnelExchange exchange;
  private @Nullable Lingering lingering;
  private boolean left;

  TunnelConnection(Worker worker, LeastLease lease) {
    super(worker);
    this.lease = lease;
    this.deadlineNanos = System.nanoTime() + worker.settings.timeouts().headMillis() * 1_000_000L;
  }

  // --- What the ways differ in ------------------------------------------------------------------

  /**
   * Looks at what has arrived. Calls {@link #connect} once the far side is named, {@link #say}
   * where the client waits for an answer, {@link #refuseGreeting} where it will not do, and else
   * nothing: then it is called again when there is more.
   */
  abstract void greet();

  /** How many bytes a greeting may have. */
  abstract int greetingBytesMax();

  /**
   * Writes what a client is told that gets no tunnel.
   *
   * @return the length, or 0 if nothing can be said, so that it is reset
   */
  abstract int refusal(Reason reason, String why, byte[] to);

  /** The connection is closed. */
  void gone() {}

  // --- The greeting -----------------------------------------------------------------------------

  @Override
  public void own(Endpoint accepted) {
    take(accepted);
    lease.takeIfFree(worker);
    worker.opened(this);
    giveWay();
  }

  /** Takes over what another connection has begun to look at. */
  void own(Takeover taken) {
    take(taken.endpoint());
    taken.endpoint().attend(this);
    giveWay();
  }

  @Override
  public void ready() {
    switch (state) {
      case GREETING -> {
        if (endpoint().failed()) {
          close(false); // nobody is left to be answered
        } else {
          greet();
        }
      }
      case CONNECTED -> {
        if (exchange != null) {
          exchange.advance();
        }
      }
      case ANSWERING -> answered(tail.flush(endpoint(), loop.out()));
      case LINGERING -> linger();
      case ADMISSION, CLOSED -> {}
    }
  }

  @Override
  public void abandon() {
    TunnelExchange under = exchange;
    exchange = null;
    if (under != null) {
      under.cut(Reason.INTERNAL);
    }
    close(true);
  }

  /**
   * Peeks at the greeting into the loop's incoming scratch space, behind its headroom.
   *
   * @return how many bytes there are; 0 if there is nothing to be done now
   */
  final int peek() {
    Endpoint from = endpoint();
    if (!from.readable()) {
      return 0;
    }
    int arrived = from.peek(loop.in(), Scratch.HEADROOM_BYTES, greetingBytesMax());
    if (arrived < 0) {
      close(false);
    }
    return Math.max(0, arrived);
  }

  /** Whether there is neither an exchange nor a refusal yet. */
  final boolean greeting() {
    return state == State.GREETING;
  }

  /** More of the greeting is needed than has arrived. */
  final void awaitMore(int arrived) {
    if (endpoint().inputEnded() && arrived < greetingBytesMax()) {
      refuseGreeting(Reason.BAD_GREETING, "it ends in the middle");
    } else {
      widen(arrived);
    }
  }

  /** Makes room in the socket for the rest; the peek tells the client of it. */
  private void widen(int arrived) {
    if (worker.governor.widenForHead(endpoint().lease(), greetingBytesMax(), arrived)) {
      endpoint().peek(loop.in(), 0, 1);
      giveWay();
    }
  }

  /**
   * Consumes a part of the greeting and says what stands in the loop's outgoing scratch space.
   *
   * @return whether the client has it; else the connection is over
   */
  final boolean say(int consumed, int length) {
    endpoint().skip(consumed);
    if (tail.send(endpoint(), loop.out(), length, false) == Tail.Sent.ALL) {
      return true;
    }
    close(true); // a few bytes on a fresh connection: whoever has no room for them is no client
    return false;
  }

  /** The far side is named: connects to it, if need be once there is memory for that. */
  final void connect() {
    if (worker.draining()) {
      refuseGreeting(Reason.DRAINING, "");
      return;
    }
    switch (lease.take(worker, System.nanoTime())) {
      case TAKEN -> {
        state = State.CONNECTED;
        TunnelExchange fresh = new TunnelExchange(worker, this);
        exchange = fresh;
        fresh.begin();
      }
      case NOT_YET -> state = State.ADMISSION;
      case REFUSED ->
          refuseGreeting(Reason.OVERLOADED, "the memory for one more connection is in use");
    }
  }

  /** There is no exchange yet, and there will be none. */
  final void refuseGreeting(Reason reason, String why) {
    worker.counters.failed(reason);
    worker.counters.answered(0);
    ExchangeLog log = worker.log();
    if (log != null) {
      log.ended(
          new ExchangeEnd(
              endpoint().peer(),
              method(),
              target(),
              minorVersion(),
              0,
              0,
              0,
              System.currentTimeMillis(),
              0,
              null,
              null,
              reason,
              null));
    }
    refuse(reason, why);
  }

  // --- What its exchange asks -------------------------------------------------------------------

  @Override
  public final void refuse(Reason reason, String why) {
    OwnAnswers.log(reason, why, endpoint().peer());
    exchange = null;
    int length = refusal(reason, why, loop.out().bytes());
    if (length == 0) {
      close(true);
      return;
    }
    state = State.ANSWERING;
    answerWait.set(Wait.On.SINK, 0);
    answered(tail.send(endpoint(), loop.out(), length, false));
  }

  private void answered(Tail.Sent sent) {
    switch (sent) {
      case ALL -> {
        state = State.LINGERING;
        lingering = new Lingering(loop, endpoint());
        worker.governor.widenToDiscard(endpoint().lease());
        linger();
      }
      case BLOCKED -> {}
      case BROKEN -> close(false);
    }
  }

  private void linger() {
    switch (lingering == null ? Lingering.Step.ENDED : lingering.step()) {
      case WAITS -> {}
      case GIVES_WAY -> giveWay();
      case ENDED -> close(false);
    }
  }

  @Override
  public final void closeInOrder() {
    close(false);
  }

  @Override
  public final void breakOff() {
    if (state != State.CLOSED) {
      state = State.CLOSED;
      exchange = null;
      LastBytes.reset(loop, endpoint(), worker.settings.timeouts().sendMillis(), this::leave);
    }
  }

  @Override
  public final void reset() {
    close(true);
  }

  private void close(boolean broken) {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    exchange = null;
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
      gone();
      worker.closed(this);
      worker.left(lease.taken());
    }
  }

  // --- What the worker asks ---------------------------------------------------------------------

  @Override
  void drain() {
    if (state == State.GREETING || state == State.ADMISSION) {
      refuseGreeting(Reason.DRAINING, "");
    }
  }

  @Override
  boolean cut() {
    TunnelExchange under = exchange;
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
      case GREETING -> sweepGreeting(nowNanos);
      case ADMISSION -> connect();
      case CONNECTED -> sweepExchange(nowNanos);
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

  private void sweepGreeting(long nowNanos) {
    if (nowNanos - deadlineNanos >= 0) {
      refuseGreeting(Reason.REQUEST_TIMEOUT, "the greeting is not complete");
    } else if (endpoint().readable()) {
      giveWay(); // there may be room for the rest by now
    } else {
      worker.governor.reclaim(endpoint().lease());
    }
  }

  private void sweepExchange(long nowNanos) {
    TunnelExchange under = exchange;
    try {
      if (under != null) {
        under.sweep(nowNanos);
      }
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  @Override
  @Nullable TunnelExchange exchange() {
    return exchange;
  }
}
