package io.weir.relay.exchange;

import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection that owns one endpoint, whatever is spoken there, and takes turns on it. Thread: the
 * loop.
 */
abstract class OwningConnection extends Connection implements Acceptor.Accepted, Turn {
  final Worker worker;
  final Loop loop;
  private @Nullable Endpoint endpoint;
  private boolean turnWaits;

  OwningConnection(Worker worker) {
    this.worker = worker;
    this.loop = worker.loop;
  }

  /** Is its owner from now on. */
  final void take(Endpoint owned) {
    endpoint = owned;
  }

  public final Endpoint endpoint() {
    Endpoint owned = endpoint;
    if (owned == null) {
      throw new IllegalStateException("a connection without an endpoint");
    }
    return owned;
  }

  @Override
  public final void turn() {
    turnWaits = false;
    try {
      ready();
    } catch (Throwable t) {
      loop.faults().record(t);
      abandon();
    }
  }

  /** Goes on in the loop's next round. */
  public final void giveWay() {
    if (!turnWaits) {
      turnWaits = true;
      loop.giveWay(this);
    }
  }

  @Override
  final void addHoldings(List<Holding> to) {
    if (!stream) {
      to.add(Holding.of(endpoint())); // streams share a socket: their connection adds it
    }
    Exchange under = exchange();
    if (under != null) {
      under.addHoldings(to);
    }
  }
}
