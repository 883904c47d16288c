package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.KernelLimits;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.http.Reason;
import io.weir.relay.http2.Http2Link;
import io.weir.relay.http2.LinkCost;
import io.weir.relay.http2.LinkEvents;
import io.weir.relay.http2.LinkSettings;
import io.weir.relay.http2.LinkStream;
import io.weir.relay.http2.StreamEvents;
import io.weir.relay.translation.ServerStream;
import io.weir.relay.translation.TargetForm;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection that speaks HTTP/2: its streams are clients like others, each with a place,
 * a least lease and an exchange.
 *
 * <pre>
 *   preface --> streams come and go --idle for the keep-alive time, or drain()--> GOAWAY
 *                  |                                                                |
 *                  | a limit or a rule was broken, or the peer has gone             | last stream
 *                  v                                                                v
 *               GOAWAY, streams are cut ---------------------------------------> last bytes, closed
 * </pre>
 *
 * <h2>What it holds</h2>
 *
 * Beside its socket's least: a part of the socket's buffers that no stream has a lease for, and
 * what the codec holds, {@link LinkCost#LINK_BYTES} together; and until the peer has acknowledged
 * our settings, {@link LinkCost#EARLY_BYTES}. Both are taken from the budget when the link begins.
 *
 * <p>Thread: the loop. Owns the endpoint.
 */
final class LinkConnection extends Connection implements LinkEvents, ServerStream.Refusals {
  /** RFC 9113, 6.5.2 recommends no fewer. */
  static final int STREAMS_MAX = 100;

  private final Worker worker;
  private final Http2Opening.Share share;
  private final Entry within;
  private final Endpoint endpoint;
  private final LeastLease lease;
  private final Wait wait = new Wait();
  private final boolean leased;
  private boolean early;
  private @Nullable Http2Link link;
  private boolean left;

  private LinkConnection(Worker worker, Http2Opening.Share share, Takeover taken) {
    this.worker = worker;
    this.share = share;
    this.endpoint = taken.endpoint();
    this.lease = taken.lease();
    this.within = new Entry(taken.entry().service(), List.of());
    this.leased = worker.governor.admit(LinkCost.LINK_BYTES + LinkCost.EARLY_BYTES);
    this.early = leased;
  }

  /** Goes on with a connection whose first bytes are the preface; nothing was consumed. */
  static LinkConnection take(Worker worker, Http2Opening.Share share, Takeover taken) {
    LinkConnection connection = new LinkConnection(worker, share, taken);
    connection.endpoint.lease().narrow(); // from now on its buffers are its streams'
    Http2Link fresh =
        Http2Link.begin(share.links(), taken.endpoint(), settings(worker), connection);
    connection.link = fresh;
    taken.endpoint().attend(fresh.attendant());
    connection.idle();
    if (!connection.leased) {
      worker.counters.failed(Reason.OVERLOADED);
      fresh.drain();
    }
    return connection;
  }

  private static LinkSettings settings(Worker worker) {
    return new LinkSettings(
        true,
        STREAMS_MAX,
        worker.settings.headLimits().headBytesMax(),
        KernelLimits.sizes().receiveBytes(0) / 2,
        LinkCost.SOCKET_RECEIVE_BYTES,
        LinkCost.SOCKET_SEND_BYTES,
        true);
  }

  private Http2Link link() {
    Http2Link begun = link;
    if (begun == null) {
      throw new IllegalStateException("a link that has not begun");
    }
    return begun;
  }

  // --- Streams ----------------------------------------------------------------------------------

  @Override
  public @Nullable StreamEvents opened(LinkStream stream) {
    if (!leased || worker.draining() || !worker.enter()) {
      return null;
    }
    worker.resting.remove(this);
    ClientConnection client = ClientConnection.ofStream(worker, within);
    ServerStream fresh =
        new ServerStream(
            share.streams(),
            stream,
            endpoint.peer(),
            endpoint.local(),
            within.service().clientsNameOrigin() ? TargetForm.ABSOLUTE : TargetForm.ORIGIN,
            client,
            this);
    client.own(fresh);
    return fresh;
  }

  @Override
  public void fieldsTooLarge() {
    worker.counters.failed(Reason.HEAD_TOO_LARGE);
    worker.counters.answered(Reason.HEAD_TOO_LARGE.status());
  }

  @Override
  public void malformed(String rule) {
    worker.counters.failed(Reason.HTTP2_MALFORMED);
    OwnAnswers.log(Reason.HTTP2_MALFORMED, rule, endpoint.peer());
  }

  @Override
  public void overloaded() {
    worker.counters.failed(Reason.OVERLOADED);
  }

  @Override
  public void idle() {
    if (!resting && !left) {
      worker.resting.add(this, System.nanoTime());
    }
  }

  @Override
  public void faulted(Fault fault, String detail) {
    Reason reason = fault == Fault.FLOOD ? Reason.HTTP2_FLOOD : Reason.HTTP2_ERROR;
    worker.counters.failed(reason);
    OwnAnswers.log(reason, detail, endpoint.peer());
  }

  // --- The end ----------------------------------------------------------------------------------

  @Override
  public void closed() {
    LastBytes.close(worker.loop, endpoint, worker.settings.timeouts().sendMillis(), this::leave);
  }

  private void leave() {
    if (left) {
      return;
    }
    left = true;
    worker.resting.remove(this);
    if (leased) {
      worker.governor.dismiss(LinkCost.LINK_BYTES + (early ? LinkCost.EARLY_BYTES : 0));
    }
    worker.closed(this);
    worker.left(lease.taken());
  }

  @Override
  boolean admitted() {
    return lease.taken();
  }

  @Override
  boolean quiet() {
    return link().waitingBytes() == 0
        && endpoint.undelivered() <= 0
        && endpoint.peek(worker.loop.out(), 0, 1) <= 0;
  }

  @Override
  void closeAtRest() {
    link().drain();
    cut(); // the kernel delivers the GOAWAY alone
  }

  @Override
  void drain() {
    link().drain();
  }

  @Override
  boolean cut() {
    link().close();
    endpoint.close(); // the kernel delivers the last bytes alone
    leave();
    return false; // what it serves is cut one by one
  }

  @Override
  public void abandon() {
    link().close();
    endpoint.reset();
    leave();
  }

  @Override
  protected void sweep(long nowNanos) {
    if (left || !endpoint.open()) {
      return;
    }
    Timeouts limits = worker.settings.timeouts();
    endpoint.lease().settle();
    if (early && !link().early()) {
      early = false;
      worker.governor.dismiss(LinkCost.EARLY_BYTES);
    }
    if (link().waitingBytes() > 0) {
      wait.set(Wait.On.SINK, link().sentBytes());
    } else {
      wait.clear();
    }
    if (wait.sinkOverdue(nowNanos, limits.sendMillis(), endpoint)) {
      worker.counters.failed(Reason.SEND_TIMEOUT);
      abandon();
    } else if (link().streamCount() == 0) {
      int millis = link().framesIn() == 0 ? limits.headMillis() : limits.keepAliveMillis();
      if (nowNanos - restSinceNanos >= millis * 1_000_000L) {
        link().drain();
      }
    }
  }

  // --- For people -------------------------------------------------------------------------------

  /** What all of it holds: its streams share a socket, so they are not told apart. */
  @Override
  void addHoldings(List<Holding> to) {
    long held = endpoint.heldBytes();
    long own = (leased ? (long) LinkCost.LINK_BYTES : 0) + (early ? LinkCost.EARLY_BYTES : 0);
    long streams = 0;
    long user = link().waitingBytes();
    for (StreamEvents events : link().streamEvents()) {
      if (events instanceof ServerStream stream) {
        streams += stream.lease().bytes();
        user += stream.userBytes();
      }
    }
    to.add(new Holding(endpoint.lease().bytes() + own + streams, held < 0 ? -1 : held + user));
  }
}
