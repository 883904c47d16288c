package io.weir.bench;

import static io.weir.bench.Charts.escaped;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The results as one page that needs nothing else: tables, charts, and how it was measured. */
final class HtmlReport {
  private static final String STYLE =
      """
      body { margin: 0 auto; max-width: 72rem; padding: 2rem 1rem 4rem; background: var(--page);
        color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
      h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
      h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; }
      h3 { font-size: .9rem; margin: 0 0 .25rem; font-weight: 600; }
      p { max-width: 48rem; } .soft, .remark { color: var(--soft); }
      code, pre { font: 13px/1.45 ui-monospace, monospace; }
      pre { overflow-x: auto; background: var(--card); border: 1px solid var(--rule);
        border-radius: 6px; padding: .75rem; }
      .charts { display: flex; flex-wrap: wrap; gap: 1rem; }
      figure { margin: 0; padding: .75rem 1rem; background: var(--card);
        border: 1px solid var(--rule); border-radius: 6px; max-width: 100%; overflow-x: auto; }
      .scroll { overflow-x: auto; margin: 1rem 0; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
      th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule);
        white-space: nowrap; }
      th:first-child, td:first-child { text-align: left; }
      .facts td { white-space: normal; text-align: left; }
      td small { color: var(--soft); }
      """;

  private final Report report;
  private final StringBuilder page = new StringBuilder(65_536);

  private HtmlReport(Report report) {
    this.report = report;
  }

  static String of(Report report) {
    return new HtmlReport(report).write();
  }

  private String write() {
    page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<title>weir bench</title>\n<style>\n").append(Colours.STYLE);
    page.append(STYLE).append("</style>\n");
    page.append("</head>\n<body>\n<h1>Weir beside other proxies</h1>\n<p><code>");
    page.append(escaped(report.settings().command())).append("</code></p>\n");
    page.append("<p class=\"soft\">").append(report.settings().rounds());
    page.append(report.settings().rounds() == 1 ? " round of " : " rounds of ");
    page.append(report.settings().seconds()).append(" s. ").append(escaped(Report.LEGEND));
    page.append("</p>\n");
    paths();
    growth();
    report.workloads().forEach(this::workload);
    facts();
    configurations();
    page.append("<script type=\"application/json\" id=\"figures\">\n");
    page.append(FiguresJson.of(report)).append("\n</script>\n</body>\n</html>\n");
    return page.toString();
  }

  private void paths() {
    List<List<String>> rows = PathsTable.of(report);
    if (rows.isEmpty()) {
      return;
    }
    page.append("<h2>Path by path</h2>\n<p>Charge with 1,000 slow readers; CPU of whole downloads");
    page.append("; failures of both.</p>\n<div class=\"scroll\"><table id=\"paths\">\n");
    for (List<String> row : rows) {
      String cell = row.equals(rows.getFirst()) ? "th" : "td";
      page.append("<tr>");
      for (String text : row) {
        page.append('<').append(cell).append('>').append(escaped(text));
        page.append("</").append(cell).append('>');
      }
      page.append("</tr>\n");
    }
    page.append("</table></div>\n");
  }

  private void growth() {
    List<Workload> paced =
        report.workloads().stream()
            .filter(Workload::grows)
            .sorted(Comparator.comparingInt(Workload::connections))
            .toList();
    if (paced.size() < 2) {
      return;
    }
    page.append("<h2>How memory and CPU grow with connections</h2>\n");
    page.append("<p>About the same 20 MB/s in all, over more and more readers.</p>\n");
    page.append("<div class=\"charts\">\n");
    for (Figure figure :
        List.of(Figure.CHARGE, Figure.RESIDENT, Figure.KERNEL, Figure.CPU_PER_GB)) {
      growth(figure, paced);
    }
    page.append("</div>\n");
  }

  private void growth(Figure figure, List<Workload> paced) {
    List<Charts.Line> lines = new ArrayList<>();
    TreeSet<Integer> ticks = new TreeSet<>();
    for (Peer peer : report.peers()) {
      List<Charts.Point> points = new ArrayList<>();
      for (Workload workload : paced) {
        Results.Spread spread = report.results().spread(workload, peer.name(), figure);
        if (spread != null) {
          points.add(new Charts.Point(workload.connections(), spread.median()));
          ticks.add(workload.connections());
        }
      }
      if (!points.isEmpty()) {
        lines.add(new Charts.Line(peer.name(), Peers.all().indexOf(peer), points));
      }
    }
    if (!lines.isEmpty()) {
      String title = figure.title() + ", " + figure.unit();
      figure(title, Charts.lines(title, lines, List.copyOf(ticks), "connections"));
    }
  }

  private void figure(String title, String svg) {
    page.append("<figure><h3>").append(escaped(title)).append("</h3>\n");
    page.append(svg).append("</figure>\n");
  }

  private void workload(Workload workload) {
    page.append("<h2>").append(escaped(workload.name())).append(": ");
    page.append(escaped(workload.says())).append("</h2>\n<div class=\"charts\">\n");
    for (Figure figure : workload.figures()) {
      if (figure.compared()) {
        chart(workload, figure);
      }
    }
    page.append("</div>\n");
    table(workload);
    for (String remark : report.results().remarks(workload)) {
      page.append("<p class=\"remark\">").append(escaped(remark)).append("</p>\n");
    }
  }

  private void chart(Workload workload, Figure figure) {
    List<Charts.Bar> bars = new ArrayList<>();
    for (Peer peer : report.peers()) {
      Results.Spread spread = report.results().spread(workload, peer.name(), figure);
      if (spread != null) {
        String text = figure.show(spread.median());
        bars.add(new Charts.Bar(peer.name(), spread, text, peer.name().equals(Peers.OURS)));
      }
    }
    if (!bars.isEmpty()) {
      String title = figure.title() + ", " + figure.unit();
      figure(title, Charts.bars(workload.name() + ": " + title, bars));
    }
  }

  private void table(Workload workload) {
    page.append("<div class=\"scroll\"><table>\n<tr><th></th>");
    for (Figure figure : workload.figures()) {
      page.append("<th>").append(escaped(figure.heading())).append("</th>");
    }
    page.append("</tr>\n");
    for (Peer peer : report.peers()) {
      row(workload, peer.name(), peer.title());
    }
    row(workload, Result.DIRECT, "the load alone");
    page.append("</table></div>\n");
  }

  private void row(Workload workload, String peer, String title) {
    page.append("<tr><td>").append(escaped(title)).append("</td>");
    for (Figure figure : workload.figures()) {
      Results.Spread spread = report.results().spread(workload, peer, figure);
      page.append("<td>").append(spread == null ? "-" : TextReport.shown(figure, spread));
      Double ratio = figure.compared() ? report.results().ratio(workload, peer, figure) : null;
      if (ratio != null && !peer.equals(Peers.REFERENCE) && !peer.equals(Result.DIRECT)) {
        page.append(" <small>×").append("%.2f".formatted(ratio)).append("</small>");
      }
      page.append("</td>");
    }
    page.append("</tr>\n");
  }

  private void facts() {
    page.append("<h2>Where</h2>\n<table class=\"facts\">\n");
    facts(report.machine().facts());
    facts(report.versions());
    page.append("</table>\n");
  }

  private void facts(Map<String, String> facts) {
    facts.forEach(
        (name, value) -> {
          page.append("<tr><td>").append(escaped(name)).append("</td><td>");
          page.append(escaped(value)).append("</td></tr>\n");
        });
  }

  private void configurations() {
    page.append("<h2>How each was configured</h2>\n");
    report
        .configurations()
        .forEach(
            (title, text) -> {
              page.append("<details><summary>").append(escaped(title)).append("</summary><pre>");
              page.append(escaped(text)).append("</pre></details>\n");
            });
  }
}
