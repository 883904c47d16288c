package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import java.util.EnumMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one loop has done. Written by the loop alone, so that an addition needs no read-modify-write
 * and none is lost; opaque, so that anybody may read it.
 */
final class Counters {
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong openConnections = new AtomicLong();
  private final AtomicLong exchanges = new AtomicLong();
  private final AtomicLong openExchanges = new AtomicLong();
  private final AtomicLong openFlows = new AtomicLong();
  private final AtomicLong downloadedBytes = new AtomicLong();
  private final AtomicLong uploadedBytes = new AtomicLong();
  private final AtomicLong leaseWaits = new AtomicLong();
  private final AtomicLong stoppedSources = new AtomicLong();
  private final AtomicLong idleClosed = new AtomicLong();
  private final EnumMap<Reason, AtomicLong> failures = new EnumMap<>(Reason.class);

  Counters() {
    for (Reason reason : Reason.values()) {
      failures.put(reason, new AtomicLong());
    }
  }

  private static void add(AtomicLong counter, long n) {
    counter.setOpaque(counter.getPlain() + n);
  }

  void connectionOpened() {
    add(connections, 1);
    add(openConnections, 1);
  }

  void connectionClosed() {
    add(openConnections, -1);
  }

  void exchangeBegun(int flows) {
    add(exchanges, 1);
    add(openExchanges, 1);
    add(openFlows, flows);
  }

  void flowsAdded(int flows) {
    add(openFlows, flows);
  }

  void exchangeEnded(int flows) {
    add(openExchanges, -1);
    add(openFlows, -flows);
  }

  void downloaded(long bytes) {
    add(downloadedBytes, bytes);
  }

  void uploaded(long bytes) {
    add(uploadedBytes, bytes);
  }

  /** A request waits for its least lease. */
  void leaseWaited() {
    add(leaseWaits, 1);
  }

  /** Requests that had to wait for their least lease. Any thread. */
  long leaseWaits() {
    return leaseWaits.getOpaque();
  }

  /** A source was not read for a second: its sink has no room. */
  void sourceStopped() {
    add(stoppedSources, 1);
  }

  /** How often a source was not read for a second. Any thread. */
  long stoppedSources() {
    return stoppedSources.getOpaque();
  }

  /** A client at rest was closed for another. */
  void closedIdle() {
    add(idleClosed, 1);
  }

  /** Clients at rest that were closed for others. Any thread. */
  long idleClosed() {
    return idleClosed.getOpaque();
  }

  void failed(Reason reason) {
    AtomicLong counter = failures.get(reason);
    if (counter != null) {
      add(counter, 1);
    }
  }

  /** A reading; each number is right, together they may be of slightly different moments. */
  Totals read() {
    EnumMap<Reason, Long> failed = new EnumMap<>(Reason.class);
    failures.forEach((reason, counter) -> failed.put(reason, counter.getOpaque()));
    return new Totals(
        connections.getOpaque(),
        openConnections.getOpaque(),
        exchanges.getOpaque(),
        openExchanges.getOpaque(),
        openFlows.getOpaque(),
        downloadedBytes.getOpaque(),
        uploadedBytes.getOpaque(),
        failed);
  }
}
