package io.weir.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line, and what is written. */
class LabTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int lab(String... args) throws InterruptedException {
    return Lab.run(List.of(args), new PrintStream(out, true), new PrintStream(err, true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "leaks            | there is no experiment 'leaks'; there are malloc, unpiped, gc, counted, piped",
        "--fast           | unknown option --fast; there are --list, --quick, --out",
        "--body=1k        | --body: 1k is not between 100,000,000 and",
        "--chunk=64x      | --chunk: ",
        "--blocks=0       | --blocks: 0 is not between 1,000 and",
        "--readers=999999 | --readers: 999999 is not between 10 and 20,000",
        "--rate=1         | --rate: 1 is not between",
        "--out=/nowhere   | --out: '/nowhere' is not a folder",
        "--out            | --out needs a value",
      })
  void wrongUsage_always_exitsWith2AndSaysWhatWouldBeRight(String word, String message)
      throws InterruptedException {
    assertThat(lab(word.strip())).isEqualTo(Lab.WRONG_USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message, "Try 'weir lab --help'.");
    assertThat(out.size()).isZero();
  }

  @Test
  void page_thatCannotBeWritten_isSaidBeforeAnythingRuns() throws Exception {
    Files.createDirectory(folder.resolve(Report.PAGE));
    assertThat(lab("malloc", "--out", folder.toString())).isEqualTo(Lab.WRONG_USAGE);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("cannot be written to");
    assertThat(out.size()).isZero();
  }

  @Test
  void list_always_namesEachExperimentAndItsClaim() throws InterruptedException {
    assertThat(lab("--list")).isZero();
    for (Experiment experiment : Experiments.all()) {
      assertThat(out.toString(StandardCharsets.UTF_8))
          .contains(experiment.name(), experiment.claim());
    }
  }

  @Test
  void report_ofSamples_isOnePageAndACsv() throws Exception {
    Trace trace =
        new Trace(
            "one",
            "A <trace>",
            Trace.MB,
            List.of(Trace.RSS, Trace.LIVE),
            List.of(
                new Trace.Sample(0.5, "start", List.of(1_000_000L, -1L)),
                new Trace.Sample(1.5, "end", List.of(2_000_000L, 500_000L))));
    Outcome outcome = new Outcome(Outcome.Verdict.DOES_NOT_HOLD, "2.0 MB", List.of("It is 1 & 1."));
    Result result =
        new Result(
            "malloc", "It <holds>.", outcome, List.of(trace), List.of(), List.of(), List.of(trace));
    Settings settings = LabOptions.read(List.of("--out", folder.toString()));
    Report.write(settings, List.of(result), 3);
    assertThat(folder.resolve(Report.PAGE))
        .content()
        .contains("the claim does not hold here", "It &lt;holds&gt;.", "It is 1 &amp; 1.")
        .contains("<svg role=\"img\"", "prefers-color-scheme: dark", ">seconds</text>", "glibc")
        .doesNotContain("http://", "https://", "src=", "<script", "NaN");
    assertThat(folder.resolve("weir-lab-malloc.csv"))
        .content()
        .isEqualTo(
            """
            run,phase,seconds,series,value,unit
            one,start,0.500,"RSS",1000000,bytes
            one,start,0.500,"live in malloc",,bytes
            one,end,1.500,"RSS",2000000,bytes
            one,end,1.500,"live in malloc",500000,bytes
            """);
  }

  @Test
  void child_whenItsInputEnds_ends() throws Exception {
    Child child = Child.java(MallocChild.class, Map.of());
    child.ask("alloc 100 1000");
    ProcessHandle process = ProcessHandle.of(child.pid()).orElseThrow();
    child.close();
    assertThat(process.isAlive()).isFalse();
  }
}
