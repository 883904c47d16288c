package io.weir.relay.http2;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ControlAllowanceTest {
  private static final int MAX = 100;
  private static final long SECOND = 1_000_000_000;

  private long nowNanos;
  private final ControlAllowance allowance = new ControlAllowance(MAX, () -> nowNanos);

  private int takeAll() {
    int taken = 0;
    while (taken < 10 * MAX && allowance.take()) {
      taken++;
    }
    return taken;
  }

  @Test
  void flood_withoutTraffic_isStoppedAtTheLimit() {
    assertThat(takeAll()).isEqualTo(MAX);
    assertThat(allowance.take()).isFalse();
  }

  @Test
  void time_givesSomeBack_upToTheLimit() {
    takeAll();
    nowNanos += SECOND;
    assertThat(takeAll()).isEqualTo(ControlAllowance.PER_SECOND);
    nowNanos += 1_000_000 * SECOND;
    assertThat(takeAll()).isEqualTo(MAX);
  }

  @Test
  void trafficInDataAndFields_paysForItsControlFrames() {
    takeAll();
    allowance.fields();
    assertThat(takeAll()).isEqualTo(4);
    allowance.data(10 * 1024);
    assertThat(takeAll()).isEqualTo(40);
    allowance.data(1023); // a byte at a time pays for nothing
    assertThat(takeAll()).isZero();
    allowance.data(1);
    assertThat(takeAll()).isEqualTo(4);
  }
}
