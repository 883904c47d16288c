package io.weir.lab;

import static io.weir.lab.TimeChart.escaped;

import io.weir.bench.Colours;
import java.util.List;
import java.util.Map;

/** The results as one page that needs nothing else. */
final class Page {
  private static final String STYLE =
      """
      body { margin: 0 auto; max-width: 52rem; padding: 2rem 1rem 4rem; background: var(--page);
        color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
      h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
      h2 { font-size: 1.25rem; margin: 0; }
      section { margin: 2.5rem 0; }
      .verdict { margin: .25rem 0 .75rem; }
      .word { font-weight: 600; }
      .holds .word { color: var(--s3); } .fails .word { color: var(--s1); }
      .skipped .word, .soft { color: var(--soft); }
      figure { margin: .75rem 0; padding: .75rem; background: var(--card);
        border: 1px solid var(--rule); border-radius: 6px; }
      figcaption { font-size: .9rem; }
      .key { display: inline-block; margin-right: 1rem; white-space: nowrap; }
      .key i { display: inline-block; width: 1.1em; height: 3px; margin-right: .35em;
        vertical-align: middle; }
      .k0 { background: var(--s0); } .k1 { background: var(--s1); } .k2 { background: var(--s2); }
      .k3 { background: var(--s3); } .k4 { background: var(--s4); }
      svg { display: block; width: 100%; height: auto; }
      svg .line.s3 { stroke-dasharray: 7 5; }
      svg .phase { stroke: var(--soft); stroke-dasharray: 3 3; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
      th, td { padding: .3rem 1rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule); }
      th:first-child, td:first-child, .facts td { text-align: left; }
      code { font: 14px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
      @media (max-width: 600px) { svg text { font-size: 21px; } body { padding-top: 1rem; } }
      """;

  private final StringBuilder page = new StringBuilder(65_536);

  private Page() {}

  static String of(
      Settings settings, List<Result> results, long seconds, Map<String, String> facts) {
    Page page = new Page();
    page.head(settings, seconds);
    results.forEach(page::section);
    page.facts(facts);
    return page.page.append("</body>\n</html>\n").toString();
  }

  private void head(Settings settings, long seconds) {
    page.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.append("<title>weir lab</title>\n<style>\n").append(Colours.STYLE).append(STYLE);
    page.append("</style>\n</head>\n<body>\n<h1>Where did the memory go?</h1>\n");
    page.append(
        """
        <p>A program relays a large download. Its memory grows, and does not come down again. Is that a
        leak? RSS, the number that <code>top</code> shows, cannot say. Each experiment below makes one
        claim about it, and measures here whether it is true.</p>
        <p class="soft">RSS: physical memory that a process has. Live: blocks that it got from malloc
        and has not freed. Kept: blocks that it freed, but malloc has not given back to the system.
        1 MB is a million bytes.</p>
        """);
    page.append("<p class=\"soft\"><code>").append(escaped(settings.command()));
    page.append("</code>, which took ").append(seconds).append(" s.</p>\n");
  }

  private void section(Result result) {
    Outcome outcome = result.outcome();
    String style =
        switch (outcome.verdict()) {
          case HOLDS -> "holds";
          case DOES_NOT_HOLD -> "fails";
          case SKIPPED -> "skipped";
        };
    page.append("<section id=\"").append(result.name()).append("\" class=\"").append(style);
    page.append("\">\n<h2>").append(escaped(result.claim())).append("</h2>\n");
    page.append("<p class=\"verdict\"><code>").append(result.name()).append("</code>: ");
    page.append("<span class=\"word\">").append(outcome.verdict().words()).append("</span>");
    if (!outcome.number().isEmpty()) {
      page.append(": ").append(escaped(outcome.number()));
    }
    page.append("</p>\n");
    result.charts().forEach(this::figure);
    page.append("<p>").append(escaped(String.join(" ", outcome.says()))).append("</p>\n");
    table(result.table());
    for (String remark : result.remarks()) {
      page.append("<p class=\"soft\">").append(escaped(remark)).append("</p>\n");
    }
    page.append("</section>\n");
  }

  private void figure(Trace trace) {
    page.append("<figure><figcaption>").append(escaped(trace.title())).append("<br>\n");
    for (int i = 0; i < trace.series().size(); i++) {
      if (trace.most(trace.series().get(i)) >= 0) {
        page.append("<span class=\"key\"><i class=\"k").append(i).append("\"></i>");
        page.append(escaped(trace.series().get(i))).append("</span>\n");
      }
    }
    page.append("</figcaption>\n").append(TimeChart.of(trace)).append("</figure>\n");
  }

  private void table(List<List<String>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    page.append("<div class=\"scroll\"><table>\n");
    for (int i = 0; i < rows.size(); i++) {
      String cell = i == 0 ? "th" : "td";
      page.append("<tr>");
      for (String text : rows.get(i)) {
        page.append('<').append(cell).append('>').append(escaped(text));
        page.append("</").append(cell).append('>');
      }
      page.append("</tr>\n");
    }
    page.append("</table></div>\n");
  }

  private void facts(Map<String, String> facts) {
    page.append("<h2>Where</h2>\n<table class=\"facts\">\n");
    facts.forEach(
        (name, value) -> {
          page.append("<tr><td>").append(escaped(name)).append("</td><td>");
          page.append(escaped(value)).append("</td></tr>\n");
        });
    page.append("</table>\n");
  }
}
