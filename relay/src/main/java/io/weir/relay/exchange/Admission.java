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
  /** Clients at rest that one loop closes in one look for others, at most. */
  private static final int ROOM_ASKS_MAX = 32;

  /** One of so many parts of all places is for clients alone. */
  private static final int SPARE_PART = 4;

  private final Fairness fairness;
  private final int connectionsMax;
  private final long leastBytes;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger loops = new AtomicInteger();
  private final Want room = new Want(ROOM_ASKS_MAX);
  private final StalledReset resets = new StalledReset(System.nanoTime());
  private final int stalledMillis;

  Admission(MemorySettings memory, ConnectionCost cost) {
    this.fairness = new Fairness(new Budget(memory.budgetBytes()), KernelLimits.sizes());
    this.connectionsMax = memory.connectionsMax();
    this.leastBytes = cost.leaseBytes();
    this.stalledMillis = memory.stalledMillis();
  }

  /** What steers the leases of one more loop. */
  Governor governor() {
    loops.incrementAndGet();
    return fairness.governor();
  }

  /**
   * Counts one more connection; false if there are as many as there may be. One that is refused is
   * never counted: for that moment another would be refused although there is a place.
   */
  boolean enter() {
    return enterBelow(connectionsMax);
  }

  /** The same for one to the origin that waits for an exchange: a quarter is left to clients. */
  boolean enterSpare() {
    return enterBelow(connectionsMax / SPARE_PART * (SPARE_PART - 1));
  }

  private boolean enterBelow(int max) {
    int inside = connections.get();
    while (inside < max) {
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

  /** How many clients may be in at once. */
  int connectionsMax() {
    return connectionsMax;
  }

  /** Whether one more connection may come in. */
  boolean hasPlace() {
    return connections.get() < connectionsMax;
  }

  /** Whether there is a least lease for one more. */
  boolean hasLease() {
    return budget().freeBytes() >= leastBytes;
  }

  /**
   * Asks other loops for room for one more connection: a place, or a least lease. Not the asker's
   * own: it looks there itself, now and whenever it is asked again.
   */
  void askForRoom(long nowNanos) {
    if (loops.get() > 1) {
      room.ask(nowNanos);
    }
  }

  /** What loops have asked for. */
  Want room() {
    return room;
  }

  /** The last step: who is to be reset. */
  StalledReset resets() {
    return resets;
  }

  /** How long an exchange must have stood still to be reset; 0 if none is. */
  int stalledMillis() {
    return stalledMillis;
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
