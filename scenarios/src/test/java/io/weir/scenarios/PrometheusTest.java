package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.Readers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in {@code ops/} works: scraped by a real Prometheus, every panel has data. */
class PrometheusTest {
  private static final long SEED = 33;
  private static final Path OPS =
      Path.of(Objects.requireNonNull(System.getProperty("weir.root")), "ops");
  private static final Pattern NAME = Pattern.compile("\\b(weir|process)_[a-z_]+");

  @TempDir Path folder;

  private Origin origin;
  private Program weir;

  @BeforeEach
  void start() throws Exception {
    Commands.assumeInstalled("promtool");
    Commands.assumeInstalled("prometheus");
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--max-connections", "24");
  }

  @AfterEach
  void stop() throws Exception {
    if (weir != null) {
      weir.close();
      origin.close();
    }
  }

  @Test
  void promtool_ofRulesConfigAndMetrics_hasNothingToSay() throws Exception {
    assertThat(
            Commands.run("promtool", "check", "config", OPS.resolve("prometheus.yml").toString()))
        .satisfies(ended -> assertThat(ended.code()).as(ended.err()).isZero());
    assertThat(
            Commands.run("promtool", "check", "rules", OPS.resolve("weir-alerts.yml").toString()))
        .satisfies(ended -> assertThat(ended.code()).as(ended.err()).isZero());
    Path metrics = Files.write(folder.resolve("metrics"), weir.admin("/metrics").body());

    Commands.Ended ended = Commands.run("sh", "-c", "promtool check metrics < " + metrics);

    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).isZero();
  }

  @Test
  void panelsAndAlerts_underLoad_haveData() throws Exception {
    try (Prometheus prometheus = Prometheus.start(OPS, folder, weir.adminPort())) {
      Readers.Plan plan =
          new Readers.Plan(weir.address(), "/disk.img", 8, 200 * 1024, 64 * 1024, SEED);
      try (Readers readers = Readers.start(plan)) {
        awaitScrapes(prometheus, 2);
        for (int i = 0; i < 20; i++) {
          assertThat(weir.get("/hello").status()).isEqualTo(200);
        }
        refuse();
        awaitScrapes(prometheus, 3);
        for (String expression : panels()) {
          assertThat(prometheus.query(expression)).as(expression).isNotEmpty();
        }
        readers.stop();
      }
      everyNameIsScraped(prometheus);
      everyRuleIsEvaluated(prometheus);
      weir.await(
          "nothing is open", // but Prometheus' own connection to the admin pages
          () -> weir.total("open_exchanges") == 0 && weir.total("open_connections") == 0);
      awaitScrapes(prometheus, 2);
      agreesWithFlows(prometheus);
    }
  }

  /** As many clients as may be, and then one more; and a head that is refused. */
  private void refuse() throws Exception {
    assertThat(weir.get("/hello", "Content-Length: x").status()).isEqualTo(400);
    List<RawClient> clients = new ArrayList<>();
    try {
      weir.await(
          "one is refused",
          () -> {
            clients.add(weir.connect());
            return weir.failures("overloaded") > 0;
          });
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  private void awaitScrapes(Prometheus prometheus, int more) throws Exception {
    long before = prometheus.scrapes();
    weir.await(
        more + " more scrapes",
        () -> {
          assertThat(prometheus.alive()).as(prometheus.said()).isTrue();
          return prometheus.scrapes() >= before + more;
        });
  }

  /** The expressions of all panels, as Grafana would send them. */
  private static List<String> panels() throws IOException {
    List<String> expressions = new ArrayList<>();
    Map<String, Object> dashboard =
        Json.parse(Files.readString(OPS.resolve("weir-dashboard.json")));
    for (Map<String, Object> panel : Json.objects(dashboard, "panels")) {
      for (Map<String, Object> target : Json.objects(panel, "targets")) {
        expressions.add(
            String.valueOf(target.get("expr"))
                .replace("$instance", ".*")
                .replace("$__rate_interval", "30s"));
      }
    }
    assertThat(expressions).hasSizeGreaterThan(20).allMatch(e -> e.indexOf('$') < 0);
    return expressions;
  }

  /** A name that nobody exposes would make a panel that is empty, or an alert that never fires. */
  private static void everyNameIsScraped(Prometheus prometheus) throws Exception {
    TreeSet<String> names = new TreeSet<>();
    for (String file : List.of("weir-dashboard.json", "weir-alerts.yml")) {
      NAME.matcher(Files.readString(OPS.resolve(file)))
          .results()
          .forEach(m -> names.add(m.group()));
    }
    for (String name : names) {
      assertThat(prometheus.query(name)).as(name).isNotEmpty();
    }
  }

  private void everyRuleIsEvaluated(Prometheus prometheus) throws Exception {
    weir.await(
        "all rules are evaluated",
        () -> prometheus.rules().stream().noneMatch(rule -> "unknown".equals(rule.get("health"))));
    assertThat(prometheus.rules())
        .hasSizeGreaterThan(5)
        .allSatisfy(rule -> assertThat(rule).containsEntry("health", "ok"));
    weir.await(
        "the refusal is an alert",
        () ->
            prometheus.rules().stream()
                .anyMatch(
                    rule ->
                        "WeirRefuses".equals(rule.get("name"))
                            && "firing".equals(rule.get("state"))));
  }

  private void agreesWithFlows(Prometheus prometheus) throws Exception {
    for (String name : List.of("exchanges", "connections", "downloaded_bytes", "uploaded_bytes")) {
      assertThat(prometheus.number("weir_" + name + "_total"))
          .as(name)
          .isEqualTo((double) weir.total(name));
    }
    assertThat(prometheus.number("weir_failures_total{reason=\"overloaded\"}"))
        .isEqualTo((double) weir.failures("overloaded"));
    assertThat(prometheus.number("weir_exchanges_ended_total{status=\"2xx\"}"))
        .isEqualTo((double) weir.total("exchanges"));
    assertThat(prometheus.number("weir_exchange_duration_seconds_count"))
        .isEqualTo((double) weir.total("exchanges"));
    assertThat(prometheus.number("weir_first_byte_seconds_count"))
        .isEqualTo((double) weir.total("exchanges"));
    assertThat(prometheus.number("weir_open_connections")).isZero();
    assertThat(prometheus.number("weir_memory_bytes")).isEqualTo(256.0 * (1 << 20));
    // The ledger may be some seconds older, when there was a load.
    assertThat(prometheus.number("sum(weir_ledger_bytes) / sum(weir_charge_bytes)"))
        .isBetween(0.5, 2.0);
  }
}
