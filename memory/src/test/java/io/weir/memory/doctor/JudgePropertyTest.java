package io.weir.memory.doctor;

import static io.weir.memory.doctor.Patient.MB;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.census.Census;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** What must never be called a leak, whatever its size and the watch's length. */
class JudgePropertyTest {
  private static final String SEED = "20260101";

  /** A watch of a process whose live megabytes go by {@code shape}, a look a second. */
  private static Patient watch(Patient patient, int looks, IntToDoubleFunction shape) {
    for (int i = 0; i < looks; i++) {
      patient.liveBytes = Math.max(0, (long) (shape.applyAsDouble(i) * MB));
      patient.look(1);
    }
    return patient;
  }

  private static void assertNoLeak(Patient patient) {
    assertThat(patient.judge().findings())
        .isNotEmpty()
        .extracting(Finding::verdict)
        .doesNotContain(Verdict.LEAK_SUSPECT);
  }

  @Property(seed = SEED)
  void leak_underTwelveSeconds_isNeverNamed(
      @ForAll @IntRange(min = 1, max = 40) int looks,
      @ForAll @DoubleRange(min = 0, max = 11.9) double seconds,
      @ForAll @DoubleRange(min = 0, max = 500) double rate) {
    Patient patient = new Patient();
    for (int i = 0; i < looks; i++) {
      patient.liveBytes += (long) (rate * MB);
      patient.look(seconds / Math.max(1, looks - 1));
    }
    assertNoLeak(patient);
  }

  @Property(seed = SEED)
  void leak_fewerThanTenLooks_isNeverNamed(
      @ForAll @IntRange(min = 1, max = 9) int looks,
      @ForAll @DoubleRange(min = 1, max = 500) double rate) {
    Patient patient = new Patient();
    for (int i = 0; i < looks; i++) {
      patient.liveBytes += (long) (rate * MB);
      patient.look(10);
    }
    assertNoLeak(patient);
  }

  @Property(seed = SEED)
  void leak_growthThatStops_isNeverNamed(
      @ForAll @IntRange(min = 12, max = 120) int looks,
      @ForAll @DoubleRange(min = 0.05, max = 0.75) double full,
      @ForAll @DoubleRange(min = 1, max = 5000) double size) {
    double last = (looks - 1) * full;
    assertNoLeak(watch(new Patient(), looks, i -> 5 + size * Math.min(1, i / last)));
  }

  @Property(seed = SEED)
  void leak_cacheThatFillsEverSlower_isNeverNamed(
      @ForAll @IntRange(min = 12, max = 120) int looks,
      @ForAll @DoubleRange(min = 0.05, max = 0.6) double timeConstant,
      @ForAll @DoubleRange(min = 1, max = 5000) double size) {
    double tau = (looks - 1) * timeConstant;
    assertNoLeak(watch(new Patient(), looks, i -> 5 + size * (1 - Math.exp(-i / tau))));
  }

  /** A program that has just started frees what starting took, and leaks all the same. */
  @Property(seed = SEED)
  void leak_afterAnEarlyFall_isNamed(
      @ForAll @IntRange(min = 16, max = 120) int looks,
      @ForAll @DoubleRange(min = 0, max = 5) double fall,
      @ForAll @DoubleRange(min = 0, max = 0.4) double when,
      @ForAll @DoubleRange(min = 1.5, max = 100) double rate) {
    double fallen = looks * when;
    Patient patient = watch(new Patient(), looks, i -> 10 + rate * i - (i < fallen ? 0 : fall));

    assertThat(patient.judge().findings())
        .extracting(Finding::verdict)
        .contains(Verdict.LEAK_SUSPECT);
  }

  @Property(seed = SEED)
  void leak_sawtooth_isNeverNamed(
      @ForAll @IntRange(min = 12, max = 120) int looks,
      @ForAll @DoubleRange(min = 2, max = 60) double period,
      @ForAll @DoubleRange(min = 0, max = 1) double phase,
      @ForAll @DoubleRange(min = 1, max = 5000) double size) {
    // One tooth that spans the whole watch is a line: a collector shows within the watch.
    double teeth = Math.min(period, (looks - 1) / 2.5);
    assertNoLeak(watch(new Patient(), looks, i -> 20 + size * ((i / teeth + phase) % 1)));
  }

  @Property(seed = SEED)
  void leak_jump_isNeverNamed(
      @ForAll @IntRange(min = 12, max = 120) int looks,
      @ForAll @DoubleRange(min = 0, max = 1) double when,
      @ForAll @DoubleRange(min = 1, max = 5000) double size) {
    assertNoLeak(watch(new Patient(), looks, i -> 20 + (i < when * looks ? 0 : size)));
  }

  @Property(seed = SEED)
  void leak_constant_isHealthy(
      @ForAll @IntRange(min = 12, max = 120) int looks,
      @ForAll @LongRange(min = 0, max = 10_000) long size) {
    Patient patient = watch(new Patient(), looks + 1, i -> size);
    assertThat(patient.judge().findings())
        .extracting(Finding::verdict)
        .containsExactly(Verdict.HEALTHY);
  }

  @Property(seed = SEED)
  void leak_noise_isNeverNamed(
      @ForAll @IntRange(min = 10, max = 120) int looks,
      @ForAll long seed,
      @ForAll @DoubleRange(min = 1, max = 5000) double size) {
    Random random = new Random(seed);
    Patient patient = watch(new Patient(), looks, i -> 5 + size * random.nextDouble());
    assertNoLeak(patient);
  }

  @Property(seed = SEED)
  void leak_growthWhileBlocked_isNeverNamed(
      @ForAll @IntRange(min = 2, max = 60) int looks,
      @ForAll @IntRange(min = 1, max = 20) int readers,
      @ForAll @DoubleRange(min = 0, max = 500) double rate) {
    Patient patient = new Patient();
    patient.sockets = Patient.stalled(readers);
    assertNoLeak(watch(patient, looks, i -> 5 + rate * i));
  }

  @Property(seed = SEED)
  void leak_steadyGrowth_isNamedInspiteOfNoise(
      @ForAll @IntRange(min = 16, max = 120) int looks,
      @ForAll long seed,
      @ForAll @DoubleRange(min = 1, max = 200) double rate) {
    Random random = new Random(seed);
    Patient patient = watch(new Patient(), looks, i -> 5 + rate * (i + 0.5 * random.nextDouble()));
    assertThat(patient.judge().findings().getFirst().verdict()).isEqualTo(Verdict.LEAK_SUSPECT);
  }

  @Property(seed = SEED)
  void judge_anySizes_hasWordsForThemAndNeverFails(
      @ForAll @LongRange(min = 0, max = 4_000_000_000L) long live,
      @ForAll @LongRange(min = 0, max = 4_000_000_000L) long kept,
      @ForAll @LongRange(min = 0, max = 4_000_000_000L) long other,
      @ForAll @IntRange(min = 1, max = 64) int arenas,
      @ForAll @IntRange(min = 0, max = 3) int looks) {
    Patient patient = new Patient();
    patient.liveBytes = live;
    patient.keptBytes = kept;
    patient.trimmableBytes = kept / 2;
    patient.lazyBytes = other / 2;
    patient.fileBytes = other;
    patient.arenas = arenas;
    patient.look(0);
    for (int i = 0; i < looks; i++) {
      patient.look(7);
    }
    Diagnosis diagnosis = patient.judge();
    for (Finding finding : diagnosis.findings()) {
      assertThat(finding.sentence()).contains("PID 4711");
      assertThat(finding.bytes()).isNotNegative();
    }
    assertThat(TextReport.of(diagnosis, false, 80)).isASCII();
  }

  @Property(seed = SEED)
  void leak_uncountedShortOrSmall_isNeverNamed(
      @ForAll @IntRange(min = 10, max = 19) int looks,
      @ForAll @DoubleRange(min = 0, max = 500) double rate) {
    Patient patient = new Patient();
    patient.census = new Census.OtherAllocator("musl", "/lib/ld-musl-x86_64.so.1", List.of(), 1);
    assertNoLeak(watch(patient, looks, i -> 5 + rate * i));
  }
}
