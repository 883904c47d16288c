package io.weir.relay.exchange;

import io.weir.relay.budget.FlowLease;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.pump.Pump;
import org.jspecify.annotations.Nullable;

/**
 * One direction of an exchange: a message, first its head, then its body. What both directions hold
 * while they move it.
 *
 * <p>Thread: the loop.
 */
abstract sealed class MessageFlow permits RequestFlow, ResponseFlow {
  final RelayedExchange exchange;
  final Tail tail = new Tail();
  final Wait wait = new Wait();
  @Nullable FlowLease lease;
  @Nullable Pump pump;

  MessageFlow(RelayedExchange exchange) {
    this.exchange = exchange;
  }

  /** Its body is about to move, if the sink takes something. */
  final void awake(Endpoint sink) {
    if (lease != null && sink.writable()) {
      lease.awake();
    }
  }

  /** Has its lease follow the rate, and counts a source that is not read any more. */
  final void look(long nowNanos) {
    if (lease != null) {
      lease.look(nowNanos, wait.on() == Wait.On.SOURCE);
    }
    if (wait.stops(nowNanos)) {
      exchange.counters().sourceStopped();
    }
  }

  /** The exchange is over: gives back what the pump and the lease hold. */
  final void close() {
    if (lease != null) {
      lease.end();
    }
    if (pump != null) {
      pump.close();
    }
  }

  /** Bytes that were taken from the source and that the sink has not taken. */
  final long userBytes() {
    return (long) tail.heldBytes() + (pump == null ? 0 : pump.heldBytes());
  }

  final Wait pause() {
    return wait;
  }
}
