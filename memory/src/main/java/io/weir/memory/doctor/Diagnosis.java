package io.weir.memory.doctor;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import java.util.List;

/**
 * What the doctor says after one watch.
 *
 * @param looks that it rests on, the oldest first; one at least
 * @param ledgers of the same looks
 * @param findings the weightiest first; one at least
 */
public record Diagnosis(List<Look> looks, List<Ledger> ledgers, List<Finding> findings) {
  /** The latest look. */
  public Look last() {
    return looks.getLast();
  }

  /** The latest ledger. */
  public Ledger ledger() {
    return ledgers.getLast();
  }

  /** From the first look to the last, nanoseconds; 0 where there was one. */
  public long watchNanos() {
    return last().atNanos() - looks.getFirst().atNanos();
  }

  /** The exit code of the weightiest finding. */
  public int exitCode() {
    return findings.getFirst().verdict().exitCode();
  }
}
