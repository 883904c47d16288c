package io.weir.relay.exchange;

import io.weir.relay.budget.FlowLease;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.loop.Scratch;
import io.weir.relay.pump.Progress;
import io.weir.relay.pump.Pump;
import io.weir.relay.pump.UntilCloseFraming;

/**
 * One direction of a {@link Tunnel}: first what its sink has still to be told, then every byte of
 * its source.
 *
 * <pre>
 *   MOVING --the source has ended, all is taken--> ENDED      the sink's side is ended, too
 *     |  |
 *     |  +--the source broke---------------------> CUT_OFF    its sink must see a broken transfer
 *     +-----the sink is gone---------------------> UNHEARD    its source is not read any more
 * </pre>
 *
 * Thread: the loop. The tunnel's owner has the sockets.
 */
final class TunnelFlow {
  enum State {
    MOVING,
    ENDED,
    CUT_OFF,
    UNHEARD
  }

  /** Before so much has passed, a direction gets no first window: many only ask or answer. */
  private static final int WINDOW_FROM_BYTES = 16 * 1024;

  private final Endpoint sink;
  private final Tail before;
  private final Pump pump;
  private final FlowLease lease;
  private final Scratch out;
  private final Wait wait = new Wait();
  private State state = State.MOVING;
  private boolean windowed;

  /**
   * @param before what the sink did not take yet of what comes before the source's bytes
   */
  TunnelFlow(Worker worker, Endpoint source, Endpoint sink, Tail before) {
    this.sink = sink;
    this.before = before;
    this.out = worker.loop.out();
    this.pump = worker.pump(source, sink, new UntilCloseFraming());
    this.lease = worker.governor.flow(source.lease(), sink.lease());
  }

  /**
   * Goes as far as the sockets allow.
   *
   * @return whether it gave way, and wants another turn
   */
  boolean step() {
    if (state != State.MOVING) {
      return false;
    }
    if (sink.failed()) {
      stop(State.UNHEARD); // though there may be nothing to write for long
      return false;
    }
    return switch (before.flush(sink, out)) {
      case ALL -> move();
      case BLOCKED -> {
        wait.set(Wait.On.SINK, before.heldBytes());
        yield false;
      }
      case BROKEN -> {
        stop(State.UNHEARD);
        yield false;
      }
    };
  }

  private boolean move() {
    if (sink.writable()) {
      lease.awake();
    }
    long earlier = pump.movedBytes();
    Progress progress = pump.run();
    grow(pump.movedBytes() - earlier);
    switch (progress) {
      case DONE -> {
        stop(State.ENDED);
        sink.finish();
      }
      case WAIT_SOURCE -> wait.set(Wait.On.SOURCE, pump.movedBytes());
      case WAIT_SINK -> wait.set(Wait.On.SINK, pump.movedBytes());
      case GIVE_WAY -> wait.clear();
      case SOURCE_BROKEN, MALFORMED -> stop(State.CUT_OFF);
      case SINK_BROKEN -> stop(State.UNHEARD);
    }
    return progress == Progress.GIVE_WAY;
  }

  private void grow(long moved) {
    lease.moved(moved);
    if (!windowed && pump.movedBytes() >= WINDOW_FROM_BYTES) {
      windowed = true;
      lease.begin(Long.MAX_VALUE);
    }
  }

  private void stop(State last) {
    state = last;
    wait.clear();
    close();
  }

  /** Gives back what pump and lease hold; no effect if that was done. */
  void close() {
    lease.end();
    pump.close();
  }

  /** Has its lease follow the rate; true once in a wait in which its source is not read. */
  boolean look(long nowNanos) {
    lease.look(nowNanos, wait.on() == Wait.On.SOURCE);
    return wait.stops(nowNanos);
  }

  /** Looks at once whether its sink takes something. */
  void sample(long nowNanos) {
    wait.sample(nowNanos, sink);
  }

  State state() {
    return state;
  }

  boolean moving() {
    return state == State.MOVING;
  }

  /** Whether no byte came for {@code millis}, though its source was read; or it has ended. */
  boolean silent(long nowNanos, int millis) {
    return state != State.MOVING || wait.sourceOverdue(nowNanos, millis);
  }

  /** Whether its sink took nothing at all for {@code millis}. */
  boolean unheard(long nowNanos, int millis) {
    return wait.sinkOverdue(nowNanos, millis, sink);
  }

  Wait.On waitsOn() {
    return wait.on();
  }

  /** Bytes that the sink has taken of the source's. */
  long movedBytes() {
    return pump.movedBytes();
  }

  /** Bytes that were taken from the source, or are ours, and that the sink has not taken. */
  long userBytes() {
    return (long) before.heldBytes() + pump.heldBytes();
  }
}
