package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** {@code ./weir doctor}, run as a user runs it. */
final class Doctor {
  /** What the doctor can say, and what it exits with when it says that first. */
  static final Map<String, Integer> EXIT_CODES =
      Map.ofEntries(
          Map.entry("LEAK-SUSPECT", 10),
          Map.entry("BUFFERING", 11),
          Map.entry("RETAINED", 12),
          Map.entry("FRAGMENTED", 12),
          Map.entry("POOLED", 12),
          Map.entry("MANAGED-HEAP", 12),
          Map.entry("LAZY-FREE", 12),
          Map.entry("MANY-ARENAS", 12),
          Map.entry("FILES", 13),
          Map.entry("KERNEL", 13),
          Map.entry("HUGE-PAGES", 14),
          Map.entry("THREAD-STACKS", 14),
          Map.entry("OTHER-ALLOCATOR", 20),
          Map.entry("TOO-EARLY", 20),
          Map.entry("HEALTHY", 0),
          Map.entry("PLATEAU", 0));

  /** What it wants of a watch before it speaks of growth. */
  private static final int LOOKS_MIN = 10;

  private static final int GAP_PART = 5;

  private Doctor() {}

  /** Starts it, and does not wait. */
  static Running start(List<String> prefix, String... words) throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(List.of(Path.of(property("weir.root"), "weir").toString(), "doctor"));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment
        .keySet()
        .removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "WEIR_JAVA_OPTS"));
    environment.put("JAVA_HOME", property("java.home"));
    return new Running(builder.start());
  }

  /** Runs it to its end. */
  static Program.Outcome run(String... words) throws Exception {
    return start(List.of(), words).await();
  }

  /** Examines a process, and holds the report to the contract. */
  static Report examine(long pid, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of(Long.toString(pid), "--json"));
    words.addAll(List.of(options));
    return Report.of(pid, run(words.toArray(String[]::new)));
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty(name), name);
  }

  /** A doctor at work. */
  static final class Running {
    private final Process process;
    private final Program.Output out;
    private final Program.Output err;

    private Running(Process process) throws IOException {
      this.process = process;
      out = new Program.Output(process.getInputStream());
      err = new Program.Output(process.getErrorStream());
      process.getOutputStream().close();
    }

    /** Waits for its end; it never ends in a stack trace. */
    Program.Outcome await() throws Exception {
      try {
        assertThat(process.waitFor(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS))
            .as("it ended; it said %s %s", out.lines(), err.lines())
            .isTrue();
        out.awaitEnd();
        err.awaitEnd();
        List<String> said = new ArrayList<>(out.lines());
        said.addAll(err.lines());
        assertThat(said)
            .noneMatch(line -> line.startsWith("\tat ") || line.contains("Exception in thread"));
        return new Program.Outcome(process.exitValue(), out.lines(), err.lines());
      } finally {
        process.destroyForcibly();
      }
    }
  }

  /**
   * What it found.
   *
   * @param json the whole report
   */
  record Report(int exitCode, Map<String, Object> json) {
    private static Report of(long pid, Program.Outcome outcome) throws IOException {
      assertThat(outcome.out()).as(outcome.err().toString()).isNotEmpty();
      Report report = new Report(outcome.exitCode(), Json.parse(String.join("\n", outcome.out())));
      report.checkContract(pid);
      return report;
    }

    private void checkContract(long pid) throws IOException {
      assertThat(Json.number(json, "pid")).isEqualTo(pid);
      assertThat(rssBytes()).isPositive();
      assertThat(json.get("allocator")).isInstanceOf(String.class).asString().isNotBlank();
      checkLedger(Json.objects(json, "ledger"), chargeBytes());
      List<Map<String, Object>> findings = Json.objects(json, "verdicts");
      assertThat(findings).isNotEmpty();
      for (Map<String, Object> finding : findings) {
        assertThat(EXIT_CODES).containsKey(String.valueOf(finding.get("verdict")));
        assertThat(Json.number(finding, "bytes")).isNotNegative();
        assertThat(finding.get("sentence")).isInstanceOf(String.class).asString().isNotBlank();
      }
      assertThat(exitCode).as(this.toString()).isEqualTo(EXIT_CODES.get(verdict()));
      if (counted()) {
        Map<String, Object> malloc = Json.object(json, "malloc");
        assertThat(malloc).containsKey("self_check");
        assertThat(trimmableBytes()).isBetween(0L, rssBytes());
        assertThat(liveBytes()).isPositive();
        assertThat(freeBytes()).isNotNegative();
      }
    }

    /** Rows that add up to the charge; only what is unaccounted may be less than nothing. */
    static void checkLedger(List<Map<String, Object>> rows, long chargeBytes) throws IOException {
      assertThat(chargeBytes).isPositive();
      long sum = 0;
      for (Map<String, Object> row : rows) {
        long bytes = Json.number(row, "bytes");
        sum += bytes;
        if (!"unaccounted".equals(row.get("name"))) {
          assertThat(bytes).as(row.toString()).isNotNegative();
        }
      }
      assertThat(sum).as(rows.toString()).isEqualTo(chargeBytes);
      assertThat(rows).extracting(row -> row.get("name")).contains("unaccounted");
    }

    /**
     * Whether it had too few looks for its time, or none for too long: then it cannot tell growth,
     * whatever the process did. Says nothing of a glance.
     */
    boolean starved() throws IOException {
      List<Map<String, Object>> series = Json.objects(json, "series");
      long longest = 0;
      for (int i = 1; i < series.size(); i++) {
        long before = Json.number(series.get(i - 1), "at_ms");
        longest = Math.max(longest, Json.number(series.get(i), "at_ms") - before);
      }
      return series.size() < LOOKS_MIN || longest > Json.number(json, "watch_ms") / GAP_PART;
    }

    /** The weightiest. */
    String verdict() throws IOException {
      return verdicts().getFirst();
    }

    List<String> verdicts() throws IOException {
      return Json.objects(json, "verdicts").stream()
          .map(finding -> String.valueOf(finding.get("verdict")))
          .toList();
    }

    Map<String, Object> finding(String verdict) throws IOException {
      return Json.objects(json, "verdicts").stream()
          .filter(finding -> verdict.equals(finding.get("verdict")))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + verdict + " in " + json));
    }

    String allocator() {
      return String.valueOf(json.get("allocator"));
    }

    long rssBytes() throws IOException {
      return Json.number(json, "rss_bytes");
    }

    long chargeBytes() throws IOException {
      return Json.number(json, "charge_bytes");
    }

    /** Could malloc be counted? */
    boolean counted() {
      return json.get("malloc") instanceof Map<?, ?> malloc && malloc.containsKey("live_bytes");
    }

    long liveBytes() throws IOException {
      return Json.number(Json.object(json, "malloc"), "live_bytes");
    }

    long freeBytes() throws IOException {
      return Json.number(Json.object(json, "malloc"), "free_bytes");
    }

    long trimmableBytes() throws IOException {
      return Json.number(Json.object(json, "malloc"), "trimmable_bytes");
    }

    /** The bytes of a row of the ledger. */
    long row(String name) throws IOException {
      return row(Json.objects(json, "ledger"), name);
    }

    static long row(List<Map<String, Object>> rows, String name) throws IOException {
      for (Map<String, Object> row : rows) {
        if (name.equals(row.get("name"))) {
          return Json.number(row, "bytes");
        }
      }
      throw new IOException("no row " + name + " in " + rows);
    }
  }
}
