package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.http.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Two sockets whose bytes pass as they are, either way: after an Upgrade, CONNECT, SOCKS, and for
 * raw TCP. Both directions are {@link TunnelFlow}s, which end one by one.
 *
 * <pre>
 *     near                                    far
 *      | ----- up: tail, then pump ----------> |
 *      | <---- down: tail, then pump --------- |
 *
 *   both move --one side has ended--> half-closed --the other, too--> over, in order
 *       |                                  |
 *       +--a side broke, time limit--------+------------------------> over, both are to be reset
 * </pre>
 *
 * <h2>Half-closed</h2>
 *
 * The end of one side is passed on behind its last byte, and the other direction goes on: that is
 * how many a client says that its request is whole. But a FIN is also all that is seen of a peer
 * that has closed altogether, and if the other side is silent then, nothing would ever be written
 * that such a peer could answer with a reset (envoy#45198). So the kernel asks a peer that is
 * silent whether it is there: after the idle timeout, and after a quarter of it once one side has
 * ended. Who only waits for an answer says yes, and may wait as long as the tunnel timeout. A
 * socket that was closed says no, on Linux once it has left FIN-WAIT-2, after a minute
 * (tcp_fin_timeout). Where no such question can be asked, half-closed tunnels have the idle
 * timeout.
 *
 * <h2>Broken</h2>
 *
 * Where a sink is gone, what it had sent before may still be on its way: that is passed on, and
 * then both sides see a reset, as they would of each other. Since a reset drops what the kernel has
 * not delivered, the owner has the other side's come behind its last byte ({@link
 * io.weir.relay.endpoint.LastBytes}), within the send timeout. Where we end the tunnel, by a time
 * limit or the drain, both are reset at once.
 *
 * <p>Thread: the loop. The owner has the sockets, tells of their readiness by {@link #step}, and
 * closes them when it is told that the tunnel is over.
 */
final class Tunnel {
  /** Whose tunnel it is. */
  interface Owner {
    /** Calls {@link #step} in the loop's next round. */
    void giveWay();

    /**
     * Nothing passes any more; said once, and never from within the constructor.
     *
     * @param reason null if both sides have ended in order, else why both are to be reset
     * @param detail one clause for the log, or empty
     */
    void tunnelOver(@Nullable Reason reason, String detail);
  }

  /** By how much sooner a silent peer is asked once one side has ended. */
  private static final int SOONER = 4;

  private final Worker worker;
  private final Endpoint near;
  private final Endpoint far;
  private final Owner owner;
  private final TunnelFlow up;
  private final TunnelFlow down;
  private boolean halfClosed;
  private long halfClosedNanos;

  /** Whether the end of a peer that is silent is told. */
  private boolean probed;

  private boolean stepping;

  /** Whether a step was asked for within a step. */
  private boolean again;

  private boolean over;

  /**
   * Begins, with nothing moved yet: {@link #step} does that.
   *
   * @param near the client's side
   * @param toNear what the client has not taken yet of the answer that precedes the tunnel
   * @param toFar the same of what the far side is to be told first
   */
  Tunnel(Worker worker, Endpoint near, Endpoint far, Tail toNear, Tail toFar, Owner owner) {
    this.worker = worker;
    this.near = near;
    this.far = far;
    this.owner = owner;
    this.up = new TunnelFlow(worker, near, far, toFar);
    this.down = new TunnelFlow(worker, far, near, toNear);
    probe(idleMillis());
  }

  private int idleMillis() {
    return worker.settings.timeouts().idleMillis();
  }

  private void probe(int silentMillis) {
    boolean nearProbed = near.probe(silentMillis);
    probed = far.probe(silentMillis) && nearProbed;
  }

  /** Goes as far as the sockets allow. Called when one of them may be ready. */
  void step() {
    if (over || stepping) {
      again = stepping; // ending a side may tell of the other side's end at once
      return;
    }
    stepping = true;
    again = false;
    long uploaded = up.movedBytes();
    long downloaded = down.movedBytes();
    boolean more = up.step();
    more |= down.step();
    stepping = false;
    worker.counters.uploaded(up.movedBytes() - uploaded);
    worker.counters.downloaded(down.movedBytes() - downloaded);
    if (endIfOver()) {
      return;
    }
    if (!halfClosed && !(up.moving() && down.moving())) {
      halfClosed = true;
      halfClosedNanos = System.nanoTime();
      probe(idleMillis() / SOONER);
    }
    if (more || again) {
      owner.giveWay();
    }
  }

  private boolean endIfOver() {
    if (up.state() == TunnelFlow.State.CUT_OFF) {
      end(Reason.CLIENT_GONE, "");
    } else if (down.state() == TunnelFlow.State.CUT_OFF) {
      end(Reason.ORIGIN_BROKEN, "the connection broke");
    } else if (!up.moving() && !down.moving()) {
      endBoth();
    }
    return over;
  }

  private void endBoth() {
    if (down.state() == TunnelFlow.State.UNHEARD) {
      end(Reason.CLIENT_GONE, "");
    } else if (up.state() == TunnelFlow.State.UNHEARD) {
      end(Reason.ORIGIN_BROKEN, "the connection broke");
    } else {
      end(null, "");
    }
  }

  private void end(@Nullable Reason reason, String detail) {
    if (!over) {
      close();
      owner.tunnelOver(reason, detail);
    }
  }

  /** Gives back what it holds; the owner hears nothing after this. */
  void close() {
    over = true;
    up.close();
    down.close();
  }

  // --- Time -------------------------------------------------------------------------------------

  /** Checks the time limits, and has both leases follow. */
  void sweep(long nowNanos) {
    if (over) {
      return;
    }
    if (up.look(nowNanos)) {
      worker.counters.sourceStopped();
    }
    if (down.look(nowNanos)) {
      worker.counters.sourceStopped();
    }
    Timeouts limits = worker.settings.timeouts();
    if (down.unheard(nowNanos, limits.sendMillis())) {
      end(Reason.SEND_TIMEOUT, "the client took nothing");
    } else if (up.unheard(nowNanos, limits.sendMillis())) {
      end(Reason.SEND_TIMEOUT, "the origin took nothing");
    } else if (idle(nowNanos, limits)) {
      end(Reason.TUNNEL_IDLE, "");
    }
  }

  private boolean idle(long nowNanos, Timeouts limits) {
    int millis = limits.tunnelMillis();
    if (halfClosed && !probed) {
      millis = Math.min(millis, limits.idleMillis());
    }
    return up.silent(nowNanos, millis)
        && down.silent(nowNanos, millis)
        && (!halfClosed || nowNanos - halfClosedNanos >= millis * 1_000_000L);
  }

  /** Whether a sink takes nothing, and the other direction does not move either. */
  boolean stalled(long nowNanos, int millis) {
    boolean nearStalled = down.unheard(nowNanos, millis);
    boolean farStalled = up.unheard(nowNanos, millis);
    boolean downSilent = down.silent(nowNanos, millis);
    boolean upSilent = up.silent(nowNanos, millis);
    return !over && StalledReset.stands(nearStalled, downSilent, farStalled, upSilent);
  }

  /** Looks at once whether either sink takes something. */
  void sample(long nowNanos) {
    down.sample(nowNanos);
    up.sample(nowNanos);
  }

  // --- For people -------------------------------------------------------------------------------

  /** Whose turn it is; empty while bytes move. */
  String waitsFor() {
    return switch (down.waitsOn()) {
      case SINK -> "client";
      case SOURCE -> up.waitsOn() == Wait.On.SOURCE ? "client" : "origin";
      case NOTHING -> up.moving() && !down.moving() ? "client" : "";
    };
  }

  /** Bytes that the client has taken. */
  long downloadedBytes() {
    return down.movedBytes();
  }

  /** Bytes that the far side has taken. */
  long uploadedBytes() {
    return up.movedBytes();
  }

  /** Bytes in user space, or in a pipe. */
  long userBytes() {
    return up.userBytes() + down.userBytes();
  }
}
