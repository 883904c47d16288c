package io.weir.bench;

import java.util.ArrayList;
import java.util.List;

/** The results as tables for a terminal. */
final class TextReport {
  private final Report report;
  private final StringBuilder text = new StringBuilder(8192);

  private TextReport(Report report) {
    this.report = report;
  }

  static String of(Report report) {
    TextReport made = new TextReport(report);
    if (PathsTable.has(report)) {
      made.text.append("\nPath by path: 1,000 slow readers, whole downloads\n");
      made.table(PathsTable.of(report));
    }
    report.workloads().forEach(made::workload);
    made.text.append('\n').append(Report.LEGEND).append('\n');
    return made.text.toString();
  }

  private void workload(Workload workload) {
    text.append('\n').append(workload.name()).append(": ").append(workload.says()).append('\n');
    List<Figure> figures = new ArrayList<>();
    for (Figure figure : workload.figures()) {
      if (figure.tabled()) {
        figures.add(figure);
      }
    }
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of(""));
    figures.forEach(figure -> heading.add(figure.heading()));
    rows.add(heading);
    for (Peer peer : report.peers()) {
      rows.add(row(workload, peer.name(), figures));
    }
    rows.add(row(workload, Result.DIRECT, figures));
    table(rows);
    for (Peer peer : report.peers()) {
      ratios(workload, peer, figures);
    }
    for (String remark : report.results().remarks(workload)) {
      text.append("  ").append(remark).append('\n');
    }
  }

  private List<String> row(Workload workload, String peer, List<Figure> figures) {
    List<String> row = new ArrayList<>(List.of(peer));
    for (Figure figure : figures) {
      Results.Spread spread = report.results().spread(workload, peer, figure);
      row.add(spread == null ? "-" : shown(figure, spread));
    }
    return row;
  }

  /** A median, and behind it the least and the most where there is more than one round. */
  static String shown(Figure figure, Results.Spread spread) {
    String median = figure.show(spread.median());
    if (spread.least() == spread.most()) {
      return median;
    }
    return median + " (" + figure.show(spread.least()) + "-" + figure.show(spread.most()) + ")";
  }

  private void table(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String blank = " ".repeat(widths[i] - row.get(i).length());
        line.append("  ").append(i == 0 ? row.get(i) + blank : blank + row.get(i));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }

  private void ratios(Workload workload, Peer peer, List<Figure> figures) {
    if (peer.name().equals(Peers.REFERENCE)) {
      return;
    }
    List<String> parts = new ArrayList<>();
    for (Figure figure : figures) {
      Double ratio =
          figure.compared() ? report.results().ratio(workload, peer.name(), figure) : null;
      if (ratio != null) {
        parts.add("%s %.2f".formatted(figure.title(), ratio));
      }
    }
    if (!parts.isEmpty()) {
      text.append("  ").append(peer.name()).append(" / ").append(Peers.REFERENCE).append(": ");
      text.append(String.join(", ", parts)).append('\n');
    }
  }
}
