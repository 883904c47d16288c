package io.weir.memory.doctor;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a watch means. A pure function: the same looks give the same words.
 *
 * <pre>
 *             live large        live small          live grows, 12 s and more
 *   blocked   BUFFERING         HEALTHY or KERNEL   BUFFERING
 *   free      MANAGED-HEAP,     RETAINED where a    LEAK-SUSPECT, unless anything
 *             POOLED, TOO-EARLY trim would help,    else may explain it: then
 *             or HEALTHY        else FRAGMENTED     TOO-EARLY, with the reason
 * </pre>
 *
 * <p>Each group of rules looks at the same signs and adds what it finds; none knows of another, but
 * that growth while readers do not read is left to BUFFERING. A finding needs bytes and a share:
 * 32 MiB and 20 %, where its rule does not ask for more. Nothing is said of growth that was not
 * seen. HEALTHY and PLATEAU come alone.
 *
 * <p>The order is that of what to do first: a leak, then by size what holds memory now, then what
 * is not the process (files), then what could not be told. What malloc keeps in many arenas counts
 * whole, so it comes before the parts that a trim gives back or not.
 */
public final class Judge {
  private Judge() {}

  /**
   * Judges a watch. Any thread.
   *
   * @param looks of one process, the oldest first, one at least
   * @param ledgers of the same looks, in the same order
   * @throws IllegalArgumentException where there is no look, or not a ledger for each
   */
  public static Diagnosis judge(List<Look> looks, List<Ledger> ledgers) {
    Signs signs = new Signs(looks, ledgers);
    List<Finding> findings = new ArrayList<>();
    GrowthRules.judge(signs, findings);
    QueueRules.judge(signs, findings);
    HeapRules.judge(signs, findings);
    PageRules.judge(signs, findings);
    RuntimeRules.judge(signs, findings);
    RestRules.judgeUncounted(signs, findings);
    if (findings.isEmpty()) {
      findings.add(RestRules.rest(signs));
    }
    findings.sort(
        Comparator.<Finding>comparingInt(finding -> rank(finding.verdict()))
            .thenComparing(Comparator.comparingLong(Finding::bytes).reversed()));
    return new Diagnosis(List.copyOf(looks), List.copyOf(ledgers), List.copyOf(findings));
  }

  private static int rank(Verdict verdict) {
    return switch (verdict) {
      case LEAK_SUSPECT -> 0;
      case BUFFERING,
          RETAINED,
          FRAGMENTED,
          MANY_ARENAS,
          POOLED,
          MANAGED_HEAP,
          LAZY_FREE,
          HUGE_PAGES,
          THREAD_STACKS,
          KERNEL ->
          1;
      case FILES -> 2;
      case OTHER_ALLOCATOR -> 3;
      case TOO_EARLY -> 4;
      case PLATEAU, HEALTHY -> 5;
    };
  }
}
