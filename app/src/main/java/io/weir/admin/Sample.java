package io.weir.admin;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.Totals;
import java.util.Arrays;
import java.util.EnumMap;
import org.jspecify.annotations.Nullable;

/**
 * One second of the live page: what its charts are drawn from.
 *
 * @param atMillis of the wall clock
 * @param rows bytes, in the order of {@link LedgerRow.Kind}; they add up to the charge. What is in
 *     user space is that of the last look; sockets are of now, and what has changed otherwise is
 *     unaccounted
 * @param movedBytesPerSecond taken by clients and origins
 * @param steps how often each step of {@link Steps} was taken since the start
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Sample(
    long atMillis,
    Pulse.Beat beat,
    long[] rows,
    long flows,
    long movedBytesPerSecond,
    long[] steps) {
  static Sample of(
      Pulse.Beat beat, @Nullable Ledger ledger, Totals totals, long movedPerSecond, long[] steps) {
    return new Sample(
        System.currentTimeMillis(),
        beat,
        rows(beat, ledger),
        totals.openFlows(),
        movedPerSecond,
        steps);
  }

  static long[] rows(Pulse.Beat beat, @Nullable Ledger ledger) {
    EnumMap<LedgerRow.Kind, Long> bytes = new EnumMap<>(LedgerRow.Kind.class);
    if (ledger != null) {
      for (LedgerRow row : ledger.rows()) {
        bytes.put(row.kind(), row.bytes());
      }
    }
    bytes.put(LedgerRow.Kind.SOCKETS, beat.socketBytes());
    bytes.remove(LedgerRow.Kind.UNACCOUNTED);
    long sum = bytes.values().stream().mapToLong(Long::longValue).sum();
    bytes.put(LedgerRow.Kind.UNACCOUNTED, beat.chargeBytes() - sum);
    return Arrays.stream(LedgerRow.Kind.values())
        .mapToLong(kind -> bytes.getOrDefault(kind, 0L))
        .toArray();
  }
}
