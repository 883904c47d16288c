package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  @Property
  void percentile_ofOneTime_isThatTimeOrALittleMore(
      @ForAll @LongRange(min = 0, max = 1L << 62) long time) {
    Latencies latencies = new Latencies();
    latencies.add(time);
    assertThat(latencies.percentile(50)).isBetween(time, time + time / 64);
  }

  @Test
  void percentile_ofAThousandTimes_isTheRankedOne() {
    Latencies latencies = new Latencies();
    for (int i = 1; i <= 1_000; i++) {
      latencies.add(i * 1_000L);
    }
    assertThat(latencies.total()).isEqualTo(1_000);
    assertThat(latencies.percentile(50)).isBetween(500_000L, 508_000L);
    assertThat(latencies.percentile(99)).isBetween(990_000L, 1_006_000L);
    assertThat(latencies.percentile(100)).isBetween(1_000_000L, 1_016_000L);
  }

  @Test
  void clear_afterTimes_forgetsThem() {
    Latencies latencies = new Latencies();
    latencies.add(7);
    latencies.clear();
    assertThat(latencies.total()).isZero();
    assertThat(latencies.percentile(99)).isZero();
  }
}
