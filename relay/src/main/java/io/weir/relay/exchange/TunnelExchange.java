package io.weir.relay.exchange;

import io.weir.relay.endpoint.Attendant;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Scratch;
import io.weir.relay.origin.OriginConnection;
import io.weir.relay.origin.OriginPool;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client that is connected to somebody, from when it has named him to the end of their {@link
 * Tunnel}.
 *
 * <pre>
 *   begin() --> connecting --taken()--> the client is told --> tunnel --> over
 *                    |                                           |
 *                    +--refused()--> the client is told why      +--a side broke, time--> both reset
 * </pre>
 *
 * <p>Thread: the loop. Owns its connection to the far side; the client's is its {@link Entrance}'s.
 */
final class TunnelExchange extends Exchange implements Attendant, OriginPool.Taker, Tunnel.Owner {
  private final Worker worker;
  private final Entrance entrance;
  private final String target;
  private final long beganNanos = System.nanoTime();
  private OriginPool.@Nullable Wait connecting;
  private @Nullable OriginConnection connection;
  private @Nullable Tunnel tunnel;
  private int status;
  private boolean over;

  /** Its lease, if it stood still for long at the last look; else 0. */
  private long stalledBytes;

  TunnelExchange(Worker worker, Entrance entrance) {
    this.worker = worker;
    this.entrance = entrance;
    this.target = entrance.target();
    worker.counters.exchangeBegun(0);
  }

  // --- Connecting -------------------------------------------------------------------------------

  /** Gets a connection to the far side. */
  void begin() {
    OriginPool.Wait wait = entrance.dial(this);
    if (wait != null) { // else taken() or refused() ran
      connecting = wait;
    }
  }

  @Override
  public void taken(OriginConnection taken) {
    connecting = null;
    connection = taken;
    Endpoint far = taken.endpoint();
    far.attend(this);
    try {
      status = entrance.status(null);
      Scratch out = worker.loop.out();
      Tail toClient = new Tail();
      int length = entrance.accept(out.bytes());
      if (length > 0) {
        toClient.send(entrance.endpoint(), out, length, false); // if it is gone, the tunnel sees
      }
      worker.counters.flowsAdded(2);
      tunnel = new Tunnel(worker, entrance.endpoint(), far, toClient, new Tail(), this);
      giveWay();
    } catch (Throwable t) {
      worker.loop.faults().record(t);
      abandon();
    }
  }

  @Override
  public void refused(Reason reason, String why) {
    connecting = null;
    status = entrance.status(reason);
    end(reason);
    try {
      entrance.refuse(reason, why);
    } catch (Throwable t) {
      worker.loop.faults().record(t);
      entrance.reset();
    }
  }

  // --- Driving it -------------------------------------------------------------------------------

  @Override
  public void ready() {
    advance();
  }

  @Override
  void advance() {
    if (tunnel != null) {
      tunnel.step();
    } else if (!over && entrance.endpoint().failed()) {
      cut(Reason.CLIENT_GONE);
    }
  }

  @Override
  public void giveWay() {
    entrance.giveWay();
  }

  @Override
  void sweep(long nowNanos) {
    OriginConnection with = connection;
    Tunnel passing = tunnel;
    if (over || with == null || passing == null) {
      return; // connecting has a limit of its own
    }
    with.endpoint().lease().settle();
    int stalledMillis = worker.stalledMillis();
    if (stalledMillis > 0) {
      stalledBytes = passing.stalled(nowNanos, stalledMillis) ? leaseBytes() : 0;
    }
    passing.sweep(nowNanos);
  }

  // --- The end ----------------------------------------------------------------------------------

  @Override
  public void tunnelOver(@Nullable Reason reason, String detail) {
    if (reason != null) {
      cut(reason, detail);
      return;
    }
    OriginConnection done = connection;
    connection = null;
    if (done != null) {
      done.close();
    }
    end(null);
    entrance.closeInOrder();
  }

  @Override
  public void abandon() {
    cut(Reason.INTERNAL);
  }

  @Override
  void cut(Reason reason) {
    cut(reason, "");
  }

  private void cut(Reason reason, String detail) {
    if (over) {
      return;
    }
    if (connecting != null) {
      connecting.cancel();
      connecting = null;
    }
    boolean byAPeer = byAPeer(reason);
    OriginConnection left = connection;
    connection = null;
    if (left != null && byAPeer) {
      left.breakOff();
    } else if (left != null) {
      left.cut();
    }
    end(reason);
    if (reason != Reason.CLIENT_GONE) {
      OwnAnswers.log(reason, detail, entrance.endpoint().peer());
    }
    if (byAPeer) {
      entrance.breakOff();
    } else {
      entrance.reset();
    }
  }

  private void end(@Nullable Reason reason) {
    over = true;
    Tunnel passed = tunnel;
    if (passed != null) {
      passed.close();
    }
    int flows = passed == null ? 0 : 2;
    worker.ended(flows, status, reason, System.nanoTime() - beganNanos, this::ended);
  }

  private ExchangeEnd ended(@Nullable Reason reason, long tookMillis) {
    return new ExchangeEnd(
        entrance.endpoint().peer(),
        entrance.method(),
        target,
        entrance.minorVersion(),
        status,
        tunnel == null ? 0 : tunnel.downloadedBytes(),
        tunnel == null ? 0 : tunnel.uploadedBytes(),
        System.currentTimeMillis() - tookMillis,
        tookMillis,
        null,
        null,
        reason,
        entrance.user());
  }

  // --- The last step ----------------------------------------------------------------------------

  @Override
  long stalledBytes() {
    return over ? 0 : stalledBytes;
  }

  @Override
  void resetStalled(long nowNanos) {
    Tunnel passing = tunnel;
    if (over || passing == null) {
      return;
    }
    int millis = worker.stalledMillis();
    passing.sample(nowNanos);
    if (passing.stalled(nowNanos, millis)) {
      String who = "the " + passing.waitsFor() + " took nothing for " + millis + " ms, ";
      cut(Reason.RESET_STALLED, who + leaseBytes() / 1024 + " KiB leased");
    }
  }

  // --- For people -------------------------------------------------------------------------------

  @Override
  void addHoldings(List<Holding> to) {
    if (connection != null) {
      to.add(Holding.of(connection.endpoint()));
    }
  }

  @Override
  @Nullable FlowRow row() {
    if (over) {
      return null;
    }
    InetSocketAddress peer = entrance.endpoint().peer();
    Tunnel passing = tunnel;
    return new FlowRow(
        givenId(),
        peer.getHostString() + ":" + peer.getPort(),
        entrance.method(),
        Request.route(target),
        status,
        passing == null ? "connecting" : "tunnel",
        passing == null ? "origin" : passing.waitsFor(),
        passing == null ? 0 : passing.downloadedBytes(),
        passing == null ? 0 : passing.uploadedBytes(),
        leaseBytes(),
        heldBytes(),
        passing == null ? 0 : passing.userBytes(),
        (System.nanoTime() - beganNanos) / 1_000_000);
  }

  private long leaseBytes() {
    return leaseBytes(entrance.endpoint(), connection);
  }

  private long heldBytes() {
    return heldBytes(entrance.endpoint(), connection);
  }
}
