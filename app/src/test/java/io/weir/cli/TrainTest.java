package io.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrainTest {
  /** In a JVM as busy as that of the tests, the heap's census looks for 2 s each time. */
  private static final int ROUNDS = Boolean.getBoolean("weir.long") ? 20 : 2;

  @Test
  void run_always_answersEveryRequestAndCutsNothing() throws Exception {
    assertThat(Train.run(ROUNDS)).isZero();
  }
}
