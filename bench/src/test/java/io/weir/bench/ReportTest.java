package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ReportTest {
  private static Result cell(int round, Workload workload, String peer, double value) {
    Map<Figure, Double> values = new EnumMap<>(Figure.class);
    workload.figures().forEach(figure -> values.put(figure, value));
    return new Result(round, workload, peer, values, "", null);
  }

  private static Report report() {
    return report(Workload.usual(false));
  }

  private static Report report(List<Workload> workloads) {
    List<Peer> peers = Peers.all().subList(0, 2);
    Results results = new Results();
    for (Workload workload : workloads) {
      for (int round = 1; round <= 2; round++) {
        results.add(cell(round, workload, "weir", round));
        results.add(cell(round, workload, "haproxy", 2 * round));
      }
    }
    Settings settings =
        new Settings("weir <bench>", 2, false, 8, 0, peers, workloads, Path.of("."), List.of());
    Machine machine = new Machine(2, 1024, false, Map.of("kernel", "a & b"));
    return new Report(
        settings,
        machine,
        Map.of("Weir", "1"),
        Map.of("Weir", "$ weir <x>"),
        peers,
        workloads,
        results);
  }

  @Test
  void textReport_ofTwoRounds_showsMedianSpreadAndRatio() {
    String text = TextReport.of(report());
    assertThat(text).contains("bulk16: 16 readers", "1.500 (1.000-2.000)", "3.000 (2.000-4.000)");
    assertThat(text).contains("weir / haproxy: CPU 0.50, throughput 0.50");
  }

  @Test
  void pathsTable_ofARun_hasARowForEachWayIn() {
    Report report = report(Workload.paths(1_000_000));
    assertThat(PathsTable.markdown(report))
        .startsWith("| path | peak charge MiB, weir | peak charge MiB, haproxy | CPU s/GB, weir |")
        .contains("\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
        .contains("| HTTP/2 over TLS 1.3 | 2 (1-2) | 3 (2-4) | 1.500 (1.000-2.000) |")
        .contains("| 3.000 (2.000-4.000) | 0.50 | 2 | 4 |\n");
    assertThat(TextReport.of(report)).contains("Path by path");
    assertThat(HtmlReport.of(report)).contains("<td>SOCKS5</td>");
    assertThat(PathsTable.of(report())).isEmpty();
  }

  @Test
  void pathsTable_ofACellThatBrokeOff_saysSo() {
    Workload workload = Workload.paths(1_000_000).getFirst();
    Report report = report(List.of(workload));
    report.results().add(Result.failed(3, workload, "weir", "it did not start"));
    assertThat(PathsTable.markdown(report)).contains("| broke off | 4 |");
  }

  @Test
  void htmlReport_always_escapesWhatIsNotItsOwn() {
    String page = HtmlReport.of(report());
    assertThat(page).contains("weir &lt;bench&gt;", "a &amp; b", "$ weir &lt;x&gt;");
    assertThat(page).contains("\"command\":\"weir \\u003cbench>\"");
    assertThat(page).doesNotContain("http://", "https://");
  }

  @Test
  void charts_ofAReport_areWellFormed() throws Exception {
    String page = HtmlReport.of(report());
    int charts = 0;
    for (int at = page.indexOf("<svg"); at >= 0; at = page.indexOf("<svg", at + 1)) {
      String svg = page.substring(at, page.indexOf("</svg>", at) + 6);
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(svg)));
      assertThat(svg).doesNotContain("NaN", "Infinity");
      charts++;
    }
    assertThat(charts).isGreaterThan(20);
  }

  @Test
  void readmeTable_ofAReport_hasARowForEachProxy() {
    assertThat(ReadmeTable.of(report()))
        .startsWith("| | CPU s/GB, 16 readers | MB/s, 16 readers | CPU µs/small request |")
        .contains("\n|---|---:|---:|---:|---:|---:|\n")
        .contains("\n| Weir | 1.500 | 2 | 1.5 | 1.5 | 2 |\n| HAProxy, as shipped | 3.000 | 3 |");
  }

  @Test
  void readmeTable_ofAWorkloadThatDidNotRun_hasNoColumnForIt() {
    Results results = new Results();
    results.add(cell(1, Workload.named("small"), "weir", 1));
    Report all = report();
    Report some =
        new Report(
            all.settings(),
            all.machine(),
            all.versions(),
            all.configurations(),
            all.peers(),
            all.workloads(),
            results);
    assertThat(ReadmeTable.of(some))
        .isEqualTo(
            "| | CPU µs/small request |\n|---|---:|\n| Weir | 1.0 |\n| HAProxy, as shipped | - |\n");
  }

  @Test
  void readmeChart_ofAReport_isAFileOfItsOwnForLightAndDark() throws Exception {
    String svg = ReadmeChart.of(report());
    Document parsed =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)));
    assertThat(parsed.getDocumentElement().getAttribute("xmlns"))
        .isEqualTo("http://www.w3.org/2000/svg");
    assertThat(parsed.getElementsByTagName("svg").getLength()).isEqualTo(1 + 5);
    assertThat(svg).contains("prefers-color-scheme: dark", "--ours").doesNotContain("NaN");
  }

  @Test
  void roundUp_always_givesTheNextRoundNumber() {
    assertThat(Charts.roundUp(0)).isEqualTo(1);
    assertThat(Charts.roundUp(1)).isEqualTo(1);
    assertThat(Charts.roundUp(1_647)).isEqualTo(2_000);
    assertThat(Charts.roundUp(0.9)).isEqualTo(1);
    assertThat(Charts.roundUp(410)).isEqualTo(800);
  }
}
