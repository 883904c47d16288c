package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.ledger.Pulse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusLineTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          58249999 | 66100000 | 7400000 | 7850001 | 1000 | 199 | 58.2 MB rss  66.1 charge  7.4 live  7.9 kernel  1000 flows  19.9 MB/s
          0 | 0 | 0 | 0 | 0 | 0 | 0.0 MB rss  0.0 charge  0.0 live  0.0 kernel  0 flows  0.0 MB/s
          58250000 | 1 | -1 | 0 | 1 | 12405 | 58.3 MB rss  0.0 charge  0.0 kernel  1 flows  1,240.5 MB/s
          1001000000000 | 0 | 0 | 0 | 2 | 10 | 1,001,000.0 MB rss  0.0 charge  0.0 live  0.0 kernel  2 flows  1.0 MB/s
          """)
  void format_figures_isTheLineOfTheContract(
      long rss, long charge, long live, long kernel, long flows, long tenths, String line) {
    Pulse.Beat beat = new Pulse.Beat(rss, charge, live, kernel, 0);
    assertThat(StatusLine.format(beat, flows, tenths)).hasToString(line);
  }

  @Test
  void rate_bytesInATime_areTenthsOfMegabytes() {
    assertThat(StatusLine.tenthsOfMegabytesPerSecond(20_000_000, 1_000_000_000)).isEqualTo(200);
    assertThat(StatusLine.tenthsOfMegabytesPerSecond(20_000_000, 2_000_000_000)).isEqualTo(100);
    assertThat(StatusLine.tenthsOfMegabytesPerSecond(1, 0)).isZero();
  }
}
