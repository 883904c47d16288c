package io.weir.bench;

import java.util.List;

/** What a README shows of a run: one row a proxy, as a Markdown table. */
final class ReadmeTable {
  /**
   * One column.
   *
   * @param heading of it
   * @param workload where it was measured
   * @param figure what was measured
   */
  record Column(String heading, Workload workload, Figure figure) {}

  /** All columns, in order. */
  static final List<Column> COLUMNS =
      List.of(
          column("CPU s/GB, 16 readers", "bulk16", Figure.CPU_PER_GB),
          column("MB/s, 16 readers", "bulk16", Figure.THROUGHPUT),
          column("CPU µs/small request", "small", Figure.CPU_PER_REQUEST),
          column("resident MiB, 1,000 slow readers", "slow", Figure.RESIDENT),
          column("charge MiB, 1,000 slow readers", "slow", Figure.CHARGE));

  private ReadmeTable() {}

  private static Column column(String heading, String workload, Figure figure) {
    return new Column(heading, Workload.named(workload), figure);
  }

  /** The columns that a run has figures for. */
  static List<Column> columns(Report report) {
    return COLUMNS.stream().filter(c -> measured(report, c)).toList();
  }

  private static boolean measured(Report report, Column column) {
    return report.peers().stream()
        .anyMatch(
            p -> report.results().spread(column.workload(), p.name(), column.figure()) != null);
  }

  /** Medians; empty if the run has none of the columns. */
  static String of(Report report) {
    List<Column> columns = columns(report);
    if (columns.isEmpty()) {
      return "";
    }
    StringBuilder table = new StringBuilder("| |");
    columns.forEach(c -> table.append(' ').append(c.heading()).append(" |"));
    table.append("\n|---|").append("---:|".repeat(columns.size())).append('\n');
    for (Peer peer : report.peers()) {
      table.append("| ").append(peer.title()).append(" |");
      for (Column column : columns) {
        Results.Spread spread =
            report.results().spread(column.workload(), peer.name(), column.figure());
        String shown = spread == null ? "-" : column.figure().show(spread.median());
        table.append(' ').append(shown).append(" |");
      }
      table.append('\n');
    }
    return table.toString();
  }
}
