package io.weir.relay.origin;

import io.netty.handler.ssl.ApplicationProtocolNames;
import io.weir.relay.budget.Governor;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.LastBytes;
import io.weir.relay.endpoint.TlsState;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Timed;
import io.weir.relay.loop.Turn;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One loop's connections to an origin that speaks HTTP/2: each serves many exchanges, a stream for
 * each.
 *
 * <pre>
 *   take --> a link that may open a stream ----------------------------------> taken
 *        |                                                              ^
 *        +-> none: waits <-- and, if there may be more links, one is dialled: its settings,
 *               |            or the end of a stream, serve those that wait, in turn
 *               +--> its time is over, or nothing is left to wait for ------> refused
 * </pre>
 *
 * A link may open as many streams as the origin's settings allow; so it serves nobody before these
 * have come, and an origin that speaks something else is found out then. The least loaded link is
 * taken; where that has {@link #STREAMS_ENOUGH}, one more is made for those to come.
 *
 * <h2>Links that go away</h2>
 *
 * One that takes no more streams (GOAWAY, or the origin has ended its side) lives until its last
 * stream is over and its last bytes are delivered, as long as a client may take. It does not count
 * against the limit of links, else nobody would be served meanwhile; but there are never more
 * connections than twice that limit, and each keeps its lease of the budget until it is closed.
 *
 * <p>Thread: the loop.
 */
final class OriginLinks extends Timed implements Turn {
  /** Links of one loop, unless --origin-connections says otherwise. */
  static final int LINKS_MAX = 32;

  /** Connections there may be for each link, those that go away included. */
  private static final long GOING_FACTOR = 2;

  /** Streams on each of them before another one is made, as if the origin had said so. */
  static final int STREAMS_ENOUGH = 100;

  final OriginPool pool;
  final OriginSettings settings;
  final Governor governor;
  final OriginPool.Http2 shared;
  private final Loop loop;
  private final Function<Dial.Caller, Dial> dials;
  private final int lastBytesMillis;
  private final int linksMax;

  /** What a link may hold at least, bytes. */
  private final long leastBytes;

  private final long waitNanosMax;
  private final long idleNanosMax;
  private final ArrayList<OriginLink> links = new ArrayList<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

  /** Being dialled, in use, and closed with bytes still to be delivered. */
  private int connections;

  private int dialling;
  private boolean turnWaits;
  private boolean closed;
  private String lastFailure = "";

  OriginLinks(
      OriginPool pool,
      Loop loop,
      Governor governor,
      OriginPool.Http2 http2,
      boolean raw,
      int lastBytesMillis,
      OriginSettings settings,
      Function<Dial.Caller, Dial> dials) {
    this.pool = pool;
    this.loop = loop;
    this.shared = http2;
    this.governor = governor;
    this.lastBytesMillis = lastBytesMillis;
    this.settings = settings;
    this.dials = dials;
    this.linksMax = settings.connectionsMax() > 0 ? settings.connectionsMax() : LINKS_MAX;
    this.leastBytes = OriginLink.leastBytes(raw, settings.tls() != null);
    this.waitNanosMax = TimeUnit.MILLISECONDS.toNanos(settings.connectTimeoutMillis());
    this.idleNanosMax = TimeUnit.MILLISECONDS.toNanos(settings.idleTimeoutMillis());
  }

  // --- Taking -----------------------------------------------------------------------------------

  /** As {@link OriginPool#take}. */
  OriginPool.@Nullable Wait take(OriginPool.Taker taker) {
    OriginLink least = leastLoaded();
    if (least != null) {
      if (least.streams() >= STREAMS_ENOUGH) {
        dialOneMore();
      }
      taker.taken(least.open());
      return null;
    }
    Waiting fresh = new Waiting(taker, System.nanoTime() + waitNanosMax);
    waiting.add(fresh);
    loop.watch(this);
    dialOneMore();
    refuseInVain();
    return fresh.over ? null : fresh;
  }

  private @Nullable OriginLink leastLoaded() {
    OriginLink least = null;
    for (OriginLink link : links) {
      if (link.free() && (least == null || link.streams() < least.streams())) {
        least = link;
      }
    }
    return least;
  }

  /** One at a time: what it brings is known before the next is made. */
  private void dialOneMore() {
    if (dialling > 0 || closed || settling() || mayBeNoMore()) {
      return;
    }
    if (!governor.admit(leastBytes)) {
      lastFailure = "the memory for one more connection to the origin is in use";
      return;
    }
    connections++;
    dialling++;
    Dialling fresh = new Dialling();
    try {
      fresh.dial.start();
    } catch (RuntimeException e) {
      fresh.dial.cancel();
      dialling--;
      gone();
      throw e;
    }
  }

  /** Whether enough links serve, or too many of those that no longer do are still there. */
  private boolean mayBeNoMore() {
    return serving() >= linksMax || connections >= GOING_FACTOR * linksMax;
  }

  /** Links that take streams, now or once others are over, and the one that is dialled. */
  private long serving() {
    long serving = dialling;
    for (OriginLink link : links) {
      serving += link.leaving() ? 0 : 1;
    }
    return serving;
  }

  private boolean settling() {
    for (OriginLink link : links) {
      if (!link.settled()) {
        return true;
      }
    }
    return false;
  }

  /** Where no connection is there and none is being made, nobody is served by waiting. */
  private void refuseInVain() {
    if (connections == 0) {
      refuseAll(Reason.OVERLOADED, lastFailure.isEmpty() ? "no connection is free" : lastFailure);
    }
  }

  private void refuseAll(Reason reason, String why) {
    for (int left = waiting.size(); left > 0; left--) {
      Waiting next = waiting.poll();
      if (next != null) {
        next.refuse(reason, why);
      }
    }
  }

  /** Serves those that wait in the loop's next round: frames may be under way to be decoded. */
  void serveLater() {
    if (!turnWaits && !waiting.isEmpty()) {
      turnWaits = true;
      loop.giveWay(this);
    }
  }

  @Override
  public void turn() {
    turnWaits = false;
    while (!waiting.isEmpty()) {
      OriginLink least = leastLoaded();
      if (least == null) {
        dialOneMore();
        refuseInVain();
        return;
      }
      Waiting next = waiting.remove();
      next.over = true;
      OriginConnection opened;
      try {
        opened = least.open();
      } catch (RuntimeException e) {
        next.taker.refused(Reason.INTERNAL, "no stream could be opened");
        throw e;
      }
      next.taker.taken(opened);
    }
  }

  // --- Links ------------------------------------------------------------------------------------

  /** A link is over; the endpoint is this one's to close. {@code failure}: why it served nobody. */
  void over(OriginLink link, Endpoint endpoint, @Nullable String failure) {
    links.remove(link);
    closeInOrder(endpoint);
    if (failure != null) {
      lastFailure = failure;
      refuseWithoutLinks(Reason.ORIGIN_NO_HTTP2, failure);
    }
    serveLater();
  }

  private void closeInOrder(Endpoint endpoint) {
    LastBytes.close(loop, endpoint, lastBytesMillis, this::delivered);
  }

  /** The last bytes of a link are with the origin: what it took may serve those that wait. */
  private void delivered() {
    gone();
    serveLater();
  }

  private void gone() {
    connections--;
    governor.dismiss(leastBytes);
  }

  /** A connection could not be made: those that wait still have the others, if there are any. */
  private void refuseWithoutLinks(Reason reason, String why) {
    if (serving() == 0) {
      refuseAll(reason, why);
    }
  }

  // --- Time -------------------------------------------------------------------------------------

  @Override
  protected void sweep(long nowNanos) {
    for (OriginLink link : new ArrayList<>(links)) {
      link.sweep(nowNanos, waitNanosMax, idleNanosMax);
    }
    while (!waiting.isEmpty() && nowNanos - waiting.element().deadlineNanos >= 0) {
      waiting.remove().refuse(Reason.OVERLOADED, "no stream to the origin came free in time");
    }
    if (links.isEmpty() && waiting.isEmpty()) {
      loop.unwatch(this);
    }
    serveLater(); // memory may have come free
  }

  @Override
  public void abandon() {
    close();
  }

  /** Closes the links for good; exchanges that use them see a broken connection. */
  void close() {
    closed = true;
    loop.unwatch(this);
    refuseAll(Reason.DRAINING, "the relay is shutting down");
    for (OriginLink link : new ArrayList<>(links)) {
      link.close();
    }
  }

  /** A taker that waits for a stream. */
  private final class Waiting implements OriginPool.Wait {
    private final OriginPool.Taker taker;
    private final long deadlineNanos;
    private boolean over;

    Waiting(OriginPool.Taker taker, long deadlineNanos) {
      this.taker = taker;
      this.deadlineNanos = deadlineNanos;
    }

    void refuse(Reason reason, String why) {
      over = true;
      taker.refused(reason, why);
    }

    @Override
    public void cancel() {
      if (!over) {
        over = true;
        waiting.remove(this);
      }
    }
  }

  private final class Dialling implements Dial.Caller {
    private final Dial dial = dials.apply(this);

    @Override
    public void dialled(Endpoint endpoint) {
      dialling--;
      if (closed) {
        endpoint.close();
        gone();
        return;
      }
      TlsState tls = endpoint.tls();
      if (tls != null && !tls.applicationProtocol().equals(ApplicationProtocolNames.HTTP_2)) {
        closeInOrder(endpoint);
        lastFailure = "the origin did not agree to HTTP/2 in the TLS handshake (ALPN)";
        refuseWithoutLinks(Reason.ORIGIN_NO_HTTP2, lastFailure);
        return;
      }
      OriginLink fresh = new OriginLink(OriginLinks.this, endpoint);
      links.add(fresh);
      loop.watch(OriginLinks.this);
    }

    @Override
    public void undialled(Reason reason, String why) {
      dialling--;
      gone();
      lastFailure = why;
      refuseWithoutLinks(reason, why);
    }
  }
}
