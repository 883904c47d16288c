package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ResultsTest {
  private static final Workload BULK = Workload.all().getFirst();
  private final Results results = new Results();

  private void cell(int round, String peer, double cpu) {
    results.add(new Result(round, BULK, peer, Map.of(Figure.CPU_PER_GB, cpu), "", null));
  }

  @Test
  void spread_ofThreeRounds_isMedianLeastAndMost() {
    cell(1, "weir", 0.9);
    cell(2, "weir", 0.3);
    cell(3, "weir", 0.5);
    assertThat(results.spread(BULK, "weir", Figure.CPU_PER_GB))
        .isEqualTo(new Results.Spread(0.5, 0.3, 0.9));
    assertThat(results.spread(BULK, "weir", Figure.CHARGE)).isNull();
  }

  @Test
  void ratio_ofRoundsThatDrift_comparesWithinARound() {
    cell(1, "haproxy", 1);
    cell(1, "weir", 0.5);
    cell(2, "haproxy", 10);
    cell(2, "weir", 5);
    cell(3, "haproxy", 2);
    cell(3, "weir", 2);
    assertThat(results.ratio(BULK, "weir", Figure.CPU_PER_GB)).isEqualTo(0.5);
  }

  @Test
  void ratio_whereTheReferenceFailed_leavesTheRoundOut() {
    results.add(Result.failed(1, BULK, "haproxy", "did not start"));
    cell(1, "weir", 7);
    assertThat(results.ratio(BULK, "weir", Figure.CPU_PER_GB)).isNull();
    cell(2, "haproxy", 1);
    cell(2, "weir", 3);
    assertThat(results.ratio(BULK, "weir", Figure.CPU_PER_GB)).isEqualTo(3);
    assertThat(results.remarks(BULK)).containsExactly("haproxy: FAILED: did not start");
  }

  @Test
  void median_ofAnEvenCount_isTheMiddleOfTwo() {
    assertThat(Results.median(1, 2, 4, 100)).isEqualTo(3);
  }
}
