package io.weir.relay.origin;

import io.weir.relay.budget.Governor;
import io.weir.relay.budget.SocketLease;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Greeting;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.http.Reason;
import io.weir.relay.http2.LinkShare;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Timed;
import io.weir.relay.tls.TlsConnector;
import io.weir.relay.translation.StreamShare;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One loop's connections to the origin. The one used last is used next, so that a falling load lets
 * the others grow old and close.
 *
 * <p>More than the pool has room for may wait until the next sweep, if somebody lends it the room
 * ({@link SpareRoom}): else a steady load of more exchanges at once than that would close a
 * connection after each and make one for the next.
 *
 * <p>Thread: the loop.
 */
public final class OriginPool extends Timed implements AutoCloseable {
  /** Who wants a connection. Exactly one of the two is called, unless the wait is cancelled. */
  public interface Taker {
    /** The callee owns {@code connection}, and attends to its endpoint from now on. */
    void taken(OriginConnection connection);

    /** There is none; {@code why} is one clause for the log. */
    void refused(Reason reason, String why);
  }

  /** A connection being made. */
  public interface Wait {
    /** Gives up; the taker hears nothing after this. */
    void cancel();
  }

  /** Room of others, for connections that wait beyond {@link OriginSettings#idleConnectionsMax}. */
  public interface SpareRoom {
    /** No room. */
    SpareRoom NONE =
        new SpareRoom() {
          @Override
          public boolean take() {
            return false;
          }

          @Override
          public void giveBack() {}
        };

    /** Takes room for one connection, if there is enough of it. */
    boolean take();

    /** Gives the room of one back. */
    void giveBack();
  }

  /** What all links of a loop share. */
  public record Http2(LinkShare links, StreamShare streams) {}

  private final Loop loop;
  private final boolean raw;
  private final Governor governor;
  private final int lastBytesMillis;
  private final TlsConnector connector;
  private final OriginSettings settings;
  private final Origin origin;
  private final Reach reach;

  /** Whether the names are this pool's alone. */
  private final boolean ownNames;

  private final long idleTimeoutNanos;
  private final ArrayDeque<OriginConnection> idle = new ArrayDeque<>();
  private @Nullable OriginLinks links;
  private Runnable kept = () -> {};
  private SpareRoom spareRoom = SpareRoom.NONE;

  /** Connections that wait beyond the pool's own room. */
  private int spares;

  private int connections;
  private boolean closed;

  /**
   * A pool that looks its origin's name up by itself.
   *
   * @param raw whether plain connections are raw descriptors
   * @param lastBytesMillis how long a closed connection may take nothing of what was sent to it
   */
  public OriginPool(
      Loop loop,
      Governor governor,
      boolean raw,
      int lastBytesMillis,
      Origin origin,
      OriginSettings settings) {
    this(
        loop,
        governor,
        raw,
        lastBytesMillis,
        origin,
        settings,
        new Reach(new OriginNames(loop, raw, settings.nameServer(), true), AddressRule.ANY),
        true);
  }

  /** A pool that reaches its origin as {@code reach} says; the names are the caller's. */
  public OriginPool(
      Loop loop,
      Governor governor,
      boolean raw,
      int lastBytesMillis,
      Origin origin,
      OriginSettings settings,
      Reach reach) {
    this(loop, governor, raw, lastBytesMillis, origin, settings, reach, false);
  }

  private OriginPool(
      Loop loop,
      Governor governor,
      boolean raw,
      int lastBytesMillis,
      Origin origin,
      OriginSettings settings,
      Reach reach,
      boolean ownNames) {
    this.loop = loop;
    this.raw = raw;
    this.governor = governor;
    this.lastBytesMillis = lastBytesMillis;
    this.connector = new TlsConnector(loop, new Connector(loop, governor, raw));
    this.settings = settings;
    this.origin = origin;
    this.reach = reach;
    this.ownNames = ownNames;
    this.idleTimeoutNanos = TimeUnit.MILLISECONDS.toNanos(settings.idleTimeoutMillis());
  }

  /**
   * What a connection that speaks HTTP/2 takes of the budget, bytes, beside its streams.
   *
   * @param raw whether it is a raw descriptor, not a Netty channel
   */
  public static long linkBytes(boolean raw, boolean tls) {
    return OriginLink.leastBytes(raw, tls);
  }

  /** From now on exchanges are streams of connections that speak HTTP/2, and nothing else. */
  public void speakHttp2(Http2 shared) {
    links =
        new OriginLinks(
            this,
            loop,
            governor,
            shared,
            raw,
            lastBytesMillis,
            settings,
            caller -> new Dial(loop, connector, origin, reach, settings, null, caller));
  }

  /**
   * Gets a connection, at once if one waits.
   *
   * @param fresh never one that was used before
   * @return the wait, or null if the taker was called already
   */
  public @Nullable Wait take(Taker taker, boolean fresh) {
    return take(taker, fresh, null);
  }

  /**
   * Gets a connection, at once if one waits and nothing is to be said first.
   *
   * @param fresh never one that was used before
   * @param greeting what the connection begins with, so that it is a fresh one; or null
   * @return the wait, or null if the taker was called already
   */
  public @Nullable Wait take(Taker taker, boolean fresh, @Nullable Greeting greeting) {
    if (links != null) {
      return links.take(taker); // a stream is always fresh
    }
    OriginConnection waiting = fresh || greeting != null ? null : pollQuiet();
    if (waiting != null) {
      taker.taken(waiting);
      return null;
    }
    if (settings.connectionsMax() > 0 && connections >= settings.connectionsMax()) {
      taker.refused(
          Reason.OVERLOADED, "all " + settings.connectionsMax() + " origin connections are in use");
      return null;
    }
    connections++;
    Dialling dialling = new Dialling(taker, greeting);
    try {
      dialling.dial.start();
    } catch (RuntimeException e) {
      dialling.cancel();
      throw e;
    }
    return dialling.over ? null : dialling;
  }

  private @Nullable OriginConnection pollQuiet() {
    OriginConnection waiting = idle.pollLast();
    while (waiting != null && !waiting.quiet(loop)) {
      waiting.close();
      waiting = idle.pollLast();
    }
    giveBackSpares();
    return waiting;
  }

  void keep(OriginConnection connection) {
    Endpoint endpoint = connection.endpoint();
    boolean more = endpoint.readable() && !connection.quiet(loop);
    if (more
        || endpoint.failed()
        || endpoint.inputEnded()
        || idleTimeoutNanos == 0
        || endpoint.lease().stunted()
        || closed
        || !hasRoom()) {
      connection.close();
      return;
    }
    connection.idleSinceNanos = System.nanoTime();
    connection.endpoint().attend(connection);
    idle.addLast(connection);
    loop.watch(this);
    kept.run();
  }

  /** Gives back at once all room that was lent; whether there was some. */
  public boolean closeSpares() {
    boolean any = spares > 0;
    while (spares > 0) {
      closeOldest();
    }
    return any;
  }

  private boolean hasRoom() {
    if (idle.size() < settings.idleConnectionsMax()) {
      return true;
    }
    if (settings.idleConnectionsMax() == 0 || !spareRoom.take()) {
      return false;
    }
    spares++;
    return true;
  }

  private void giveBackSpares() {
    while (spares > Math.max(0, idle.size() - settings.idleConnectionsMax())) {
      spares--;
      spareRoom.giveBack();
    }
  }

  /** From now on more may wait, in room of others, until the next sweep or {@link #closeSpares}. */
  public void spareRoom(SpareRoom room) {
    spareRoom = room;
  }

  /** From now on {@code then} is told after each connection that was kept. */
  void onKept(Runnable then) {
    kept = then;
  }

  /** Connections that wait for their next exchange. */
  int idleConnections() {
    return idle.size();
  }

  /** Whether no connection is open or being made. */
  boolean unused() {
    return connections == 0;
  }

  /** Closes the connection that has waited longest, if there is one. */
  void closeOldest() {
    OriginConnection oldest = idle.pollFirst();
    if (oldest != null) {
      oldest.close();
    }
    giveBackSpares();
  }

  void discard(OriginConnection connection) {
    if (idle.remove(connection)) {
      connection.close();
      giveBackSpares();
    }
  }

  /** Whether what has arrived is nothing that an origin says: a TLS session's ticket. */
  boolean quiet(OriginConnection connection) {
    return connection.quiet(loop);
  }

  void closed() {
    connections--;
  }

  /** Closes in order, at once or when the origin has taken what was sent to it. */
  void close(Endpoint endpoint) {
    LastBytes.close(loop, endpoint, lastBytesMillis, this::closed);
  }

  /** Resets, at once or when the origin has taken what was sent to it. */
  void breakOff(Endpoint endpoint) {
    LastBytes.reset(loop, endpoint, lastBytesMillis, this::closed);
  }

  @Override
  public void abandon() {
    close();
  }

  @Override
  protected void sweep(long nowNanos) {
    OriginConnection oldest = idle.peekFirst();
    while (oldest != null && nowNanos - oldest.idleSinceNanos >= idleTimeoutNanos) {
      closeOldest();
      oldest = idle.peekFirst();
    }
    closeSpares();
    reclaim();
    if (idle.isEmpty()) {
      loop.unwatch(this);
    }
  }

  /** Where the budget is scarce, idle connections give back what they can, or go. */
  private void reclaim() {
    for (int left = idle.size(); left > 0; left--) {
      OriginConnection next = idle.removeFirst();
      SocketLease lease = next.endpoint().lease();
      governor.reclaim(lease);
      if (lease.stunted()) {
        next.close();
      } else {
        idle.addLast(next);
      }
    }
    giveBackSpares();
  }

  /** Closes the waiting connections, and those in use as soon as their exchanges give them back. */
  @Override
  public void close() {
    closed = true;
    loop.unwatch(this);
    while (!idle.isEmpty()) {
      idle.removeLast().close();
    }
    giveBackSpares();
    if (links != null) {
      links.close();
    }
    if (ownNames) {
      reach.names().close();
    }
  }

  private final class Dialling implements Wait, Dial.Caller {
    private final Taker taker;
    private final Dial dial;
    private boolean over;

    Dialling(Taker taker, @Nullable Greeting greeting) {
      this.taker = taker;
      this.dial = new Dial(loop, connector, origin, reach, settings, greeting, this);
    }

    @Override
    public void dialled(Endpoint endpoint) {
      over = true;
      taker.taken(new OriginConnection(OriginPool.this, endpoint));
    }

    @Override
    public void undialled(Reason reason, String why) {
      over = true;
      connections--;
      taker.refused(reason, why);
    }

    @Override
    public void cancel() {
      if (!over) {
        over = true;
        connections--;
        dial.cancel();
      }
    }
  }
}
