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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The lab by way of the launcher, on the packaged program. All that it starts inherits a variable
 * of the environment, by which it is found.
 */
@Timeout(400)
class LabTest {
  private static final long WAIT_SECONDS_MAX = 300;
  private static final Pattern COUNTED = Pattern.compile("([0-9,]+) allocated, ([0-9,]+) freed");

  private final String mark = "WEIR_LAB_MARK=" + UUID.randomUUID();

  @TempDir Path folder;

  @AfterEach
  void endWhatIsLeft() throws IOException {
    for (ProcessHandle process : marked()) {
      process.destroyForcibly();
    }
  }

  @Test
  void lab_inItsSmallestSize_findsItsClaimsTrueAndLeavesNothing() throws Exception {
    // A reader so slow that a relay beside other tests is still faster.
    Process lab = lab("--quick", "--rate", "40m");
    assertThat(lab.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(lab.exitValue()).as(said()).isZero();
    for (String name :
        List.of("malloc", "unpiped", "gc", "counted", "piped", "rss-lies", "kernel")) {
      assertThat(said()).contains("=> " + name + ": the claim holds here: ");
      assertThat(folder.resolve("weir-lab-" + name + ".csv"))
          .content()
          .startsWith("run,phase,seconds,series,value,unit\n")
          .containsPattern(",bytes\n|,chunks\n");
    }
    Matcher counted = COUNTED.matcher(said());
    assertThat(counted.find()).as(said()).isTrue();
    assertThat(counted.group(1)).isEqualTo(counted.group(2));
    assertThat(said()).contains("The reader got 200 MB of 200 MB, each byte checked.");
    assertThat(folder.resolve("weir-lab.html"))
        .content()
        .contains("<svg role=\"img\"", "prefers-color-scheme: dark", "weir lab --quick --rate 40m")
        .doesNotContain("http://", "https://", "src=", "<script", "NaN");
    assertNothingIsLeft();
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
  void lab_endedInTheMiddle_leavesNoProcess(String signal, int exitCode) throws Exception {
    Process lab = lab("kernel");
    await(() -> said().contains(" readers "));
    new ProcessBuilder("kill", "-" + signal, Long.toString(lab.pid())).start().waitFor();
    assertThat(lab.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).as(said()).isTrue();
    assertThat(lab.exitValue()).as(said()).isEqualTo(exitCode);
    assertNothingIsLeft();
  }

  @Test
  void lab_wrongUsage_exitsWith2AndSaysWhatWouldBeRight() throws Exception {
    Process lab = lab("mallok");
    assertThat(lab.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    assertThat(lab.exitValue()).isEqualTo(2);
    assertThat(said()).contains("there is no experiment 'mallok'; there are malloc, unpiped");
  }

  private Process lab(String... arguments) throws IOException {
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT", launcher()));
    command.add("lab");
    command.addAll(List.of(arguments));
    command.addAll(List.of("--out", folder.toString()));
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
    await(() -> marked().isEmpty());
    assertThat(folder.resolve("tmp")).isEmptyDirectory();
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void await(Condition condition) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as(said()).isLessThan(deadline);
      Thread.sleep(50);
    }
  }

  /** The living processes that the lab started, and itself. */
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
