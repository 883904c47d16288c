package io.weir.relay.exchange;

import io.weir.relay.endpoint.Endpoint;
import io.weir.relay.endpoint.Spliceable;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.ResponseHead;
import io.weir.relay.http1.ResponseWriter;
import io.weir.relay.loop.Loop;
import io.weir.relay.pump.CopyPump;
import io.weir.relay.pump.Framing;
import io.weir.relay.pump.PipePool;
import io.weir.relay.pump.Pump;
import io.weir.relay.pump.SplicePump;
import java.util.ArrayList;
import java.util.List;

/**
 * What the connections of one loop share: parsers, writer, counters, and the list of themselves.
 * Thread: the loop, but for {@link #counters}.
 */
final class Worker {
  final Loop loop;
  final ServerSettings settings;
  final RequestHead requestHead;
  final ResponseHead responseHead;
  final ResponseWriter responseWriter;
  final Counters counters = new Counters();
  final Service service;
  final PipePool pipes = new PipePool();
  private final ArrayList<ClientConnection> connections = new ArrayList<>();
  private boolean draining;

  Worker(Loop loop, ServerSettings settings, Service.Maker service) {
    this.loop = loop;
    this.settings = settings;
    HeadLimits limits = settings.headLimits();
    this.requestHead = new RequestHead(limits);
    this.responseHead = new ResponseHead(limits);
    this.responseWriter = new ResponseWriter(settings.via());
    this.service = service.make(this);
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

  boolean draining() {
    return draining;
  }

  void opened(ClientConnection connection) {
    connection.listIndex = connections.size();
    connections.add(connection);
    counters.connectionOpened();
    loop.watch(connection);
  }

  void closed(ClientConnection connection) {
    ClientConnection last = connections.removeLast();
    if (connection.listIndex < connections.size()) {
      connections.set(connection.listIndex, last);
      last.listIndex = connection.listIndex;
    }
    counters.connectionClosed();
    loop.unwatch(connection);
    loop.load().decrementAndGet();
  }

  /** From now on connections end with the exchange they serve; those that serve none end now. */
  void drain() {
    draining = true;
    for (ClientConnection connection : new ArrayList<>(connections)) {
      connection.drain();
    }
  }

  /** Cuts what is left. Returns how many exchanges that ended before their time. */
  int cut() {
    int cut = 0;
    for (ClientConnection connection : new ArrayList<>(connections)) {
      try {
        cut += connection.cut() ? 1 : 0;
      } catch (RuntimeException e) {
        loop.faults().record(e); // the others are still to be cut
      }
    }
    service.close();
    pipes.close();
    return cut;
  }

  /** Rows of the exchanges under way, {@code rowsMax} at most. */
  List<FlowRow> rows(int rowsMax) {
    ArrayList<FlowRow> rows = new ArrayList<>();
    for (int i = 0; i < connections.size() && rows.size() < rowsMax; i++) {
      FlowRow row = connections.get(i).row();
      if (row != null) {
        rows.add(row);
      }
    }
    return rows;
  }
}
