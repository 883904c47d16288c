package io.weir.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CrowdTest {
  @Test
  void tally_summaries_areAddedUp_andOtherLinesAreNot() {
    Crowd.Tally tally =
        new Crowd.Tally(0, 0, "")
            .plus("readers=3 ok=0 failed=9 bytes=7 fast_bytes=0")
            .plus("summary slow=3 ok=0 failed=2 open=1 bytes=5 reason=\"2 x reset\"")
            .plus("summary fast=1 ok=0 failed=0 open=1 bytes=5");

    assertThat(tally).isEqualTo(new Crowd.Tally(2, 2, "reason=\"2 x reset\""));
  }
}
