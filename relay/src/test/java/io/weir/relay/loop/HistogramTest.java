package io.weir.relay.loop;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class HistogramTest {
  @Test
  void record_atABound_countsBelowIt() {
    Histogram histogram = new Histogram(10, 20);

    histogram.record(0);
    histogram.record(10);
    histogram.record(11);
    histogram.record(20);
    histogram.record(21);
    histogram.record(-5);

    assertThat(histogram.read().counts()).containsExactly(3, 2, 1);
    assertThat(histogram.read().sumNanos()).isEqualTo(62);
    assertThat(histogram.read().count()).isEqualTo(6);
  }

  @Property
  void reading_ofTwoWriters_addsUp(
      @ForAll @Size(max = 50) long @LongRange(min = 0, max = 100) [] first,
      @ForAll @Size(max = 50) long @LongRange(min = 0, max = 100) [] second) {
    Histogram one = filled(first);
    Histogram other = filled(second);
    Histogram both = filled(first);
    for (long nanos : second) {
      both.record(nanos);
    }

    Histogram.Reading sum = one.read().plus(other.read());

    assertThat(sum.counts()).isEqualTo(both.read().counts());
    assertThat(sum.sumNanos()).isEqualTo(both.read().sumNanos());
    assertThat(sum.count()).isEqualTo(first.length + second.length);
  }

  private static Histogram filled(long... all) {
    Histogram histogram = new Histogram(5, 50, 80);
    for (long nanos : all) {
      histogram.record(nanos);
    }
    return histogram;
  }
}
