package io.weir.relay.exchange;

import io.weir.relay.budget.Budget;
import io.weir.relay.budget.Fairness;
import io.weir.relay.budget.Governor;
import io.weir.relay.endpoint.KernelLimits;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Who may come in: so many connections at once, each with at least its least lease. Shared by the
 * loops of a listener; any thread. Tested under jcstress: AdmissionStress.
 */
final class Admission {
  private final Fairness fairness;
  private final int connectionsMax;
  private final long leastBytes;
  private final AtomicInteger connections = new AtomicInteger();

  Admission(MemorySettings memory, ConnectionCost cost) {
    this.fairness = new Fairness(new Budget(memory.budgetBytes()), KernelLimits.sizes());
    this.connectionsMax = memory.connectionsMax();
    this.leastBytes = cost.leaseBytes();
  }

  /** What steers the leases of one more loop. */
  Governor governor() {
    return fairness.governor();
  }

  /**
   * Counts one more connection; false if there are as many as there may be. One that is refused is
   * never counted: for that moment another would be refused although there is a place.
   */
  boolean enter() {
    int inside = connections.get();
    while (inside < connectionsMax) {
      int witness = connections.compareAndExchange(inside, inside + 1);
      if (witness == inside) {
        return true;
      }
      inside = witness;
    }
    return false;
  }

  void leave() {
    connections.decrementAndGet();
  }

  /** The least lease of a connection and the one to the origin, bytes. */
  long leastBytes() {
    return leastBytes;
  }

  /** What unproven flows hold. */
  long unprovenBytes() {
    return fairness.unprovenBytes();
  }

  Budget budget() {
    return fairness.budget();
  }
}
