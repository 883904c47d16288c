package io.weir.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.Pulse;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.LocalBody;
import io.weir.relay.exchange.LocalResponse;
import io.weir.relay.exchange.StatusClass;
import io.weir.relay.exchange.Timings;
import io.weir.relay.exchange.Totals;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.Histogram;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ExpositionTest {
  private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0";

  private final Exposition exposition = new Exposition();

  private static Sample sample() {
    Histogram firstByte = new Histogram(1_000_000, 5_000_000);
    firstByte.record(500_000);
    firstByte.record(2_000_000);
    firstByte.record(9_000_000);
    Histogram none = new Histogram(1_000_000);
    Ledger ledger =
        new Ledger(70, 70, 100, "computed", List.of(new LedgerRow(LedgerRow.Kind.JVM_HEAP, 60)));
    Timings.Pace pace = new Timings.Pace(none.read(), 125_000_000);
    return new Sample(
        256 << 20,
        new Pulse.Beat(70, 100, 20, 30, 25),
        ledger,
        new Totals(9, 2, 8, 1, 3, 4_000, 50, Map.of(Reason.SEND_TIMEOUT, 6L)),
        Map.of(StatusClass.SUCCESSFUL, 7L),
        new Leased(1000, 400, 500, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19),
        new Timings(firstByte.read(), none.read(), List.of(pace, pace)),
        3_000,
        1);
  }

  private static byte[] bytes(LocalResponse answer) {
    return ((LocalBody.Whole) answer.body()).bytes();
  }

  private String text(String accept) throws IOException {
    return new String(bytes(exposition.answer(sample(), accept, "")), StandardCharsets.UTF_8);
  }

  @Test
  void text_ofASample_hasItsNumbers() throws IOException {
    assertThat(text("").lines())
        .contains(
            "weir_memory_bytes 2.68435456E8",
            "weir_charge_bytes 100.0",
            "weir_resident_bytes 70.0",
            "weir_live_bytes 20.0",
            "weir_kernel_bytes 30.0",
            "weir_ledger_bytes{row=\"jvm heap\"} 60.0",
            "weir_ledger_bytes{row=\"kernel sockets\"} 0.0",
            "weir_leased_bytes 400.0",
            "weir_lease_shrinks_total 12.0",
            "weir_stopped_sources_total 14.0",
            "weir_lease_waits_total 15.0",
            "weir_idle_closed_total 16.0",
            "weir_connections_total 9.0",
            "weir_open_flows 3.0",
            "weir_downloaded_bytes_total 4000.0",
            "weir_failures_total{reason=\"send-timeout\"} 6.0",
            "weir_failures_total{reason=\"overloaded\"} 0.0",
            "weir_exchanges_ended_total{status=\"2xx\"} 7.0",
            "weir_exchanges_ended_total{status=\"5xx\"} 0.0",
            "weir_first_byte_seconds_bucket{le=\"0.001\"} 1",
            "weir_first_byte_seconds_bucket{le=\"0.005\"} 2",
            "weir_first_byte_seconds_bucket{le=\"+Inf\"} 3",
            "weir_first_byte_seconds_count 3",
            "weir_first_byte_seconds_sum 0.0115",
            "weir_loop_silence_seconds{loop=\"1\"} 0.125",
            "weir_faults_total 1.0");
  }

  @Test
  void openMetrics_whereAcceptNamesIt_isWhole() throws IOException {
    LocalResponse answer = exposition.answer(sample(), OPEN_METRICS + ";q=0.9,text/plain", "");

    assertThat(answer.contentType()).startsWith("application/openmetrics-text");
    assertThat(new String(bytes(answer), StandardCharsets.UTF_8))
        .contains("# UNIT weir_charge_bytes bytes\n")
        .endsWith("\n# EOF\n");
  }

  @Test
  void gzip_whereAccepted_isTheSameText() throws IOException {
    LocalResponse answer = exposition.answer(sample(), "", "gzip");

    assertThat(answer.fields()).contains("Content-Encoding: gzip\r\n").contains("Vary: ");
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes(answer)))) {
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .contains("weir_charge_bytes 100.0\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gzip,true",
    "'br, GZIP;q=0.5',true",
    "'gzip; q=0',false",
    "gzip;q=0.000,false",
    "identity,false",
    "gzipped,false",
    "'',false",
  })
  void gzip_byAcceptEncoding_isAsRfc9110Says(String field, boolean accepted) {
    assertThat(Exposition.acceptsGzip(field)).isEqualTo(accepted);
  }

  /** Nobody outside chooses a label's value: the series are the same after any load. */
  @Test
  void labels_always_haveBoundedValues() throws IOException {
    TreeSet<String> labels = new TreeSet<>();
    text("")
        .lines()
        .filter(line -> line.contains("{"))
        .forEach(line -> labels.add(line.substring(line.indexOf('{') + 1, line.indexOf('='))));

    assertThat(labels).containsExactly("le", "loop", "reason", "row", "status", "version");
  }

  /** The document is what is exposed. If this fails, put the actual table into the file. */
  @Test
  void metrics_inTheDocument_areThoseExposed() throws IOException {
    String root = Objects.requireNonNull(System.getProperty("weir.root"));
    List<String> rows = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(root, "docs/metrics.md"))) {
      if (line.startsWith("| `weir_") || line.startsWith("| `process_")) {
        rows.add(line);
      }
    }

    assertThat(String.join("\n", rows)).isEqualTo(String.join("\n", document()));
  }

  private List<String> document() throws IOException {
    Map<String, String> units = new TreeMap<>();
    text(OPEN_METRICS)
        .lines()
        .filter(line -> line.startsWith("# UNIT "))
        .map(line -> line.split(" ", -1))
        .forEach(words -> units.put(words[2], words[3]));
    List<String> lines = text("").lines().toList();
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("# HELP ")) {
        String[] help = lines.get(i).split(" ", 4);
        String type = lines.get(i + 1).split(" ", -1)[3];
        String base = help[2].replaceAll("_total$", "");
        rows.add(
            "| `%s` | %s | %s | %s | %s |"
                .formatted(
                    help[2],
                    type,
                    labels(lines.get(i + 2)),
                    units.getOrDefault(base, ""),
                    help[3]));
      }
    }
    return rows;
  }

  private static String labels(String series) {
    int brace = series.indexOf('{');
    if (brace < 0) {
      return "";
    }
    List<String> names = new ArrayList<>();
    for (String pair : series.substring(brace + 1, series.indexOf('}')).split(",", -1)) {
      String name = pair.substring(0, pair.indexOf('='));
      if (!name.equals("le")) {
        names.add("`" + name + "`");
      }
    }
    return String.join(", ", names);
  }
}
