package io.weir.relay.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LoopPaceTest {
  private static final long MS = 1_000_000;

  @Test
  void pace_ofALateSweep_countsTheDelayAlone() {
    LoopPace pace = new LoopPace();
    pace.ended(1_000 * MS);

    pace.began(1_262 * MS, 250 * MS); // 12 ms late

    assertThat(pace.late().sumNanos()).isEqualTo(12 * MS);
    assertThat(pace.late().counts()[4]).isEqualTo(1); // 10 to 25 ms
  }

  @Test
  void silence_sinceTheLastSweep_grows() {
    LoopPace pace = new LoopPace();
    pace.ended(1_000 * MS);

    assertThat(pace.silentNanos(1_700 * MS)).isEqualTo(700 * MS);
    assertThat(pace.silentNanos(999 * MS)).isZero();
  }
}
