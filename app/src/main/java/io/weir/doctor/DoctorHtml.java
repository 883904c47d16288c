package io.weir.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.doctor.Diagnosis;
import io.weir.memory.doctor.Finding;
import io.weir.memory.doctor.Megabytes;
import io.weir.memory.doctor.Unseen;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import java.util.List;

/**
 * A diagnosis as one page that needs nothing else: no script, no font, no picture from anywhere.
 * All text of the process is escaped, since its name is its own choice. Any thread.
 */
final class DoctorHtml {
  private static final int CHART_WIDTH = 600;
  private static final int CHART_HEIGHT = 160;
  private static final int ROW_HEIGHT = 24;
  private static final int NAME_WIDTH = 150;
  private static final int BYTES_WIDTH = 100;

  /** Rows with a line over time: more of them cannot be told apart. */
  private static final int LINES_MAX = 5;

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#667;--line:#d0d7de;--bar:#2f6fde}
      @media(prefers-color-scheme:dark){:root{--fg:#e6e9ee;--bg:#14171c;--soft:#9aa4b2;\
      --line:#333a45;--bar:#6ea0ff}}
      body{font:16px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);\
      max-width:46rem;margin:0 auto;padding:1rem}
      h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2rem}
      b.word{border:1px solid currentColor;border-radius:.3rem;padding:.05rem .4rem}
      table{border-collapse:collapse;width:100%}
      td{border-bottom:1px solid var(--line);padding:.2rem .4rem}
      td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
      code,li{overflow-wrap:anywhere}.soft{color:var(--soft)}
      svg{width:100%;height:auto}svg text{fill:var(--fg);font-size:13px}
      @media(max-width:32rem){svg text{font-size:21px}}
      rect{fill:var(--bar)}path{fill:none;stroke-width:2}
      .c0{stroke:#2f6fde;background:#2f6fde}.c1{stroke:#d9622b;background:#d9622b}
      .c2{stroke:#2a9d6f;background:#2a9d6f}.c3{stroke:#a04fc4;background:#a04fc4}
      .c4{stroke:#b8901d;background:#b8901d}
      i.key{display:inline-block;width:.8rem;height:.8rem;margin:0 .3rem 0 .8rem}
      """;

  private final StringBuilder page = new StringBuilder(16_384);
  private final Diagnosis diagnosis;

  private DoctorHtml(Diagnosis diagnosis) {
    this.diagnosis = diagnosis;
  }

  /**
   * The page.
   *
   * @param commandLine of the process, or empty
   */
  static String of(Diagnosis diagnosis, String commandLine) {
    DoctorHtml html = new DoctorHtml(diagnosis);
    html.head(commandLine);
    html.numbers();
    html.bars();
    if (diagnosis.ledgers().size() > 2) {
      html.lines();
    }
    for (Finding finding : diagnosis.findings()) {
      html.finding(finding);
    }
    html.unseen();
    html.page.append("</body></html>\n");
    return html.page.toString();
  }

  /** Text for an element or a quoted attribute; what no page may hold becomes a question mark. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '&' -> escaped.append("&amp;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.append(Character.isISOControl(c) ? '?' : c);
      }
    }
    return escaped.toString();
  }

  private void head(String commandLine) {
    String name = escape(diagnosis.last().status().name());
    page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        .append("<meta http-equiv=\"Content-Security-Policy\" ")
        .append("content=\"default-src 'none';style-src 'unsafe-inline'\">")
        .append("<title>Memory of ")
        .append(name)
        .append("</title><style>\n")
        .append(STYLE)
        .append("</style></head><body>\n");
    Finding first = diagnosis.findings().getFirst();
    page.append("<h1><b class=\"word\">").append(first.verdict().word()).append("</b> ");
    page.append(escape(first.sentence())).append("</h1>\n");
    if (!commandLine.isEmpty()) {
      page.append("<p class=\"soft\"><code>").append(escape(commandLine)).append("</code></p>\n");
    }
    page.append("<p class=\"soft\">")
        .append(diagnosis.looks().size())
        .append(diagnosis.looks().size() == 1 ? " look" : " looks")
        .append(" in ")
        .append(Math.round(diagnosis.watchNanos() / 1e9))
        .append(" s</p>\n");
  }

  private void numbers() {
    Ledger ledger = diagnosis.ledger();
    page.append("<table>");
    number("RSS", ledger.rssBytes());
    if (ledger.pssBytes() >= 0) {
      number("PSS, shared pages divided", ledger.pssBytes());
    }
    number("Charge (" + ledger.chargeSource() + ")", ledger.chargeBytes());
    if (diagnosis.last().census() instanceof Census.Counted counted) {
      number("malloc live", counted.liveBytes());
      number("malloc kept: freed and resident", counted.freeResidentBytes());
      number("of it, what a trim gives back", counted.trimmableBytes());
    }
    page.append("</table>\n");
  }

  private void number(String name, long bytes) {
    page.append("<tr><td>").append(escape(name)).append("</td><td class=\"n\">");
    page.append(Megabytes.text(bytes)).append("</td></tr>");
  }

  private void bars() {
    List<LedgerRow> rows = diagnosis.ledger().rows();
    long charge = Math.max(1, diagnosis.ledger().chargeBytes());
    page.append("<h2>Where it is</h2>\n");
    startSvg(ROW_HEIGHT * rows.size(), "the rows of the ledger");
    int y = 0;
    for (LedgerRow row : rows) {
      int most = CHART_WIDTH - NAME_WIDTH - BYTES_WIDTH;
      long width = Math.round(most * Math.clamp((double) row.bytes() / charge, 0, 1));
      text(0, y + 16, "start", row.name());
      text(NAME_WIDTH + BYTES_WIDTH - 12, y + 16, "end", Megabytes.text(row.bytes()));
      page.append("<rect x=\"").append(NAME_WIDTH + BYTES_WIDTH).append("\" y=\"").append(y + 4);
      page.append("\" width=\"").append(width).append("\" height=\"16\"/>");
      y += ROW_HEIGHT;
    }
    page.append("</svg>\n");
  }

  private void startSvg(int height, String label) {
    page.append("<svg viewBox=\"0 0 ").append(CHART_WIDTH).append(' ').append(height);
    page.append("\" role=\"img\" aria-label=\"").append(escape(label)).append("\">");
  }

  private void text(int x, int y, String anchor, String words) {
    page.append("<text x=\"").append(x).append("\" y=\"").append(y).append("\" text-anchor=\"");
    page.append(anchor).append("\">").append(escape(words)).append("</text>");
  }

  /** The largest rows over time, in one scale. */
  private void lines() {
    List<LedgerRow> rows = diagnosis.ledger().rows();
    rows = rows.subList(0, Math.min(LINES_MAX, rows.size()));
    long most = 1;
    for (Ledger ledger : diagnosis.ledgers()) {
      for (LedgerRow row : rows) {
        most = Math.max(most, ledger.bytes(row.kind()));
      }
    }
    page.append("<h2>Over time</h2>\n<p>");
    for (int i = 0; i < rows.size(); i++) {
      page.append("<i class=\"key c").append(i).append("\"></i>");
      page.append(escape(rows.get(i).name()));
    }
    page.append("</p>\n");
    startSvg(CHART_HEIGHT + 4, "the largest rows over time");
    for (int i = 0; i < rows.size(); i++) {
      line(i, rows.get(i).kind(), most);
    }
    text(0, 24, "start", Megabytes.text(most));
    page.append("</svg>\n");
  }

  private void line(int number, LedgerRow.Kind kind, long most) {
    long start = diagnosis.looks().getFirst().atNanos();
    double span = Math.max(1, diagnosis.watchNanos());
    page.append("<path class=\"c").append(number).append("\" d=\"");
    for (int i = 0; i < diagnosis.ledgers().size(); i++) {
      double time = (diagnosis.looks().get(i).atNanos() - start) / span;
      double share = (double) Math.max(0, diagnosis.ledgers().get(i).bytes(kind)) / most;
      page.append(i == 0 ? 'M' : 'L').append(Math.round(time * CHART_WIDTH)).append(' ');
      page.append(2 + Math.round((1 - share) * CHART_HEIGHT));
    }
    page.append("\"/>");
  }

  private void finding(Finding finding) {
    page.append("<h2><b class=\"word\">").append(finding.verdict().word()).append("</b> ");
    page.append(Megabytes.text(finding.bytes())).append("</h2>\n<p>");
    page.append(escape(finding.sentence())).append("</p>\n");
    list(finding.arithmetic(), "");
    page.append("<p class=\"soft\">Harmless when: ").append(escape(finding.harmlessWhen()));
    page.append("<br>Wrong if: ").append(escape(finding.wrongIf())).append("</p>\n");
    list(finding.next(), "code");
  }

  private void list(List<String> texts, String element) {
    if (texts.isEmpty()) {
      return;
    }
    page.append("<ul>");
    for (String text : texts) {
      page.append("<li>").append(element.isEmpty() ? "" : "<" + element + ">");
      page.append(escape(text)).append(element.isEmpty() ? "" : "</" + element + ">");
      page.append("</li>");
    }
    page.append("</ul>\n");
  }

  private void unseen() {
    List<Unseen> unseen = Unseen.of(diagnosis.last());
    if (!unseen.isEmpty()) {
      page.append("<h2>Not seen</h2>\n");
      List<String> texts =
          unseen.stream()
              .map(one -> one.probe() + ": " + one.sentence() + " " + one.remedy())
              .toList();
      list(texts, "");
    }
  }
}
