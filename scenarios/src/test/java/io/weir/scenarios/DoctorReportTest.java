package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the report looks like: text, JSON, a page; whole or interrupted. */
class DoctorReportTest {
  /** Anything that would make a browser ask for something else. */
  private static final Pattern OUTSIDE =
      Pattern.compile(
          "(src|srcset|href|action|data|poster)\\s*=\\s*[\"']?\\s*(https?:|//|file:)"
              + "|url\\(\\s*[\"']?(https?:|//)|@import",
          Pattern.CASE_INSENSITIVE);

  private static final String HOSTILE = "<script>alert(1)</script>\"'&";

  @Test
  void text_withoutATerminal_beginsWithTheAnswerAndIsPlain() throws Exception {
    try (Target target = Target.python(Map.of())) {
      target.told("hold 100000000").told("drop");
      Program.Outcome outcome = Doctor.run(Long.toString(target.pid()));
      assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(12);
      assertThat(outcome.out().getFirst())
          .startsWith("RETAINED")
          .contains(" MB")
          .contains(Long.toString(target.pid()));
      assertThat(outcome.out()).noneMatch(line -> line.indexOf('\u001b') >= 0);
      assertThat(outcome.out()).anyMatch(line -> line.contains("unaccounted"));
      assertThat(outcome.out()).anyMatch(line -> line.contains("malloc_trim"));
    }
  }

  @Test
  void watch_interrupted_reportsOnWhatWasSeen() throws Exception {
    try (Target target = Target.python(Map.of())) {
      target.told("hold 100000000").told("drop");
      String pid = Long.toString(target.pid());
      Program doctor = Program.start("doctor", pid, "--watch", "10m", "--no-attach");
      Looks looks = new Looks(doctor.pid(), target.pid());
      doctor.await("it watches", () -> looks.count() == 2);
      doctor.signal("INT");
      int code = doctor.awaitExit();
      assertThat(doctor.out().lines()).as(doctor.said()).isNotEmpty();
      String verdict = doctor.out().lines().getFirst().split(" ", 2)[0];
      assertThat(Doctor.EXIT_CODES).containsEntry(verdict, code);
      doctor.close();
    }
  }

  /**
   * Counts a doctor's looks: it reads, is quiet for a while, and reads again; proc_pid_io(5). From
   * the first one on, in which it has the other's memory open: a start may have pauses too.
   */
  private static final class Looks {
    private static final int QUIET_SAMPLES = 10;

    private final Path io;
    private final Path descriptors;
    private final Set<Path> memory;
    private boolean begun;
    private long readBytes;
    private int quiet;
    private int looks;

    Looks(long doctor, long patient) {
      io = Path.of("/proc/" + doctor + "/io");
      descriptors = Path.of("/proc/" + doctor + "/fd");
      memory = Set.of(Path.of("/proc/" + patient + "/mem"), Path.of("/proc/" + patient + "/smaps"));
    }

    /** To be called every few hundredths of a second. */
    int count() throws IOException {
      long now = readBytes();
      if (now == readBytes) {
        quiet++;
      } else {
        looks += begun && quiet >= QUIET_SAMPLES ? 1 : 0;
        quiet = 0;
        readBytes = now;
      }
      if (!begun && reads()) {
        begun = true;
        quiet = 0;
      }
      return looks;
    }

    private boolean reads() throws IOException {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
        for (Path link : all) {
          if (memory.contains(Files.readSymbolicLink(link))) {
            return true;
          }
        }
      } catch (NoSuchFileException e) {
        return false; // closed meanwhile
      }
      return false;
    }

    private long readBytes() throws IOException {
      for (String line : Files.readAllLines(io)) {
        if (line.startsWith("rchar:")) {
          return Long.parseLong(line.substring(6).strip());
        }
      }
      throw new IOException("no rchar in " + io);
    }
  }

  @Test
  void page_ofAHostileName_isEscapedAndSelfContained(@TempDir Path folder) throws Exception {
    try (Target target = Target.named(HOSTILE)) {
      checkPage(folder.resolve("a.html"), target, "&lt;script&gt;alert(1)");
    }
  }

  @Test
  void page_ofAHostileFileName_isEscapedAndSelfContained(@TempDir Path folder) throws Exception {
    Path cat = Files.copy(Path.of("/bin/cat"), folder.resolve("<img src=x>"));
    try (Target target = Target.start(Map.of(), List.of(cat.toString()))) {
      assertThat(target.ask("ready")).isEqualTo("ready");
      checkPage(folder.resolve("b.html"), target, "&lt;img src=x&gt;");
    }
  }

  private static void checkPage(Path file, Target target, String escaped) throws Exception {
    String pid = Long.toString(target.pid());
    Program.Outcome outcome = Doctor.run(pid, "--html", file.toString());
    assertThat(outcome.exitCode()).as("%s", outcome).isZero();
    String page = Files.readString(file);
    assertThat(page).startsWith("<!doctype html>").contains("</html>", "<svg", escaped, pid);
    assertThat(page).doesNotContain("alert(1)</script", "<img src=x");
    assertThat(OUTSIDE.matcher(page).results().map(found -> found.group()).toList()).isEmpty();
  }

  @Test
  void page_thatCannotBeWritten_isAClearError(@TempDir Path folder) throws Exception {
    try (Target target = Target.named("patient")) {
      Path nowhere = folder.resolve("none/x.html");
      Program.Outcome outcome =
          Doctor.run(Long.toString(target.pid()), "--html", nowhere.toString());
      assertThat(outcome.exitCode()).as("%s", outcome).isIn(1, 2);
      assertThat(outcome.err()).anyMatch(line -> line.contains(nowhere.toString()));
    }
  }

  @Test
  void json_ofAHostileName_isOneObject() throws Exception {
    try (Target target = Target.named(HOSTILE)) {
      Doctor.Report report = Doctor.examine(target.pid());
      assertThat(report.verdict()).as(report.toString()).isEqualTo("HEALTHY");
    }
  }

  @Test
  void watch_inJson_countsItsLooks() throws Exception {
    try (Target target = Target.named("patient")) {
      Doctor.Report report = Doctor.examine(target.pid(), "--watch", "2s");
      assertThat(report.verdict()).as(report.toString()).isIn("HEALTHY", "PLATEAU");
    }
  }
}
