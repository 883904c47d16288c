package io.weir.memory.doctor;

import java.util.Arrays;

/**
 * How a size went over time. Two answers to one question, since each is fooled by what the other
 * withstands: least squares by one wild value, ranks by a long row of tiny steps.
 *
 * <p>Sources: H. B. Mann, Nonparametric tests against trend, 1945; P. K. Sen, Estimates of the
 * regression coefficient based on Kendall's tau, 1968.
 */
final class Trend {
  private final double[] seconds;
  private final double[] values;

  /** Of these bytes at these times, the oldest first. Both arrays are kept, not copied. */
  Trend(double[] seconds, double[] values) {
    if (seconds.length != values.length) {
      throw new IllegalArgumentException(seconds.length + " times, " + values.length + " values");
    }
    this.seconds = seconds;
    this.values = values;
  }

  int count() {
    return values.length;
  }

  /** Bytes a second by least squares, 0 where there are fewer than two times. */
  double slope() {
    double meanTime = mean(seconds);
    double meanValue = mean(values);
    double cross = 0;
    double square = 0;
    for (int i = 0; i < values.length; i++) {
      double time = seconds[i] - meanTime;
      cross += time * (values[i] - meanValue);
      square += time * time;
    }
    return square == 0 ? 0 : cross / square;
  }

  /** The part of the variance that the line of least squares explains, 0 to 1. */
  double explained() {
    double slope = slope();
    double meanTime = mean(seconds);
    double meanValue = mean(values);
    double rest = 0;
    double all = 0;
    for (int i = 0; i < values.length; i++) {
      double off = values[i] - meanValue;
      double error = off - slope * (seconds[i] - meanTime);
      rest += error * error;
      all += off * off;
    }
    return all == 0 ? 0 : 1 - rest / all;
  }

  /** The median of the slopes of all pairs (Theil and Sen), bytes a second. */
  double medianSlope() {
    int n = values.length;
    double[] slopes = new double[n * (n - 1) / 2];
    int count = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        double time = seconds[j] - seconds[i];
        if (time > 0) {
          slopes[count++] = (values[j] - values[i]) / time;
        }
      }
    }
    Arrays.sort(slopes, 0, count);
    return count == 0 ? 0 : slopes[count / 2];
  }

  /** How surely it rises, in standard deviations (Mann and Kendall); less than 0 where it falls. */
  double riseSigmas() {
    int n = values.length;
    long score = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        score += Double.compare(values[j], values[i]);
      }
    }
    double variance = n * (n - 1.0) * (2.0 * n + 5) / 18;
    return variance == 0 ? 0 : (score - Math.signum((double) score)) / Math.sqrt(variance);
  }

  /** The deepest fall from any value to a later one. */
  double deepestFall() {
    double highest = Double.NEGATIVE_INFINITY;
    double deepest = 0;
    for (double value : values) {
      highest = Math.max(highest, value);
      deepest = Math.max(deepest, highest - value);
    }
    return deepest;
  }

  /** When the deepest fall had come to its end; the first time where there is none. */
  double deepestFallSecond() {
    double highest = Double.NEGATIVE_INFINITY;
    double deepest = 0;
    double second = firstSecond();
    for (int i = 0; i < values.length; i++) {
      highest = Math.max(highest, values[i]);
      if (highest - values[i] > deepest) {
        deepest = highest - values[i];
        second = seconds[i];
      }
    }
    return second;
  }

  /** The value at a time, on straight lines between those that were seen. */
  double at(double second) {
    int n = values.length;
    if (second <= seconds[0]) {
      return values[0];
    }
    for (int i = 1; i < n; i++) {
      if (second <= seconds[i]) {
        double span = seconds[i] - seconds[i - 1];
        double part = span == 0 ? 1 : (second - seconds[i - 1]) / span;
        return values[i - 1] + part * (values[i] - values[i - 1]);
      }
    }
    return values[n - 1];
  }

  /** The longest time between two neighbours, seconds. */
  double longestGap() {
    double longest = 0;
    for (int i = 1; i < seconds.length; i++) {
      longest = Math.max(longest, seconds[i] - seconds[i - 1]);
    }
    return longest;
  }

  double first() {
    return values[0];
  }

  double last() {
    return values[values.length - 1];
  }

  double firstSecond() {
    return seconds[0];
  }

  double lastSecond() {
    return seconds[seconds.length - 1];
  }

  /** What was seen from this time on. */
  Trend from(double second) {
    int skip = 0;
    while (skip < seconds.length && seconds[skip] < second) {
      skip++;
    }
    return new Trend(
        Arrays.copyOfRange(seconds, skip, seconds.length),
        Arrays.copyOfRange(values, skip, values.length));
  }

  private static double mean(double[] numbers) {
    double sum = 0;
    for (double number : numbers) {
      sum += number;
    }
    return numbers.length == 0 ? 0 : sum / numbers.length;
  }
}
