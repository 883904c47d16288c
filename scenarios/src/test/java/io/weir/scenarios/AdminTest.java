package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.Readers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin pages, under load and while the program ends. */
class AdminTest {
  private static final long SEED = 15;

  @TempDir Path folder;

  private Origin origin;
  private Program weir;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port());
  }

  @AfterEach
  void stop() throws Exception {
    weir.close();
    origin.close();
  }

  @Test
  void pages_atRest_answer() throws Exception {
    assertThat(weir.admin("/healthz").text()).isEqualTo("ok\n");
    assertThat(weir.admin("/readyz").text()).isEqualTo("ok\n");
    assertThat(weir.admin("/").text()).contains("<title>Weir");
    Program.Answer none = weir.admin("/nothing");
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.field("Weir-Error")).isEqualTo("not-found");
    assertThat(Json.objects(weir.flows(), "flows")).isEmpty();
  }

  @Test
  void flows_underLoad_haveTheRightNumbers() throws Exception {
    Readers.Plan plan =
        new Readers.Plan(weir.address(), "/disk.img", 40, 50 * 1024, 64 * 1024, SEED);
    try (Readers readers = Readers.start(plan);
        RawClient upload = weir.connect()) {
      upload.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
      upload.write(origin.sequence(), 0, 600);
      weir.await("all are under way", () -> weir.total("open_exchanges") == 41);
      weir.await("the upload is counted", () -> weir.total("uploaded_bytes") == 600);
      weir.await("bytes came", () -> readers.progress().bytes() > 1_000_000);
      Map<String, Object> page = weir.flows();
      List<Map<String, Object>> rows = Json.objects(page, "flows");
      assertThat(rows).hasSize(41);
      assertThat(rows).filteredOn(row -> "GET".equals(row.get("method"))).hasSize(40);
      assertThat(rows)
          .filteredOn(row -> "PUT".equals(row.get("method")))
          .singleElement()
          .satisfies(row -> assertThat(row).containsEntry("uploaded_bytes", 600L))
          .satisfies(row -> assertThat(row).containsEntry("waits_for", "client"))
          .satisfies(
              row -> assertThat(row).containsEntry("peer", "127.0.0.1:" + upload.localPort()));
      long rowsBytes = 0;
      for (Map<String, Object> row : rows) {
        rowsBytes += Json.number(row, "downloaded_bytes");
      }
      assertThat(rowsBytes).isGreaterThan(1_000_000);
      assertThat(Json.number(Json.object(page, "totals"), "exchanges")).isEqualTo(41);
      assertThat(Json.number(page, "omitted")).isZero();
      upload.write(origin.sequence(), 600, 400);
      String head = upload.readHead();
      assertThat(Json.parse(new String(upload.readBody(head), StandardCharsets.US_ASCII)))
          .containsEntry("bytes", 1000L)
          .containsEntry("matches", true);
      readers.stop();
    }
    weir.await("no exchange is left", () -> weir.total("open_exchanges") == 0);
    assertThat(Json.objects(weir.flows(), "flows")).isEmpty();
    assertThat(weir.total("downloaded_bytes")).isGreaterThan(1_000_000);
  }

  @Test
  void readyz_whileDraining_is503AndHealthzIs200() throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("GET /bytes/32m HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      weir.signal("TERM");
      weir.await("it is not ready any more", () -> weir.admin("/readyz").status() == 503);
      assertThat(weir.admin("/readyz").text()).isEqualTo("draining\n");
      assertThat(weir.admin("/healthz").status()).isEqualTo(200);
      assertThat(Json.objects(weir.flows(), "flows")).hasSize(1);
      assertThat(client.readSeeded(origin.sequence(), 0, 32 << 20)).isEqualTo(-1);
    }
    assertThat(weir.awaitExit()).isZero();
  }

  @Test
  void noAdmin_opensNoSecondPort() throws Exception {
    try (Program alone = Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--no-admin")) {
      assertThat(alone.adminPort()).isZero();
      assertThat(alone.get("/hello").text()).isEqualTo("hello\n");
    }
  }

  /** What is loaded stays resident: neither metrics nor recordings may cost who does without. */
  @Test
  void classes_ofWhatNobodyAsksFor_areNotLoaded() throws Exception {
    Path log = folder.resolve("classes.log");
    String options = "JDK_JAVA_OPTIONS=-Xlog:class+load:file=" + log;
    String to = "http://127.0.0.1:" + origin.port();
    try (Program watched = Program.serveBy(List.of("env", options), "--to", to)) {
      assertThat(watched.get("/hello").text()).isEqualTo("hello\n");
      watched.nextStatus("flows"); // by now it has looked for a recording
      assertThat(Files.readString(log))
          .contains("io.weir.relay.exchange.HttpServer ")
          .doesNotContain("io.prometheus", "org.jline", "jdk.jfr.internal.PlatformRecorder ")
          .doesNotContain("io.weir.flight.FlightEvents ", "io.weir.metrics.Snapshots ");
      Program.Answer metrics = watched.admin("/metrics");
      assertThat(metrics.text()).contains("\nweir_exchanges_total 1.0\n");
      assertThat(metrics.field("Content-Type")).startsWith("text/plain; version=0.0.4");
      watched.await(
          "the client is loaded", () -> Files.readString(log).contains("io.prometheus.metrics"));
    }
  }
}
