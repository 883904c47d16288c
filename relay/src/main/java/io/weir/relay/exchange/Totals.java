package io.weir.relay.exchange;

import io.weir.relay.http.Reason;

/**
 * Counts since the start, and what is open now.
 *
 * @param connections client connections accepted
 * @param openConnections of those, open now
 * @param exchanges requests whose head was understood
 * @param openExchanges of those, under way
 * @param openFlows directions with a body that are under way
 * @param downloadedBytes taken by clients, heads not counted
 * @param uploadedBytes taken by origins, heads not counted
 * @param failures by {@link Reason#ordinal()}; exchanges, and heads that were refused
 */
@SuppressWarnings("ArrayRecordComponent") // a reading, never compared
public record Totals(
    long connections,
    long openConnections,
    long exchanges,
    long openExchanges,
    long openFlows,
    long downloadedBytes,
    long uploadedBytes,
    long[] failures) {
  static Totals none() {
    return new Totals(0, 0, 0, 0, 0, 0, 0, new long[Reason.values().length]);
  }

  Totals plus(Totals other) {
    long[] sum = failures.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += other.failures[i];
    }
    return new Totals(
        connections + other.connections,
        openConnections + other.openConnections,
        exchanges + other.exchanges,
        openExchanges + other.openExchanges,
        openFlows + other.openFlows,
        downloadedBytes + other.downloadedBytes,
        uploadedBytes + other.uploadedBytes,
        sum);
  }

  /** How many ended with {@code reason}. */
  public long failures(Reason reason) {
    return failures[reason.ordinal()];
  }
}
