package io.weir.relay.origin;

import static io.weir.relay.origin.Silence.SILENT_NANOS;
import static io.weir.relay.origin.Silence.Verdict.GONE;
import static io.weir.relay.origin.Silence.Verdict.PING;
import static io.weir.relay.origin.Silence.Verdict.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When an origin is asked whether it is there: time is an argument here. */
final class SilenceTest {
  private static final long SWEEP_NANOS = 250_000_000;

  private final Silence silence = new Silence();

  @Test
  void requestOnALinkThatWasIdleLong_hasAllItsTime() {
    silence.asked(0, 1);
    assertThat(silence.look(SWEEP_NANOS, 2)).isEqualTo(WAIT);
    silence.answered();
    long later = 100 * SILENT_NANOS;
    assertThat(silence.look(later - SWEEP_NANOS, 2)).isEqualTo(WAIT);
    silence.asked(later, 2);
    assertThat(silence.look(later + SWEEP_NANOS, 2)).isEqualTo(WAIT);
    assertThat(silence.look(later + SILENT_NANOS - 1, 2)).isEqualTo(WAIT);
    assertThat(silence.look(later + SILENT_NANOS, 2)).isEqualTo(PING);
  }

  @Test
  void originThatWasAsked_hasItsTimeFromThenOn() {
    silence.asked(0, 0);
    long late = 5 * SILENT_NANOS; // the loop stood still
    assertThat(silence.look(late, 0)).isEqualTo(PING);
    assertThat(silence.look(late + SWEEP_NANOS, 0)).isEqualTo(WAIT);
    assertThat(silence.look(late + SILENT_NANOS, 0)).isEqualTo(GONE);
  }

  @Test
  void pingOfAnEarlierRequest_isNotHeldAgainstTheNext() {
    silence.asked(0, 0);
    assertThat(silence.look(SILENT_NANOS, 0)).isEqualTo(PING);
    silence.answered();
    silence.asked(3 * SILENT_NANOS, 0);
    assertThat(silence.look(3 * SILENT_NANOS + SWEEP_NANOS, 0)).isEqualTo(WAIT);
    assertThat(silence.look(4 * SILENT_NANOS, 0)).isEqualTo(PING);
  }

  @Test
  void requestsOneAfterAnother_doNotHideThatNothingComes() {
    for (int i = 0; i < 4; i++) {
      silence.asked(i * SILENT_NANOS / 4, 0);
    }
    assertThat(silence.look(SILENT_NANOS, 0)).isEqualTo(PING);
    silence.asked(SILENT_NANOS + 1, 0);
    assertThat(silence.look(2 * SILENT_NANOS, 0)).isEqualTo(GONE);
  }

  @Test
  void anyFrame_isASignOfLife() {
    silence.asked(0, 0);
    assertThat(silence.look(SILENT_NANOS, 0)).isEqualTo(PING);
    assertThat(silence.look(SILENT_NANOS + SWEEP_NANOS, 1)).isEqualTo(WAIT);
    assertThat(silence.look(2 * SILENT_NANOS, 1)).isEqualTo(WAIT);
    assertThat(silence.look(2 * SILENT_NANOS + SWEEP_NANOS, 1)).isEqualTo(PING);
  }
}
