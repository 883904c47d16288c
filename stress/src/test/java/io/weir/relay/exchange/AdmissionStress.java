package io.weir.relay.exchange;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Two loops let connections in at the same time. */
final class AdmissionStress {
  private static final ConnectionCost COST = new ConnectionCost(1, 1, 1);

  private AdmissionStress() {}

  private static Admission roomFor(int connections) {
    return new Admission(new MemorySettings(1024, connections, 1), COST);
  }

  /** One place, two who want it. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the first")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the second")
  @Outcome(expect = FORBIDDEN, desc = "one too many, or an empty place")
  @State
  public static class LastPlace {
    private final Admission admission = roomFor(1);

    @Actor
    public void first(ZZ_Result r) {
      r.r1 = admission.enter();
    }

    @Actor
    public void second(ZZ_Result r) {
      r.r2 = admission.enter();
    }
  }

  /** One leaves and another enters on the same loop, while a third knocks on the other. */
  @JCStressTest
  @Outcome(
      id = "true, false",
      expect = ACCEPTABLE,
      desc = "the one who comes after the one who left")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the third was quicker")
  @Outcome(expect = FORBIDDEN, desc = "one too many, or both refused although a place is free")
  @State
  public static class FreedPlace {
    private final Admission admission = roomFor(1);

    public FreedPlace() {
      if (!admission.enter()) {
        throw new IllegalStateException("an empty house refuses");
      }
    }

    @Actor
    public void leavesAndEnters(ZZ_Result r) {
      admission.leave();
      r.r1 = admission.enter();
    }

    @Actor
    public void knocks(ZZ_Result r) {
      r.r2 = admission.enter();
    }
  }
}
