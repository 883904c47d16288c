package io.weir.bench;

import static io.weir.bench.Charts.escaped;

import java.util.ArrayList;
import java.util.List;

/**
 * The {@link ReadmeTable} as one picture: a chart of bars for each column, two beside each other.
 * It brings its own colours, for a light and a dark page.
 */
final class ReadmeChart {
  private static final int WIDTH = 900;
  private static final int COLUMN_WIDTH = 450;
  private static final int MARGIN = 16;
  private static final int HEADING_HEIGHT = 30;

  private ReadmeChart() {}

  /** An SVG file. */
  static String of(Report report) {
    List<ReadmeTable.Column> columns = ReadmeTable.columns(report);
    int cell = HEADING_HEIGHT + Charts.barsHeight(report.peers().size()) + MARGIN;
    int height = MARGIN + Math.ceilDiv(columns.size(), 2) * cell;
    StringBuilder svg = new StringBuilder(8192);
    svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 ");
    svg.append(WIDTH).append(' ').append(height).append("\" width=\"").append(WIDTH);
    svg.append("\" height=\"").append(height).append("\">\n");
    svg.append("<title>Weir beside other proxies: less is better, but for MB/s</title>\n");
    svg.append("<style>\n").append(Colours.STYLE).append("</style>\n");
    svg.append("<rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"6\"/>\n");
    for (int i = 0; i < columns.size(); i++) {
      int x = MARGIN + i % 2 * COLUMN_WIDTH;
      int y = MARGIN + i / 2 * cell;
      svg.append("<g transform=\"translate(").append(x).append(' ').append(y).append(")\">");
      svg.append("<text class=\"heading\" y=\"16\">").append(escaped(heading(columns.get(i))));
      svg.append("</text><g transform=\"translate(0 ").append(HEADING_HEIGHT).append(")\">");
      svg.append(chart(report, columns.get(i))).append("</g></g>\n");
    }
    return svg.append("</svg>\n").toString();
  }

  /** In most of them the shorter bar is the better one. */
  private static String heading(ReadmeTable.Column column) {
    boolean more = column.figure() == Figure.THROUGHPUT;
    return column.heading() + (more ? " (more is better)" : "");
  }

  private static String chart(Report report, ReadmeTable.Column column) {
    List<Charts.Bar> bars = new ArrayList<>();
    for (Peer peer : report.peers()) {
      Results.Spread spread =
          report.results().spread(column.workload(), peer.name(), column.figure());
      if (spread != null) {
        String text = column.figure().show(spread.median());
        bars.add(new Charts.Bar(peer.name(), spread, text, peer.name().equals(Peers.OURS)));
      }
    }
    return Charts.bars(column.heading(), bars);
  }
}
