package io.weir.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What is written: a page, and a CSV for each experiment. */
final class Report {
  static final String PAGE = "weir-lab.html";

  private Report() {}

  /** Returns the files. */
  static List<Path> write(Settings settings, List<Result> results, long seconds)
      throws IOException {
    List<Path> files = new ArrayList<>();
    Path page = settings.out().resolve(PAGE);
    Files.writeString(page, Page.of(settings, results, seconds, Facts.look()));
    files.add(page);
    for (Result result : results) {
      if (!result.traces().isEmpty()) {
        Path csv = settings.out().resolve("weir-lab-" + result.name() + ".csv");
        Files.writeString(csv, csv(result.traces()));
        files.add(csv);
      }
    }
    return files;
  }

  /** One value a line, so that runs with different series fit into one file. */
  static String csv(List<Trace> traces) {
    StringBuilder text = new StringBuilder("run,phase,seconds,series,value,unit\n");
    for (Trace trace : traces) {
      String unit = trace.unit().equals(Trace.MB) ? "bytes" : trace.unit();
      for (Trace.Sample sample : trace.samples()) {
        for (int i = 0; i < trace.series().size(); i++) {
          text.append(trace.name()).append(',').append(sample.phase()).append(',');
          text.append(String.format(Locale.ROOT, "%.3f", sample.seconds())).append(",\"");
          text.append(trace.series().get(i)).append("\",");
          long value = sample.values().get(i);
          text.append(value < 0 ? "" : value).append(',').append(unit).append('\n');
        }
      }
    }
    return text.toString();
  }
}
