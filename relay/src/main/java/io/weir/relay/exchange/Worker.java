package io.weir.relay.exchange;

import io.weir.relay.budget.Governor;
import io.weir.relay.budget.GovernorListener;
import io.weir.relay.endpoint.Acceptor;
import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Spliceable;
import io.weir.relay.http.Reason;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.http1.ResponseWriter;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.Timed;
import io.weir.relay.origin.OriginPool;
import io.weir.relay.pump.CopyPump;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.PipePool;
import io.weir.relay.pump.Pump;
import io.weir.relay.pump.SplicePump;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one loop share: parsers, writer, counters, and the list of themselves.
 * Thread: the loop, but for {@link #counters}.
 */
final class Worker extends Timed {
  final Loop loop;
  final ServerSettings settings;
  final RequestHead requestHead;
  final ResponseHead responseHead;
  final ResponseWriter responseWriter;
  final Counters counters = new Counters();

  /** Whether plain sockets are raw descriptors. */
  final boolean raw;

  private final HashMap<Service.Maker, Service> services = new HashMap<>();
  private final Entry main;
  final PipePool pipes = new PipePool();
  final Governor governor;
  final RestingClients resting;
  private final Admission admission;
  private final StalledReset.Share stalled;
  private final ArrayList<Connection> connections = new ArrayList<>();

  /** Pools that may have connections wait in the room of clients that are not there. */
  private final ArrayList<OriginPool> borrowers = new ArrayList<>();

  private boolean draining;
  private boolean scarce;
  private @Nullable ExchangeLog log;
  private Http2Opening.@Nullable Share links;

  Worker(Loop loop, ServerSettings settings, boolean raw, Admission admission, EntrySettings main) {
    this.loop = loop;
    this.settings = settings;
    this.log = settings.log();
    HeadLimits limits = settings.headLimits();
    this.requestHead = new RequestHead(limits);
    this.responseHead = new ResponseHead(limits);
    this.responseWriter = new ResponseWriter(settings.via());
    this.admission = admission;
    this.governor = admission.governor();
    this.stalled = admission.resets().share();
    this.raw = raw;
    this.main = main.on(this);
    this.resting = new RestingClients(this.main.service().restNanosMin());
    loop.watch(this);
  }

  /** What moves a body: a pump that splices where both ends can and it is long enough to pay. */
  Pump pump(Endpoint source, Endpoint sink, Framing framing) {
    if (settings.allowSplice()
        && source instanceof Spliceable from
        && sink instanceof Spliceable to
        && SplicePump.pays(framing)) {
      return new SplicePump(from, to, framing, loop.in(), pipes);
    }
    return new CopyPump(source, sink, framing, loop.in());
  }

  /** The one service that {@code maker} makes here; it is closed with this worker. */
  Service service(Service.Maker maker) {
    Service known = services.get(maker);
    if (known == null) {
      known = maker.make(this);
      services.put(maker, known);
    }
    return known;
  }

  /** The one that this worker began with. */
  Entry main() {
    return main;
  }

  /** The owner of a connection that was accepted, or null if there is no room for it. */
  Acceptor.@Nullable Accepted open(Entry entry) {
    if (!takePlace()) {
      long nowNanos = System.nanoTime();
      if (!closeIdle(nowNanos, false) || !admission.enter()) {
        admission.askForRoom(nowNanos);
        counters.failed(Reason.OVERLOADED);
        MemoryLog.noPlace(admission);
        return null;
      }
    }
    return entry.accept(this);
  }

  /** A head was refused; {@code head} is null if it was not understood. */
  void refused(Reason reason, InetSocketAddress peer, @Nullable RequestHead head) {
    counters.failed(reason);
    counters.answered(reason.status());
    ExchangeLog told = log;
    if (told != null) {
      told.ended(ExchangeEnd.refused(peer, head, reason));
    }
  }

  /** Makes room for the rest of a head, and has the peer know; whether there is more now. */
  boolean widenForHead(Endpoint from, int arrived) {
    int headBytesMax = settings.headLimits().headBytesMax();
    boolean widened = governor.widenForHead(from.lease(), headBytesMax, arrived);
    if (widened) {
      from.peek(loop.in(), 0, 1);
    }
    return widened;
  }

  /** Whether more of a head may not come for want of memory. */
  boolean lacksRoomForHead(Endpoint from, int arrived) {
    return governor.narrowForHead(from.lease(), settings.headLimits().headBytesMax(), arrived);
  }

  /** Takes a place for a stream, if there is one left. */
  boolean enter() {
    if (takePlace()) {
      return true;
    }
    counters.failed(Reason.OVERLOADED);
    MemoryLog.noPlace(admission);
    return false;
  }

  private boolean takePlace() {
    return admission.enter() || (takeBackRoom() && admission.enter());
  }

  /** Lets connections of a pool wait, each with a place and a least lease that no client needs. */
  void lendRoom(OriginPool pool) {
    borrowers.add(pool);
    pool.spareRoom(
        new OriginPool.SpareRoom() {
          @Override
          public boolean take() {
            if (!admission.enterSpare()) {
              return false;
            }
            if (admit()) {
              return true;
            }
            admission.leave();
            return false;
          }

          @Override
          public void giveBack() {
            left(true);
          }
        });
  }

  /** Closes the connections that were lent room; whether there were some. */
  private boolean takeBackRoom() {
    boolean any = false;
    for (OriginPool pool : borrowers) {
      any |= pool.closeSpares();
    }
    return any;
  }

  /** What the HTTP/2 connections of this loop share; made with the first. */
  Http2Opening.Share links() {
    Http2Opening.Share made = links;
    if (made == null) {
      made = Http2Opening.Share.of(this);
      links = made;
    }
    return made;
  }

  /** Takes the least lease of a connection, if there is one left. */
  boolean admit() {
    return governor.admit(admission.leastBytes());
  }

  /** Takes the least lease for a request; where none is left, at the cost of a client at rest. */
  boolean admit(long nowNanos) {
    if (admit() || (takeBackRoom() && admit()) || (closeIdle(nowNanos, true) && admit())) {
      return true;
    }
    admission.askForRoom(nowNanos); // another loop may have one
    return false;
  }

  /** Closes the client that rests longest, one with a lease if need be; whether there was one. */
  private boolean closeIdle(long nowNanos, boolean withLease) {
    if (!resting.closeOldest(nowNanos, withLease)) {
      return false;
    }
    counters.closedIdle();
    MemoryLog.idleClosed(admission);
    return true;
  }

  /** A request waits for its least lease. */
  void leaseWaited() {
    counters.leaseWaited();
    MemoryLog.waits(admission);
  }

  /** Asks for the reset of a stalled flow; false if that is switched off, or there is none. */
  boolean askForReset(long nowNanos) {
    return stalledMillis() > 0 && admission.resets().ask(nowNanos);
  }

  /** What was asked for is there: nothing is to be reset for it any more. */
  void withdrawReset(long nowNanos) {
    admission.resets().withdraw(nowNanos);
  }

  /** How long an exchange must have stood still to be reset; 0 if none is. */
  int stalledMillis() {
    return admission.stalledMillis();
  }

  /** What {@link #open} and {@link #admit} have counted is over. */
  void left(boolean admitted) {
    if (admitted) {
      governor.dismiss(admission.leastBytes());
    }
    admission.leave();
  }

  /** Who is told of exchanges that are over, or null. */
  @Nullable ExchangeLog log() {
    return log;
  }

  /** From now on {@code more} is told, too, and {@code decisions} of what the governor does. */
  void observe(ExchangeLog more, GovernorListener decisions) {
    ExchangeLog first = log;
    log =
        first == null
            ? more
            : end -> {
              first.ended(end);
              more.ended(end);
            };
    governor.listener(decisions);
  }

  @Override
  protected void sweep(long nowNanos) {
    governor.look();
    if (governor.scarce() != scarce) {
      scarce = !scarce;
      MemoryLog.windows(scarce, admission);
    }
    makeRoom(nowNanos);
    if (stalledMillis() > 0) {
      resetStalled(nowNanos);
    }
  }

  /** Closes clients at rest for those that other loops found no room for. */
  private void makeRoom(long nowNanos) {
    if (admission.hasPlace() && admission.hasLease()) {
      return;
    }
    boolean withLease = !admission.hasLease();
    while (admission.room().asked(nowNanos) && closeIdle(nowNanos, withLease)) {
      admission.room().take(nowNanos);
    }
  }

  private void resetStalled(long nowNanos) {
    Connection largest = admission.hasLease() ? null : largestStalled();
    boolean due = stalled.due(largest == null ? 0 : largest.stalledBytes(), nowNanos);
    if (due && largest != null) {
      largest.resetStalled(nowNanos);
    }
  }

  private @Nullable Connection largestStalled() {
    Connection largest = null;
    for (Connection connection : connections) {
      long bytes = connection.stalledBytes();
      if (bytes > (largest == null ? 0 : largest.stalledBytes())) {
        largest = connection;
      }
    }
    return largest;
  }

  /** The level that is fair stays as it was; the budget bounds all the same. */
  @Override
  public void abandon() {}

  boolean draining() {
    return draining;
  }

  void opened(Connection connection) {
    listed(connection);
    if (!connection.stream) {
      counters.connectionOpened();
    }
  }

  /** Lists what is no client's connection yet; it is {@link #unlisted} before it is one. */
  void listed(Connection connection) {
    connection.listIndex = connections.size();
    connections.add(connection);
    loop.watch(connection);
  }

  /** {@code fresh} has taken {@code old}'s endpoint, and its place here. */
  void replaced(Connection old, Connection fresh) {
    fresh.listIndex = old.listIndex;
    connections.set(old.listIndex, fresh);
    loop.unwatch(old);
    loop.watch(fresh);
  }

  void closed(Connection connection) {
    unlisted(connection);
    if (!connection.stream) {
      counters.connectionClosed();
      loop.load().decrementAndGet();
    }
  }

  /** It is not listed any more: it is another's, or it is {@link #gone}. */
  void unlisted(Connection connection) {
    Connection last = connections.removeLast();
    if (connection.listIndex < connections.size()) {
      connections.set(connection.listIndex, last);
      last.listIndex = connection.listIndex;
    }
    loop.unwatch(connection);
  }

  /** What the log is told of an exchange that is over. */
  interface Ended {
    ExchangeEnd end(@Nullable Reason reason, long tookMillis);
  }

  /**
   * An exchange is over: it is counted, then logged, and only then not under way any more, so that
   * who sees none has all their figures and lines.
   */
  void ended(int flows, int status, @Nullable Reason reason, long tookNanos, Ended how) {
    counters.answered(status);
    counters.tookNanos(tookNanos);
    if (reason != null) {
      counters.failed(reason);
    }
    try {
      ExchangeLog log = log();
      if (log != null) {
        log.ended(how.end(reason, tookNanos / 1_000_000));
      }
    } finally {
      counters.exchangeEnded(flows);
    }
  }

  /** What was listed, and never opened, is closed. */
  void gone() {
    loop.load().decrementAndGet();
    left(false);
  }

  /** From now on connections end with the exchange they serve; those that serve none end now. */
  void drain() {
    draining = true;
    for (Connection connection : new ArrayList<>(connections)) {
      connection.drain();
    }
  }

  /** Cuts what is left. Returns how many exchanges that ended before their time. */
  int cut() {
    int cut = 0;
    for (Connection connection : new ArrayList<>(connections)) {
      try {
        cut += connection.cut() ? 1 : 0;
      } catch (RuntimeException e) {
        loop.faults().record(e); // the others are still to be cut
      }
    }
    services.values().forEach(Service::close);
    pipes.close();
    loop.unwatch(this);
    loop.endWatches();
    return cut;
  }

  /** What the sockets of each connection hold now. */
  List<Holding> holdings() {
    ArrayList<Holding> holdings = new ArrayList<>();
    for (Connection connection : connections) {
      connection.addHoldings(holdings);
    }
    return holdings;
  }

  /**
   * Rows of the exchanges of so many connections, from the place before {@code place} down. Since
   * the last connection takes the place of one that closes, going down meets each that stays, if
   * some of them twice.
   *
   * @return the place of the last one met; 0 if there is none left
   */
  int rowsBefore(int place, int connectionsMax, List<FlowRow> rows) {
    int from = Math.min(place, connections.size());
    int to = Math.max(0, from - connectionsMax);
    for (int i = from - 1; i >= to; i--) {
      FlowRow row = connections.get(i).row();
      if (row != null) {
        rows.add(row);
      }
    }
    return to;
  }

  /** Cuts the exchange that rows name so; false if there is none. */
  boolean cut(long id, Reason reason) {
    for (Connection connection : connections) {
      if (connection.exchangeId() == id) {
        connection.cutExchange(reason);
        return true;
      }
    }
    return false;
  }
}
