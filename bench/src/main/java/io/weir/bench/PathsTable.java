package io.weir.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The ways into a proxy, one a row: charge with slow readers, CPU of whole downloads, failures; of
 * each proxy that has the way.
 */
final class PathsTable {
  private static final String NONE = "-";

  private final Report report;

  private PathsTable(Report report) {
    this.report = report;
  }

  /** Whether the run has anything for it. */
  static boolean has(Report report) {
    return !entrances(report).isEmpty();
  }

  /** Headings first, then a row for each way; empty if the run went no such way. */
  static List<List<String>> of(Report report) {
    return has(report) ? new PathsTable(report).rows() : List.of();
  }

  /** The same in Markdown. */
  static String markdown(Report report) {
    StringBuilder text = new StringBuilder();
    for (List<String> row : of(report)) {
      text.append("| ").append(String.join(" | ", row)).append(" |\n");
      if (text.indexOf("\n") == text.length() - 1) {
        text.append("|---|").append("---:|".repeat(row.size() - 1)).append('\n');
      }
    }
    return text.toString();
  }

  private static List<Entrance> entrances(Report report) {
    return report.workloads().stream()
        .filter(Workload::ofPaths)
        .map(Workload::entrance)
        .distinct()
        .toList();
  }

  private List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of("path"));
    for (Figure figure : List.of(Figure.CHARGE, Figure.CPU_PER_GB, Figure.FAILED)) {
      report.peers().forEach(peer -> heading.add(figure.heading() + ", " + peer.name()));
      if (figure == Figure.CPU_PER_GB) {
        others().forEach(peer -> heading.add("CPU weir/" + peer.name()));
      }
    }
    rows.add(heading);
    for (Entrance entrance : entrances(report)) {
      List<String> row = new ArrayList<>(List.of(entrance.title()));
      report.peers().forEach(peer -> row.add(charge(entrance, peer.name())));
      report.peers().forEach(peer -> row.add(cpu(entrance, peer.name())));
      others().forEach(peer -> row.add(ratio(entrance, peer.name())));
      report.peers().forEach(peer -> row.add(failed(entrance, peer.name())));
      rows.add(row);
    }
    return rows;
  }

  private List<Peer> others() {
    boolean ours = report.peers().stream().anyMatch(peer -> peer.name().equals(Peers.OURS));
    return ours
        ? report.peers().stream().filter(peer -> !peer.name().equals(Peers.OURS)).toList()
        : List.of();
  }

  private @Nullable Workload workload(Entrance entrance, Workload.Kind kind) {
    return report.workloads().stream()
        .filter(w -> w.ofPaths() && w.entrance() == entrance && w.kind() == kind)
        .findFirst()
        .orElse(null);
  }

  private Results.@Nullable Spread spread(
      Entrance entrance, Workload.Kind kind, String peer, Figure figure) {
    Workload workload = workload(entrance, kind);
    return workload == null ? null : report.results().spread(workload, peer, figure);
  }

  private String charge(Entrance entrance, String peer) {
    return shown(Figure.CHARGE, spread(entrance, Workload.Kind.PACED, peer, Figure.CHARGE));
  }

  private String cpu(Entrance entrance, String peer) {
    return shown(Figure.CPU_PER_GB, spread(entrance, Workload.Kind.WHOLE, peer, Figure.CPU_PER_GB));
  }

  private static String shown(Figure figure, Results.@Nullable Spread spread) {
    return spread == null ? NONE : TextReport.shown(figure, spread);
  }

  private String ratio(Entrance entrance, String peer) {
    Workload workload = workload(entrance, Workload.Kind.WHOLE);
    Double ratio =
        workload == null
            ? null
            : report.results().ratio(workload, Peers.OURS, peer, Figure.CPU_PER_GB);
    return ratio == null ? NONE : String.format(Locale.ROOT, "%.2f", ratio);
  }

  /** Of both loads and all rounds: the most; a cell that broke off says so. */
  private String failed(Entrance entrance, String peer) {
    List<Result> cells =
        report.results().all().stream()
            .filter(r -> r.workload().ofPaths() && r.workload().entrance() == entrance)
            .filter(r -> r.peer().equals(peer))
            .toList();
    if (cells.isEmpty()) {
      return NONE;
    }
    if (cells.stream().anyMatch(cell -> cell.error() != null)) {
      return "broke off";
    }
    return Figure.FAILED.show(
        cells.stream()
            .mapToDouble(cell -> cell.values().getOrDefault(Figure.FAILED, 0.0))
            .max()
            .orElse(0));
  }
}
