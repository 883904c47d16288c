package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.scenarios.Doctor.Report;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What goes on while the doctor watches: growth that is a leak, and growth that is none. Some
 * watches run at the same time; one that was starved by others is done again without them.
 */
@Tag("quiet")
class DoctorWatchTest {
  private static final String LEAK = "leak 1000000 1024";
  private static final String WATCH = "16s";

  /** Each of these processes does what its command says, from the beginning of the watch on. */
  enum Case {
    LEAK_WATCHED(LEAK, WATCH),
    LEAK_TRACKED(LEAK, WATCH, "-XX:NativeMemoryTracking=summary"),
    CACHE("fill 60000000 1000 2500", WATCH),
    SAWTOOTH("saw 40000000 1000 3000", WATCH),
    CONSTANT_LOAD("churn", WATCH),
    GARBAGE("garbage 20000000", WATCH),
    HELD("hold 100000000 1000", WATCH),
    HELD_BY_PYTHON("hold 100000000", WATCH, ""),
    LEAK_WATCHED_SHORTLY(LEAK, "5s"),
    FAST_LEAK_WATCHED_SHORTLY("leak 8000000 1024", "5s");

    private final String command;
    private final String watch;
    private final String jvmOption;

    Case(String command, String watch) {
      this(command, watch, "-XX:NativeMemoryTracking=off");
    }

    Case(String command, String watch, String jvmOption) {
      this.command = command;
      this.watch = watch;
      this.jvmOption = jvmOption;
    }

    Report observe() throws Exception {
      try (Target target = start()) {
        target.told(command);
        return Doctor.examine(target.pid(), "--watch", watch);
      }
    }

    private Target start() throws Exception {
      return this == HELD_BY_PYTHON
          ? Target.python(Map.of())
          : Target.jvm(Target.ONE_ARENA, jvmOption);
    }
  }

  /** More of them starve each other on two cores: a doctor must get a look a second. */
  private static final int AT_ONCE_MAX = 4;

  private static final ExecutorService THREADS = Executors.newFixedThreadPool(AT_ONCE_MAX);
  private static final Map<Case, Future<Report>> REPORTS = new EnumMap<>(Case.class);

  @BeforeAll
  static void startAll() {
    for (Case patient : Case.values()) {
      REPORTS.put(patient, THREADS.submit(patient::observe));
    }
  }

  @AfterAll
  static void stop() {
    THREADS.shutdownNow();
  }

  private static Report report(Case patient) throws Exception {
    Future<Report> first = REPORTS.get(patient);
    assertThat(first).isNotNull();
    Report report = first.get();
    if (!patient.watch.equals(WATCH) || !report.starved()) {
      return report;
    }
    THREADS.shutdown();
    assertThat(THREADS.awaitTermination(Program.WAIT_SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    return patient.observe();
  }

  @ParameterizedTest
  @EnumSource(names = {"LEAK_WATCHED", "LEAK_TRACKED"})
  void leak_underConstantLoad_isSuspectedAndItsSizeNamed(Case patient) throws Exception {
    Report report = report(patient);
    assertThat(report.verdict()).as(report.toString()).isEqualTo("LEAK-SUSPECT");
    Map<String, Object> finding = report.finding("LEAK-SUSPECT");
    assertThat(finding.toString()).contains("1,040");
    assertThat(Json.number(finding, "bytes")).isBetween(5_000_000L, 25_000_000L);
  }

  @Test
  void leak_watchedForTooShort_isTooEarly() throws Exception {
    Report report = report(Case.FAST_LEAK_WATCHED_SHORTLY);
    assertThat(report.verdict()).as(report.toString()).isEqualTo("TOO-EARLY");
    assertThat(report.verdicts()).doesNotContain("LEAK-SUSPECT");
  }

  /** Some megabytes in a few seconds: too early, or too little to speak of. */
  @Test
  void leak_smallAndWatchedForTooShort_isNotAccused() throws Exception {
    Report report = report(Case.LEAK_WATCHED_SHORTLY);
    assertThat(report.verdict()).as(report.toString()).isIn("TOO-EARLY", "HEALTHY");
  }

  @ParameterizedTest
  @EnumSource(names = {"CACHE", "CONSTANT_LOAD"})
  void growth_thatStopsOrIsNone_isNoAlarm(Case patient) throws Exception {
    Report report = report(patient);
    assertThat(report.verdict()).as(report.toString()).isIn("HEALTHY", "PLATEAU");
    assertThat(report.verdicts()).doesNotContain("LEAK-SUSPECT");
  }

  @ParameterizedTest
  @EnumSource(names = {"SAWTOOTH", "GARBAGE", "HELD", "HELD_BY_PYTHON"})
  void size_withoutLastingGrowth_isNoLeak(Case patient) throws Exception {
    Report report = report(patient);
    assertThat(report.verdicts()).as(report.toString()).doesNotContain("LEAK-SUSPECT", "BUFFERING");
  }

  @ParameterizedTest
  @EnumSource(names = {"HELD", "HELD_BY_PYTHON"})
  void size_heldThroughTheWatch_isNotTooEarlyToTell(Case patient) throws Exception {
    Report report = report(patient);
    assertThat(report.verdicts()).as(report.toString()).doesNotContain("TOO-EARLY");
  }
}
