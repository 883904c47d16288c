package io.weir.relay.budget;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * What the governors of all loops have in common: the budget, and the level that is fair.
 *
 * <p>Any thread. Each loop reckons for itself from numbers that others may be changing, so two
 * loops can differ for the time of a look; the budget itself is exact.
 */
public final class Fairness {
  private final Budget budget;
  private final WindowSizes sizes;
  private final Budget starts;
  private final List<Governor> governors = new CopyOnWriteArrayList<>();

  /** For one budget; {@code sizes} are the kernel's. */
  public Fairness(Budget budget, WindowSizes sizes) {
    this.budget = budget;
    this.sizes = sizes;
    this.starts = new Budget(budget.bytes() / 8);
  }

  /** A governor for one more loop. */
  public Governor governor() {
    return governor(System::nanoTime);
  }

  Governor governor(LongSupplier clock) {
    Governor governor = new Governor(this, budget, sizes, clock);
    governors.add(governor);
    return governor;
  }

  /** What flows that have not proven their rate may hold together, a part of the budget. */
  Budget starts() {
    return starts;
  }

  /** What flows leave for those who come. */
  long sparedBytes() {
    return budget.bytes() / 8;
  }

  /** The highest level at which the wants of all flows, cut to it, fit into the budget. */
  int level() {
    long available = budget.freeBytes() - sparedBytes();
    for (Governor governor : governors) {
      available += governor.extraBytes();
    }
    int level = sizes.levels() - 1;
    while (level > 0 && wantedBytes(level) > available) {
      level--;
    }
    return level;
  }

  private long wantedBytes(int levelMax) {
    long sum = 0;
    for (Governor governor : governors) {
      for (int level = 1; level < sizes.levels(); level++) {
        sum += governor.wants(level) * sizes.extraBytes(Math.min(level, levelMax));
      }
    }
    return sum;
  }

  /** What flows hold whose rate is not proven, bytes. */
  public long unprovenBytes() {
    return starts.leasedBytes();
  }

  /** The budget. */
  public Budget budget() {
    return budget;
  }
}
