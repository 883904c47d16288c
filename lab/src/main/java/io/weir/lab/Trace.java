package io.weir.lab;

import java.util.List;
import java.util.stream.LongStream;

/**
 * What was measured in one run, sample by sample.
 *
 * @param name one word, for the CSV
 * @param title for people
 * @param unit of all series: {@code MB} (values are bytes) or what is counted
 * @param series what each value of a sample is
 * @param samples in order of time
 */
record Trace(String name, String title, String unit, List<String> series, List<Sample> samples) {
  static final String MB = "MB";
  static final String RSS = "RSS";
  static final String LIVE = "live in malloc";
  static final String KEPT = "freed, kept by malloc";

  /**
   * One moment.
   *
   * @param seconds since the run's start
   * @param phase what the run was doing, one word
   * @param values one a series, -1 where it could not be seen
   */
  record Sample(double seconds, String phase, List<Long> values) {}

  private LongStream values(String of, String phase) {
    int i = series.indexOf(of);
    return samples.stream()
        .filter(sample -> phase.isEmpty() || sample.phase().equals(phase))
        .mapToLong(sample -> i < 0 ? -1 : sample.values().get(i))
        .filter(value -> value >= 0);
  }

  /** The first value, or -1 where there is none. */
  long first(String of) {
    return values(of, "").findFirst().orElse(-1);
  }

  /** The largest of all phases, or -1. */
  long most(String of) {
    return values(of, "").max().orElse(-1);
  }

  /** The last value in a phase, or -1. */
  long last(String of, String phase) {
    return values(of, phase).reduce((_, value) -> value).orElse(-1);
  }

  /** Without the samples of these phases. */
  Trace without(String... phases) {
    List<String> left = List.of(phases);
    return new Trace(
        name,
        title,
        unit,
        series,
        samples.stream().filter(sample -> !left.contains(sample.phase())).toList());
  }
}
