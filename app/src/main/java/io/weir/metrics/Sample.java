package io.weir.metrics;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.StatusClass;
import io.weir.relay.exchange.Timings;
import io.weir.relay.exchange.Totals;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a scrape tells, read in one go.
 *
 * @param memoryBytes what {@code --memory} says
 * @param beat the memory of now, or null where there is no {@code /proc}
 * @param ledger some seconds old at most, or null where it could not be had
 * @param splicedBytes that passed through pipes
 * @param faults of our own
 */
record Sample(
    long memoryBytes,
    Pulse.@Nullable Beat beat,
    @Nullable Ledger ledger,
    Totals totals,
    Map<StatusClass, Long> answered,
    Leased leased,
    Timings timings,
    long splicedBytes,
    long faults) {
  static Sample of(
      HttpServer relay, long memoryBytes, Pulse.@Nullable Beat beat, @Nullable Ledger ledger) {
    return new Sample(
        memoryBytes,
        beat,
        ledger,
        relay.totals(),
        relay.answered(),
        relay.leased(),
        relay.timings(),
        relay.splicedBytes(),
        relay.faults());
  }
}
