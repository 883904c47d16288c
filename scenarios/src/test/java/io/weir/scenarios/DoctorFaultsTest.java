package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that cannot be looked at, and wrong usage: one clear sentence, never a guess. */
class DoctorFaultsTest {
  private static final List<String> NOBODY =
      List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

  /** All that it said, in one text. */
  private static String said(Program.Outcome outcome) {
    List<String> all = new ArrayList<>(outcome.out());
    all.addAll(outcome.err());
    return String.join("\n", all);
  }

  private static void checkRefused(Program.Outcome outcome, long pid, String word) {
    assertThat(outcome.exitCode()).as(said(outcome)).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).hasSizeBetween(1, 3);
    assertThat(outcome.err().getFirst()).startsWith("weir: ").contains(Long.toString(pid));
    assertThat(said(outcome)).containsIgnoringCase(word);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          doctor | PID
          doctor --json | PID
          doctor abc | abc
          doctor 0 | 0
          doctor -1 | -1
          doctor 1.5 | 1.5
          doctor 99999999999999999999 | 99999999999999999999
          doctor 1 2 | 2
          doctor 1 --watch | --watch
          doctor 1 --watch soon | soon
          doctor 1 --watch -3s | --watch
          doctor 1 --wach 3s | --watch
          doctor 1 --html | --html
          doctor 1 --json=yes | --json
          doctor --self nonsense | --self
          """)
  void doctor_wrongUsage_exitsWith2AndNamesIt(String words, String message) throws Exception {
    Program.Outcome outcome = Program.run(words.split(" ", -1));
    assertThat(outcome.exitCode()).as(said(outcome)).isEqualTo(2);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).isNotEmpty();
    assertThat(said(outcome)).contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--json"})
  void pid_ofNoProcess_isRefused(String option) throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    String pid = Long.toString(ended.pid());
    Program.Outcome outcome = option.isEmpty() ? Doctor.run(pid) : Doctor.run(pid, option);
    checkRefused(outcome, ended.pid(), "no ");
  }

  @Test
  void kernelThread_always_isRefused() throws Exception {
    Path maps = Path.of("/proc/2/status");
    assumeThat(maps).as("process 2 is seen").exists();
    assumeThat(Files.readAllLines(maps))
        .as("it is a kernel thread")
        .noneMatch(vm -> vm.startsWith("VmSize"));
    checkRefused(Doctor.run("2"), 2, "kernel");
  }

  @Test
  void zombie_always_isRefused() throws Exception {
    // It ends after the shell has become cat, which does not wait for children.
    String script = "sleep 0.5 & echo $!; exec cat";
    try (Target parent = Target.start(Map.of(), List.of("/bin/sh", "-c", script))) {
      long zombie = Long.parseLong(parent.line());
      while (!Files.readString(Path.of("/proc/" + zombie + "/stat")).contains(") Z ")) {
        Thread.onSpinWait();
      }
      checkRefused(Doctor.run(Long.toString(zombie)), zombie, "zombie");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {100, 300, 500, 700, 900, 1500})
  void target_killedAtAnyTime_endsTheWatchAtOnce(long millis) throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      target.told("hold 50000000 64");
      Doctor.Running doctor =
          Doctor.start(List.of(), Long.toString(target.pid()), "--watch", "50s", "--no-attach");
      target.process().waitFor(millis, TimeUnit.MILLISECONDS);
      target.process().destroyForcibly().waitFor();
      Program.Outcome outcome = doctor.await();
      assertThat(outcome.exitCode()).as(said(outcome)).isIn(0, 1, 12, 14, 20);
      assertThat(said(outcome))
          .containsAnyOf("ended", "is ending", "no process", "no such process");
    }
  }

  @Test
  void process_ofAnotherUser_isRefusedOrSaidToBeUnseen() throws Exception {
    Commands.assumeInstalled("setpriv");
    String dist = String.valueOf(System.getProperty("weir.dist"));
    assumeThat(asNobody("test", "-r", dist + "/weir.jar")).as("nobody may run Weir").isZero();
    try (Target target = Target.python(Map.of())) {
      target.told("hold 60000000");
      Doctor.Running doctor = Doctor.start(NOBODY, Long.toString(target.pid()));
      Program.Outcome outcome = doctor.await();
      assertThat(outcome.exitCode()).as(said(outcome)).isIn(1, 20);
      assertThat(said(outcome)).containsAnyOf("permit", "permission");
      assertThat(said(outcome)).containsAnyOf("root", "sudo", "same user", "the user of");
    }
  }

  private static int asNobody(String... words) throws Exception {
    List<String> command = new ArrayList<>(NOBODY);
    command.addAll(List.of(words));
    return new ProcessBuilder(command).start().waitFor();
  }

  @Test
  void program_of32Bits_isNotGuessed(@TempDir Path folder) throws Exception {
    try (Target target = thirtyTwoBits(folder)) {
      Program.Outcome outcome = Doctor.run(Long.toString(target.pid()));
      assertThat(outcome.exitCode()).as(said(outcome)).isIn(0, 1, 20);
      assertThat(said(outcome)).contains("32");
    }
  }

  private static Target thirtyTwoBits(Path folder) throws Exception {
    Target target = null;
    try {
      target = Target.start(Map.of(), List.of(Elf32.write(folder.resolve("cat32")).toString()));
      assertThat(target.ask("ready")).isEqualTo("ready");
      return target;
    } catch (IOException | AssertionError e) {
      if (target != null) {
        target.close();
      }
      assumeThat(e.getMessage()).as("this kernel runs programs of 32 bits").isNull();
      throw e;
    }
  }

  @Test
  void process_stopped_isStillExamined() throws Exception {
    try (Target target = Target.jvm(Target.ONE_ARENA)) {
      signal(target, "STOP");
      try {
        assertThat(Doctor.examine(target.pid()).counted()).isTrue();
      } finally {
        signal(target, "CONT");
      }
    }
  }

  private static void signal(Target target, String name) throws Exception {
    List<String> kill = List.of("/bin/sh", "-c", "kill -" + name + " " + target.pid());
    assertThat(new ProcessBuilder(kill).start().waitFor()).isZero();
  }
}
