package io.weir.relay.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Whatever happens in whatever order, no socket holds more than its lease, and the sums are right.
 */
class LeasePropertyTest {
  private static final int STEPS = 200;
  private static final int PAIRS_MAX = 12;
  private static final List<WindowSizes> SIZES =
      List.of(sizes(8 << 20, 8 << 20), sizes(2 * 212_992, 2 * 212_992), sizes(2 * 4096, 2 * 4096));

  private static WindowSizes sizes(int receiveMax, int sendMax) {
    return new WindowSizes(new WindowSizes.Limits(receiveMax, sendMax, 32 << 20, 8 << 20, true));
  }

  /** Two loops and their connections. */
  private static final class World {
    final Random random;
    final WindowSizes sizes;
    final Budget budget;
    final Fairness fairness;
    final long leastBytes;
    final Governor[] governors = new Governor[2];
    final List<Pair> pairs = new ArrayList<>();
    long nowNanos = Long.MAX_VALUE - 1_000_000_000L; // nanoTime may overflow

    World(long seed) {
      random = new Random(seed);
      sizes = SIZES.get(random.nextInt(SIZES.size()));
      budget = new Budget(1L << random.nextInt(16, 28));
      fairness = new Fairness(budget, sizes);
      leastBytes = 2L * sizes.leastSocketBytes();
      for (int i = 0; i < governors.length; i++) {
        governors[i] = fairness.governor(() -> nowNanos);
      }
    }

    void step() {
      nowNanos += random.nextLong(1, 100_000_000);
      if (pairs.isEmpty() || (pairs.size() < PAIRS_MAX && random.nextInt(8) == 0)) {
        open();
        return;
      }
      Pair pair = pairs.get(random.nextInt(pairs.size()));
      switch (random.nextInt(16)) {
        case 0, 1 -> pair.flow(random.nextBoolean()).begin(1L << random.nextInt(63));
        case 2, 3, 4 -> fill(pair);
        case 5, 6 -> drain(pair);
        case 7, 8, 9 -> move(pair);
        case 10, 11 -> look();
        case 12 -> pair.endFlows();
        case 13 -> reclaim(pair);
        case 14 -> pair.governor.widenForHead(pair.client, 64 * 1024, 2_000);
        default -> dismiss(pair);
      }
    }

    private void open() {
      Governor governor = governors[random.nextInt(governors.length)];
      if (governor.admit(leastBytes)) {
        pairs.add(new Pair(governor, sizes));
      }
    }

    private void fill(Pair pair) {
      pair.originKernel.arrive(random);
      pair.clientKernel.queue(random);
      if (random.nextBoolean()) {
        pair.clientKernel.arrive(random);
        pair.originKernel.queue(random);
      }
    }

    private void drain(Pair pair) {
      switch (random.nextInt(4)) {
        case 0 -> pair.originKernel.read(random);
        case 1 -> pair.originKernel.acknowledge(random);
        case 2 -> pair.clientKernel.read(random);
        default -> pair.clientKernel.acknowledge(random);
      }
    }

    private void move(Pair pair) {
      FlowLease flow = pair.flow(random.nextBoolean());
      for (int i = random.nextInt(20); i >= 0; i--) {
        nowNanos += random.nextLong(20_000_000);
        flow.moved(random.nextLong(1 << 20));
      }
    }

    private void look() {
      nowNanos += 250_000_000;
      for (Governor governor : governors) {
        governor.look();
      }
      pairs.forEach(pair -> pair.look(nowNanos, random.nextInt(4) == 0));
    }

    private void reclaim(Pair pair) {
      if (pair.flows() == 0) {
        pair.governor.reclaim(pair.client);
        pair.governor.reclaim(pair.origin);
      }
    }

    private void dismiss(Pair pair) {
      if (random.nextBoolean()) { // either may be first
        pair.endFlows();
        pair.close();
      } else {
        pair.close();
        pair.endFlows();
      }
      pair.governor.dismiss(leastBytes);
      pairs.remove(pair);
    }

    void check() {
      long leased = 0;
      int flows = 0;
      long extra = 0;
      for (Pair pair : pairs) {
        assertThat(pair.clientKernel.heldBytes()).isLessThanOrEqualTo(pair.client.bytes());
        assertThat(pair.originKernel.heldBytes()).isLessThanOrEqualTo(pair.origin.bytes());
        leased += pair.client.bytes() + pair.origin.bytes();
        flows += pair.flows();
        extra += pair.flowExtraBytes();
      }
      assertThat(budget.leasedBytes()).isEqualTo(leased).isBetween(0L, budget.bytes());
      assertThat(budget.leasedBytesMax()).isBetween(leased, budget.bytes());
      Budget starts = fairness.starts();
      assertThat(starts.leasedBytes()).isBetween(0L, starts.bytes());
      assertThat(flows).isEqualTo(wants());
      assertThat(extra).isEqualTo(governors[0].extraBytes() + governors[1].extraBytes());
    }

    private int wants() {
      int sum = 0;
      for (Governor governor : governors) {
        for (int level = 0; level < sizes.levels(); level++) {
          assertThat(governor.wants(level)).isNotNegative();
          sum += governor.wants(level);
        }
      }
      return sum;
    }
  }

  @Property
  void anySequence_keepsHeldBelowLease_andTheSumBelowTheBudget(@ForAll long seed) {
    World world = new World(seed);
    for (int i = 0; i < STEPS; i++) {
      world.step();
      world.check();
    }
    while (!world.pairs.isEmpty()) {
      world.dismiss(world.pairs.getLast());
      world.check();
    }
    assertThat(world.budget.leasedBytes()).isZero();
    assertThat(world.fairness.starts().leasedBytes()).isZero();
  }
}
