package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one loop has done. Written by the loop alone, with ordered stores and no read-modify-write;
 * read by anybody.
 */
final class Counters {
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong openConnections = new AtomicLong();
  private final AtomicLong exchanges = new AtomicLong();
  private final AtomicLong openExchanges = new AtomicLong();
  private final AtomicLong openFlows = new AtomicLong();
  private final AtomicLong downloadedBytes = new AtomicLong();
  private final AtomicLong uploadedBytes = new AtomicLong();
  private final AtomicLongArray endings = new AtomicLongArray(Reason.values().length);

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

  void failed(Reason reason) {
    int index = reason.ordinal();
    endings.setOpaque(index, endings.getPlain(index) + 1);
  }

  /** A reading; each number is right, together they may be of slightly different moments. */
  Totals read() {
    long[] failures = new long[endings.length()];
    for (int i = 0; i < failures.length; i++) {
      failures[i] = endings.getOpaque(i);
    }
    return new Totals(
        connections.getOpaque(),
        openConnections.getOpaque(),
        exchanges.getOpaque(),
        openExchanges.getOpaque(),
        openFlows.getOpaque(),
        downloadedBytes.getOpaque(),
        uploadedBytes.getOpaque(),
        failures);
  }
}
