package io.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrainTest {
  @Test
  void run_always_answersEveryRequestAndCutsNothing() throws Exception {
    assertThat(Train.run()).isZero();
  }
}
