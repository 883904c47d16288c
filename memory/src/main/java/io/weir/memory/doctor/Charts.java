package io.weir.memory.doctor;

/** Bars and sparklines of characters. */
final class Charts {
  /** Eighths of a cell, from the left. */
  private static final String EIGHTHS = " ▏▎▍▌▋▊▉█";

  private static final String HEIGHTS = "▁▂▃▄▅▆▇█";
  private static final String HEIGHTS_ASCII = "_.-=*#";

  private Charts() {}

  /** A bar of {@code chars} cells for the whole; what is less than 0 has none. */
  static String bar(long bytes, long whole, int chars, boolean blocks) {
    double share = Math.clamp((double) bytes / whole, 0, 1);
    if (!blocks) {
      return "#".repeat((int) Math.round(share * chars));
    }
    int eighths = (int) Math.round(share * chars * 8);
    String full = "█".repeat(eighths / 8);
    return eighths % 8 == 0 ? full : full + EIGHTHS.charAt(eighths % 8);
  }

  /** At most {@code chars} cells, each the mean of its part, between the least and the largest. */
  static String sparkline(long[] sizes, int chars, boolean blocks) {
    String heights = blocks ? HEIGHTS : HEIGHTS_ASCII;
    int cells = Math.min(chars, sizes.length);
    double[] means = new double[cells];
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < cells; i++) {
      means[i] = mean(sizes, i * sizes.length / cells, (i + 1) * sizes.length / cells);
      least = Math.min(least, means[i]);
      most = Math.max(most, means[i]);
    }
    StringBuilder line = new StringBuilder(cells);
    for (double mean : means) {
      double share = most == least ? 0 : (mean - least) / (most - least);
      line.append(heights.charAt((int) Math.round(share * (heights.length() - 1))));
    }
    return line.toString();
  }

  private static double mean(long[] sizes, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += sizes[i];
    }
    return sum / Math.max(1, to - from);
  }
}
