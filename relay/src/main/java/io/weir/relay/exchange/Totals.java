package io.weir.relay.exchange;

import io.weir.relay.http.Reason;
import java.util.EnumMap;
import java.util.Map;

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
 * @param failures by reason: exchanges that ended with it, and heads that were refused
 */
public record Totals(
    long connections,
    long openConnections,
    long exchanges,
    long openExchanges,
    long openFlows,
    long downloadedBytes,
    long uploadedBytes,
    Map<Reason, Long> failures) {
  static Totals none() {
    return new Totals(0, 0, 0, 0, 0, 0, 0, Map.of());
  }

  Totals plus(Totals other) {
    EnumMap<Reason, Long> sum = new EnumMap<>(Reason.class);
    sum.putAll(failures);
    other.failures.forEach((reason, count) -> sum.merge(reason, count, Long::sum));
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
    return failures.getOrDefault(reason, 0L);
  }
}
