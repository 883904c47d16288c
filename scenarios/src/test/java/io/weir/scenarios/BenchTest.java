package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The bench by way of the launcher, in its smallest size: it measures what is installed, and leaves
 * nothing behind. All that it starts inherits a variable of the environment, by which it is found.
 */
@Tag("quiet")
@Timeout(700)
class BenchTest {
  private static final long WAIT_SECONDS_MAX = 300;

  /** For a process that was told to end. */
  private static final long END_SECONDS_MAX = 30;

  private static final int PROCESSES_WHILE_MEASURING = 4; // bench, origin, readers, a proxy

  private final String mark = "WEIR_BENCH_MARK=" + UUID.randomUUID();

  @TempDir Path folder;

  @AfterEach
  void endWhatIsLeft() throws IOException {
    for (ProcessHandle process : marked()) {
      process.destroyForcibly();
    }
  }

  @Test
  void bench_inItsSmallestSize_writesFiguresAndLeavesNothing() throws Exception {
    Process bench = bench("bulk1,small", "1", "weir,nginx");
    assertThat(bench.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(bench.exitValue()).as(said()).isZero();
    assertThat(said())
        .contains("bulk1: 1 reader, as fast as it can", "CPU s/GB", "net.ipv4.tcp_rmem: ");
    assertThat(page()).contains("<svg role=\"img\"", "prefers-color-scheme: dark");
    String table = Files.readString(folder.resolve("weir-bench.md"));
    assertThat(table).startsWith("| | CPU µs/small request |").contains("\n| Weir | ");
    assertThat(said()).contains(table);
    assertThat(folder.resolve("weir-bench.svg")).content().startsWith("<svg xmlns=");
    List<Map<String, Object>> cells = cells();
    Map<String, Object> bulk = cell(cells, "bulk1");
    assertThat((Double) bulk.get("cpu_s_per_gb")).isPositive();
    assertThat((Double) bulk.get("mb_per_s")).isPositive();
    assertThat((Double) bulk.get("resident_mib")).isBetween(10.0, 1000.0);
    Map<String, Object> small = cell(cells, "small");
    assertThat((Double) small.get("requests_per_s")).isPositive();
    assertThat((Double) small.get("p99_ms")).isGreaterThanOrEqualTo((Double) small.get("p50_ms"));
    assertThat((Double) small.get("failed")).isZero();
    assertNothingIsLeft();
  }

  @Test
  @EnabledIfSystemProperty(named = "weir.long", matches = "true") // three quarters of a minute
  void bench_ofMemoryAndNeighbours_hasTheirFigures() throws Exception {
    Process bench = bench("latency,start,beside,after", "1", "weir");
    assertThat(bench.waitFor(2 * WAIT_SECONDS_MAX, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(bench.exitValue()).as(said()).isZero();
    assertThat(said()).containsPattern("4 cells with a window of 1 s: about \\d minutes");
    List<Map<String, Object>> cells = cells();
    Map<String, Object> latency = cell(cells, "latency");
    assertThat((Double) latency.get("p90_ms"))
        .isBetween((Double) latency.get("p50_ms"), (Double) latency.get("p99_ms"));
    assertThat((Double) latency.get("mb_per_s")).isPositive();
    Map<String, Object> start = cell(cells, "start");
    assertThat((Double) start.get("resident_start_mib")).isBetween(10.0, 1000.0);
    assertThat((Double) start.get("resident_warm_mib")).isBetween(10.0, 1000.0);
    Map<String, Object> beside = cell(cells, "beside");
    assertThat((Double) beside.get("alone_mb_per_s")).isPositive();
    assertThat((Double) beside.get("together_mb_per_s")).isPositive();
    assertThat((Double) beside.get("delivered_percent")).isPositive();
    Map<String, Object> after = cell(cells, "after");
    if (after.containsKey("charge_mib")) { // where the kernel or ss lets it be seen
      assertThat((Double) after.get("charge_after_mib"))
          .isBetween(10.0, (Double) after.get("charge_mib"));
    }
    assertNothingIsLeft();
  }

  @Test
  void bench_ofPaths_goesEveryWayIn() throws Exception {
    String ways = Program.LONG ? "http,tls,h2c,h2,forward,connect,socks5,tcp" : "http,h2,socks5";
    String whole = ways.replace(",", "-whole,") + "-whole";
    Process bench = bench(whole, "1", "weir", "--paths", "--size", "1m");
    assertThat(bench.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(bench.exitValue()).as(said()).isZero();
    List<Map<String, Object>> cells = cells();
    for (String workload : whole.split(",", -1)) {
      Map<String, Object> cell = cell(cells, workload);
      assertThat((Double) cell.get("cpu_s_per_gb")).as(workload).isPositive();
      assertThat((Double) cell.get("failed")).as(workload).isZero();
    }
    assertThat(folder.resolve("weir-bench-paths.md"))
        .content()
        .contains("| path |", "\n| HTTP/2 over TLS 1.3 | - | ", "\n| SOCKS5 | - | ");
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
  void bench_endedInTheMiddle_leavesNoProcess(String signal, int exitCode) throws Exception {
    Process bench = bench("bulk1", "60", "weir,nginx");
    awaitProcesses(PROCESSES_WHILE_MEASURING);
    new ProcessBuilder("kill", "-" + signal, Long.toString(bench.pid())).start().waitFor();
    assertThat(bench.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(bench.exitValue()).as(said()).isEqualTo(exitCode);
    if (signal.equals("KILL")) {
      awaitProcesses(0); // their guard ends them, a moment later
    } else {
      assertNothingIsLeft();
    }
  }

  @Test
  void bench_wrongUsage_exitsWith2AndSaysWhatWouldBeRight() throws Exception {
    Process bench = bench("bulk2", "1", "weir,nginx");
    assertThat(bench.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    assertThat(bench.exitValue()).isEqualTo(2);
    assertThat(said()).contains("--workloads: 'bulk2' is not one of bulk1, bulk16");
  }

  private String page() throws IOException {
    return Files.readString(folder.resolve("weir-bench.html"));
  }

  private List<Map<String, Object>> cells() throws IOException {
    String page = page();
    String begin = "<script type=\"application/json\" id=\"figures\">";
    String json = page.substring(page.indexOf(begin) + begin.length());
    return Json.objects(Json.parse(json.substring(0, json.indexOf("</script>"))), "cells");
  }

  private static Map<String, Object> cell(List<Map<String, Object>> cells, String workload) {
    return cells.stream()
        .filter(c -> workload.equals(c.get("workload")) && "weir".equals(c.get("peer")))
        .findFirst()
        .orElseThrow();
  }

  private Process bench(String workloads, String seconds, String peers, String... more)
      throws IOException {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    List<String> command =
        new ArrayList<>(List.of("env", "--default-signal=INT", launcher(), "bench", "--quick"));
    command.addAll(List.of("--seconds", seconds, "--workloads", workloads));
    command.addAll(List.of("--peers", peers, "--out", folder.toString()));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary);
    environment.put(mark.substring(0, mark.indexOf('=')), mark.substring(mark.indexOf('=') + 1));
    return builder.redirectOutput(folder.resolve("said").toFile()).start();
  }

  private static String launcher() {
    return Path.of(System.getProperty("weir.root"), "weir").toString();
  }

  private String said() throws IOException {
    return Files.readString(folder.resolve("said"));
  }

  private void assertNothingIsLeft() throws IOException, InterruptedException {
    awaitProcesses(0);
    assertThat(folder.resolve("tmp")).isEmptyDirectory();
  }

  private void awaitProcesses(int count) throws IOException, InterruptedException {
    long seconds = count == 0 ? END_SECONDS_MAX : WAIT_SECONDS_MAX;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (count == 0 ? !marked().isEmpty() : !measuring()) {
      assertThat(System.nanoTime()).as("as many as " + count + "; " + said()).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  /** Whether a proxy of ours is being measured. */
  private boolean measuring() throws IOException {
    List<ProcessHandle> all = marked();
    return all.size() >= PROCESSES_WHILE_MEASURING
        && all.stream().anyMatch(p -> p.info().commandLine().orElse("").contains(" serve "));
  }

  /** The living processes that the bench started, and itself. */
  private List<ProcessHandle> marked() throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : all) {
        if (environment(process).contains(mark)) {
          ProcessHandle.of(Long.parseLong(process.getFileName().toString())).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private static String environment(Path process) {
    try {
      byte[] bytes = Files.readAllBytes(process.resolve("environ"));
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // it has ended, or is another's
    }
  }
}
