package io.weir.relay.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Loops take from one budget at the same time. */
class BudgetRaceTest {
  private static final int LOOPS = 4;
  private static final int ROUNDS = Boolean.getBoolean("weir.long") ? 20_000_000 : 300_000;
  private static final long BUDGET_BYTES = 1_000;

  private final Budget budget = new Budget(BUDGET_BYTES);

  @Test
  void oneThatFits_isHadByOneOfTwo() throws Exception {
    for (int round = 0; round < 2_000; round++) {
      Budget one = new Budget(10);
      CyclicBarrier start = new CyclicBarrier(2);
      List<Boolean> had =
          together(
              2,
              _ -> {
                start.await();
                return one.take(6, 0);
              });
      assertThat(had).containsExactlyInAnyOrder(true, false);
      assertThat(one.leasedBytes()).isEqualTo(6);
      assertThat(one.leasedBytesMax()).isEqualTo(6);
    }
  }

  @Test
  void takersAtTheSameTime_neverHaveMore_andLoseNothing() throws Exception {
    List<Long> tooMuch = together(LOOPS, this::takeAndGiveBack);
    assertThat(tooMuch).containsOnly(0L);
    assertThat(budget.leasedBytes()).isZero();
    assertThat(budget.freeBytes()).isEqualTo(BUDGET_BYTES);
    assertThat(budget.leasedBytesMax()).isBetween(BUDGET_BYTES / 2, BUDGET_BYTES);
  }

  /** Returns how often more was leased than there is, or less than this loop has. */
  private long takeAndGiveBack(int loop) {
    Random random = new Random(loop);
    long mine = 0;
    long wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long wanted = random.nextInt(400);
      if (budget.take(wanted, random.nextInt(100))) {
        mine += wanted;
      }
      long leased = budget.leasedBytes();
      if (leased > BUDGET_BYTES || leased < mine) {
        wrong++;
      }
      long back = random.nextBoolean() ? mine : random.nextLong(mine + 1);
      budget.giveBack(back);
      mine -= back;
    }
    budget.giveBack(mine);
    return wrong;
  }

  private interface Work<T> {
    T run(int loop) throws Exception;
  }

  private static <T> List<T> together(int count, Work<T> work) throws Exception {
    List<Future<T>> running = new ArrayList<>();
    List<T> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        int loop = i;
        running.add(threads.submit(() -> work.run(loop)));
      }
      for (Future<T> each : running) {
        results.add(each.get(60, TimeUnit.SECONDS));
      }
    }
    return results;
  }
}
