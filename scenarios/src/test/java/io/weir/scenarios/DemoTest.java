package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a newcomer runs first. */
class DemoTest {
  private static final String STATUS =
      "[0-9.,]+ MB rss +[0-9.,]+ charge +([0-9.,]+ live +)?[0-9.,]+ kernel +\\d+ flows +[0-9.,]+ MB/s +[0-9.,]+ GB so far";

  @Test
  void demo_forSomeSeconds_showsStatusAndSummaryAndExitsWith0() throws Exception {
    Program.Outcome run = Program.run("demo", "--seconds", "5", "--readers", "50", "--listen", "0");
    String out = String.join("\n", run.out());
    assertThat(run.exitCode()).as(out + run.err()).isZero();
    assertThat(run.out().getFirst())
        .startsWith("An endless disk image, 50 readers that take 20kB/s each, and 2 that take all");
    assertThat(out).contains("  curl -o /dev/null http://127.0.0.1:").contains("/flows\n");
    List<String> status = run.out().stream().filter(line -> line.matches(STATUS)).toList();
    assertThat(status).as(out).hasSizeBetween(2, 6);
    assertThat(status.getLast()).contains(" 52 flows ");
    assertThat(out).contains("readers: 52 right in every byte, 0 failed.");
    assertThat(run.err()).noneMatch(line -> line.contains(" error  "));
  }

  @Test
  void demo_interrupted_endsWithItsSummary() throws Exception {
    try (Program demo = Program.start("demo", "--readers", "5", "--fast", "0", "--listen", "0")) {
      demo.out().await(line -> line.matches(STATUS));
      ProcessHandle child = child(demo);
      demo.signal("INT");
      assertThat(demo.awaitExit()).as(demo.said()).isZero();
      assertThat(demo.out().lines()).contains("readers: 5 right in every byte, 0 failed.");
      assertThat(child.isAlive()).isFalse();
    }
  }

  @Test
  void demo_killed_takesItsChildAlong() throws Exception {
    try (Program demo = Program.start("demo", "--readers", "5", "--fast", "0", "--listen", "0")) {
      demo.out().await(line -> line.matches(STATUS));
      ProcessHandle child = child(demo);
      demo.signal("KILL");
      demo.awaitExit();
      child.onExit().get(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS);
      assertThat(child.isAlive()).isFalse();
    }
  }

  private static ProcessHandle child(Program demo) {
    Optional<ProcessHandle> child = demo.process().children().findFirst();
    assertThat(child).isPresent();
    return child.orElseThrow();
  }
}
