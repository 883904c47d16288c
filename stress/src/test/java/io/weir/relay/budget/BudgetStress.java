package io.weir.relay.budget;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIJ_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.ZZJ_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** Two loops at one budget. What no outcome names is forbidden too. */
final class BudgetStress {
  private BudgetStress() {}

  /** Room for one of two: one has it, never both, never none. */
  @JCStressTest
  @Outcome(id = "true, false, 6", expect = ACCEPTABLE, desc = "the first")
  @Outcome(id = "false, true, 6", expect = ACCEPTABLE, desc = "the second")
  @Outcome(expect = FORBIDDEN, desc = "more than there is, or less than is to be had")
  @State
  public static class LastRoom {
    private final Budget budget = new Budget(10);

    @Actor
    public void first(ZZJ_Result r) {
      r.r1 = budget.take(6, 0);
    }

    @Actor
    public void second(ZZJ_Result r) {
      r.r2 = budget.take(6, 0);
    }

    @Arbiter
    public void after(ZZJ_Result r) {
      r.r3 = budget.leasedBytes();
    }
  }

  /** Who leaves something to others takes only what is left beyond it. */
  @JCStressTest
  @Outcome(id = "true, true, true", expect = ACCEPTABLE, desc = "the sparing one first")
  @Outcome(id = "false, true, true", expect = ACCEPTABLE, desc = "the sparing one finds too little")
  @Outcome(expect = FORBIDDEN, desc = "what was to be spared was not there")
  @State
  public static class SparedRoom {
    private final Budget budget = new Budget(10);

    @Actor
    public void sparing(ZZZ_Result r) {
      r.r1 = budget.take(4, 6);
    }

    @Actor
    public void other(ZZZ_Result r) {
      r.r2 = budget.take(6, 0);
    }

    @Arbiter
    public void after(ZZZ_Result r) {
      r.r3 = budget.leasedBytes() == (r.r1 ? 4 : 0) + (r.r2 ? 6 : 0);
    }
  }

  /** Two give back parts of what they have: the rest is what is left. */
  @JCStressTest
  @Outcome(id = "5, 10", expect = ACCEPTABLE, desc = "nothing is lost")
  @Outcome(expect = FORBIDDEN, desc = "bytes that nobody has stay leased, or are leased twice")
  @State
  public static class GivenBack {
    private final Budget budget = new Budget(10);

    public GivenBack() {
      if (!budget.take(10, 0)) {
        throw new IllegalStateException("an empty budget refuses");
      }
    }

    @Actor
    public void first() {
      budget.giveBack(2);
    }

    @Actor
    public void second() {
      budget.giveBack(3);
    }

    @Arbiter
    public void after(JJ_Result r) {
      r.r1 = budget.leasedBytes();
      r.r2 = budget.leasedBytesMax();
    }
  }

  /** One gives back what another wants. */
  @JCStressTest
  @Outcome(id = "true, true, 6", expect = ACCEPTABLE, desc = "it came in time")
  @Outcome(id = "false, true, 0", expect = ACCEPTABLE, desc = "it came too late")
  @Outcome(expect = FORBIDDEN, desc = "more than there is, or bytes lost")
  @State
  public static class HandedOn {
    private final Budget budget = new Budget(10);

    public HandedOn() {
      if (!budget.take(6, 0)) {
        throw new IllegalStateException("an empty budget refuses");
      }
    }

    @Actor
    public void taker(ZZJ_Result r) {
      r.r1 = budget.take(6, 0);
    }

    @Actor
    public void giver(ZZJ_Result r) {
      budget.giveBack(6);
      r.r2 = budget.leasedBytes() <= budget.bytes();
    }

    @Arbiter
    public void after(ZZJ_Result r) {
      r.r3 = budget.leasedBytes();
    }
  }

  /** The maximum is in the end no less than anybody saw. */
  @JCStressTest
  @Outcome(id = "4, 7, 7", expect = ACCEPTABLE, desc = "the first, then the second")
  @Outcome(id = "7, 3, 7", expect = ACCEPTABLE, desc = "the second, then the first")
  @Outcome(id = "7, 7, 7", expect = ACCEPTABLE, desc = "both, before either looked")
  @Outcome(expect = FORBIDDEN, desc = "a maximum that was exceeded")
  @State
  public static class HighWater {
    private final Budget budget = new Budget(10);

    @Actor
    public void first(IIJ_Result r) {
      r.r1 = budget.take(4, 0) ? (int) budget.leasedBytes() : 0;
    }

    @Actor
    public void second(IIJ_Result r) {
      r.r2 = budget.take(3, 0) ? (int) budget.leasedBytes() : 0;
    }

    @Arbiter
    public void after(IIJ_Result r) {
      r.r3 = budget.leasedBytesMax();
    }
  }
}
