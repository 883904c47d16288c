package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusLineTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          58249999      | 1000 | 199   | 58.2 MB rss  1000 flows  19.9 MB/s
          0             | 0    | 0     | 0.0 MB rss  0 flows  0.0 MB/s
          58250000      | 1    | 12405 | 58.3 MB rss  1 flows  1,240.5 MB/s
          1001000000000 | 2    | 10    | 1,001,000.0 MB rss  2 flows  1.0 MB/s
          """)
  void format_figures_isTheLineOfTheContract(long rss, long flows, long tenths, String line) {
    assertThat(StatusLine.format(rss, flows, tenths)).hasToString(line);
  }

  @Test
  void rate_bytesInATime_areTenthsOfMegabytes() {
    assertThat(StatusLine.tenthsOfMegabytesPerSecond(20_000_000, 1_000_000_000)).isEqualTo(200);
    assertThat(StatusLine.tenthsOfMegabytesPerSecond(20_000_000, 2_000_000_000)).isEqualTo(100);
    assertThat(StatusLine.tenthsOfMegabytesPerSecond(1, 0)).isZero();
  }
}
