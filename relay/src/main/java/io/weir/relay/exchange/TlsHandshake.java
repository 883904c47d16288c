package io.weir.relay.exchange;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Turn;
import io.weir.relay.tls.TlsEndpoint;
import java.util.List;
import javax.net.ssl.SSLEngine;

/**
 * A connection whose client shakes hands: for no longer than a head may take.
 *
 * <pre>
 *   shaking --established--> replaced by a client's connection within TLS
 *      |
 *      +--failed, overdue, cut--> closed
 * </pre>
 *
 * <p>Thread: the loop. Owns its endpoint until it is replaced.
 */
final class TlsHandshake extends Connection implements Attendant, Turn {
  private final Worker worker;
  private final Takeover taken;
  private final Entry within;
  private final TlsEndpoint endpoint;
  private final long deadlineNanos;
  private boolean over;
  private boolean left;

  /** Takes ownership of {@code engine} and of the endpoint, and goes on in the next round. */
  TlsHandshake(Worker worker, Takeover taken, SSLEngine engine, Entry within) {
    this.worker = worker;
    this.taken = taken;
    this.within = within;
    this.endpoint = TlsEndpoint.server(worker.loop, taken.endpoint(), engine, this);
    this.deadlineNanos = System.nanoTime() + worker.settings.timeouts().headMillis() * 1_000_000L;
    worker.loop.giveWay(this); // once it has its place in the worker's list
  }

  @Override
  public void turn() {
    try {
      if (!over) {
        endpoint.advance();
        ready();
      }
    } catch (Throwable t) {
      worker.loop.faults().record(t);
      abandon();
    }
  }

  @Override
  public void ready() {
    if (over) {
      return;
    }
    String why = endpoint.failure();
    if (why != null) {
      fail(Reason.TLS_HANDSHAKE, why);
    } else if (endpoint.failed()) {
      fail(Reason.TLS_HANDSHAKE, "the client reset the connection");
    } else if (endpoint.established()) {
      over = true;
      worker.replaced(this, ClientConnection.goOn(worker, taken, within, endpoint));
    }
  }

  private void fail(Reason reason, String why) {
    worker.counters.failed(reason);
    OwnAnswers.log(reason, why, endpoint.peer());
    close();
  }

  private void close() {
    if (!over) {
      over = true;
      int millis = worker.settings.timeouts().sendMillis();
      LastBytes.close(worker.loop, endpoint, millis, this::leave);
    }
  }

  private void leave() {
    if (!left) {
      left = true;
      worker.closed(this);
      worker.left(taken.lease().taken());
    }
  }

  @Override
  public void abandon() {
    over = true;
    endpoint.reset();
    leave();
  }

  @Override
  protected void sweep(long nowNanos) {
    endpoint.lease().settle();
    if (!over && nowNanos - deadlineNanos >= 0) {
      fail(Reason.TLS_TIMEOUT, "");
    }
  }

  /** Nobody was served yet. */
  @Override
  void drain() {
    close();
  }

  @Override
  boolean cut() {
    abandon();
    return false;
  }

  @Override
  void addHoldings(List<Holding> to) {
    to.add(Holding.of(endpoint));
  }
}
