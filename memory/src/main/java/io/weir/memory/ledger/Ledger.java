package io.weir.memory.ledger;

import java.util.List;

/**
 * Where a process' memory is.
 *
 * @param rssBytes resident user memory, shared pages whole
 * @param pssBytes the same, shared pages divided
 * @param chargeBytes what a container would be charged
 * @param chargeSource who says so: {@code cgroup}, or {@code computed} from resident memory and the
 *     kernel's part
 * @param rows the largest first, {@code unaccounted} last; they add up to the charge
 */
public record Ledger(
    long rssBytes, long pssBytes, long chargeBytes, String chargeSource, List<LedgerRow> rows) {
  /** The bytes of one kind, 0 where there is no such row. */
  public long bytes(LedgerRow.Kind kind) {
    return rows.stream().filter(row -> row.kind() == kind).mapToLong(LedgerRow::bytes).sum();
  }
}
