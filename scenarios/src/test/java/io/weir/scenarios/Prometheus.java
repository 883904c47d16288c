package io.weir.scenarios;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A real Prometheus with the example's configuration, asked by its HTTP interface. */
final class Prometheus implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final int port;
  private final HttpClient client = HttpClient.newHttpClient();

  private Prometheus(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /** Starts one that scrapes and evaluates once a second. */
  static Prometheus start(Path ops, Path folder, int adminPort) throws IOException {
    String config =
        Files.readString(ops.resolve("prometheus.yml"))
            .replace("127.0.0.1:3002", "127.0.0.1:" + adminPort)
            .replace("_interval: 15s", "_interval: 1s")
            .replace("- weir-alerts.yml", "- " + ops.resolve("weir-alerts.yml"));
    Path file = Files.writeString(folder.resolve("prometheus.yml"), config);
    Path log = folder.resolve("prometheus.log");
    int port = freePort();
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new Prometheus(process, log, port);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /**
   * The values of the series that an expression has now; fails where Prometheus does not take it.
   */
  List<Double> query(String expression) throws IOException, InterruptedException {
    String query = URLEncoder.encode(expression, StandardCharsets.UTF_8);
    Map<String, Object> data = Json.object(get("/api/v1/query?query=" + query), "data");
    return Json.objects(data, "result").stream().map(Prometheus::value).toList();
  }

  /** The one number that an expression has now; NaN where there is none. */
  double number(String expression) throws IOException, InterruptedException {
    List<Double> values = query(expression);
    return values.size() == 1 ? values.getFirst() : Double.NaN;
  }

  private static double value(Map<String, Object> series) {
    if (series.get("value") instanceof List<?> pair && pair.get(1) instanceof String text) {
      return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }
    throw new AssertionError("no value in " + series);
  }

  /** The rules as they are evaluated. */
  List<Map<String, Object>> rules() throws IOException, InterruptedException {
    Map<String, Object> data = Json.object(get("/api/v1/rules"), "data");
    return Json.objects(Json.objects(data, "groups").getFirst(), "rules");
  }

  private Map<String, Object> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    HttpResponse<String> answer =
        client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    Map<String, Object> page = Json.parse(answer.body());
    if (!"success".equals(page.get("status"))) {
      throw new AssertionError(path + ": " + answer.body());
    }
    return page;
  }

  /** Scrapes of Weir that succeeded so far; 0 also where Prometheus does not answer yet. */
  long scrapes() throws InterruptedException {
    try {
      double count = number("sum(sum_over_time(up{job=\"weir\"}[1h]))");
      return Double.isNaN(count) ? 0 : (long) count;
    } catch (IOException e) {
      return 0;
    }
  }

  String said() throws IOException {
    return Files.readString(log);
  }

  boolean alive() {
    return process.isAlive();
  }

  @Override
  public void close() throws InterruptedException {
    client.close();
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
