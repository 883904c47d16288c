package io.weir.memory.doctor;

import static io.weir.memory.doctor.Patient.MB;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.memory.census.Census;
import io.weir.memory.census.SizeClass;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class JudgeTest {
  private static Verdict verdict(Patient patient) {
    return patient.judge().findings().getFirst().verdict();
  }

  private static Finding first(Patient patient) {
    return patient.judge().findings().getFirst();
  }

  private static Patient growing(Patient patient, int looks, double bytesPerSecond) {
    for (int i = 0; i < looks; i++) {
      patient.look(1);
      patient.liveBytes += (long) bytesPerSecond;
    }
    return patient;
  }

  @Test
  void story_idle_isHealthyAndSaysThatGrowthNeedsAWatch() {
    Finding finding = first(Patient.node().look(0));

    assertThat(finding.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(finding.sentence()).contains("nothing stands out now; growth needs a watch");
    assertThat(finding.harmlessWhen()).isEqualTo("it does not grow");
  }

  @Test
  void story_stalledReaders_isBufferingAndNamesThem() {
    Patient patient = Patient.node();
    patient.liveBytes = 626_700_000;
    patient.keptBytes = 26_800_000;
    patient.trimmableBytes = 18_100_000;
    patient.sockets = Patient.stalled(3);

    Finding finding = first(patient.look(0));

    assertThat(finding.verdict()).isEqualTo(Verdict.BUFFERING);
    assertThat(finding.bytes()).isEqualTo(626_700_000);
    assertThat(finding.sentence())
        .isEqualTo("up to 626.7 MB wait in node (PID 4711) for 3 readers that do not read");
    assertThat(finding.arithmetic())
        .contains(
            "blocked: 127.0.0.1:3001 -> 127.0.0.1:40002 (fd 12), 4.2 MB queued of a buffer of"
                + " 4.2 MB");
    assertThat(finding.next()).anyMatch(next -> next.contains("stream.pipeline"));
    assertThat(patient.judge().exitCode()).isEqualTo(11);
  }

  @Test
  void story_drainedBeforeCollection_isHeldByObjectsNotYetCollected() {
    Patient patient = Patient.node();
    patient.liveBytes = 622_800_000;
    patient.keptBytes = 31_500_000;
    patient.trimmableBytes = 22_200_000;
    patient.sockets = List.of(Patient.socket(1, 0, 0));

    assertThat(verdict(patient.look(0))).isEqualTo(Verdict.TOO_EARLY);
    assertThat(verdict(patient.look(0.5))).isEqualTo(Verdict.MANAGED_HEAP);
  }

  @Test
  void story_afterCollection_isRetainedByWhatATrimGivesBack() {
    Patient patient = Patient.node();
    patient.liveBytes = 2_900_000;
    patient.keptBytes = 630_300_000;
    patient.trimmableBytes = 627_019_776;

    Finding finding = first(patient.look(0));

    assertThat(finding.verdict()).isEqualTo(Verdict.RETAINED);
    assertThat(finding.bytes()).isEqualTo(627_019_776);
    assertThat(finding.next()).noneMatch(next -> next.contains("ARENA_MAX"));
    assertThat(finding.next()).noneMatch(next -> next.contains("TRIM_THRESHOLD_"));
    assertThat(patient.judge().findings()).hasSize(1);
  }

  @Test
  void story_pipedRelayWithStalledReaders_isHealthyAndSaysWhereItWaits() {
    Patient patient = Patient.node();
    patient.sockets = Patient.stalled(3);
    patient.socketBytes = 31 * MB;

    Finding finding = first(patient.look(0).look(0.5));

    assertThat(finding.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(finding.arithmetic()).anyMatch(line -> line.contains("it waits in the kernel"));
  }

  @Test
  void kernel_thousandStalledReaders_isKernelAndNamesFive() {
    Patient patient = Patient.node();
    patient.sockets = Patient.stalled(300);
    patient.socketBytes = 1_394 * MB;

    Finding finding = first(patient.look(0).look(0.5));

    assertThat(finding.verdict()).isEqualTo(Verdict.KERNEL);
    assertThat(finding.arithmetic()).contains("and 295 more");
    assertThat(patient.judge().exitCode()).isEqualTo(13);
  }

  @Test
  void receiving_fullReceiveQueues_isNoBuffering() {
    Patient patient = new Patient();
    patient.sockets = List.of(Patient.socket(1, 0, 6 * MB));

    Finding finding = first(patient.look(0).look(0.5));

    assertThat(finding.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(finding.arithmetic()).anyMatch(line -> line.contains("back-pressure at work"));
  }

  @Test
  void buffering_busySocketsThatDrain_isNotNamed() {
    Patient patient = new Patient();
    patient.liveBytes = 200 * MB;
    patient.sockets = List.of(Patient.socket(1, 400_000, 0));
    patient.look(0);
    patient.sockets = List.of(Patient.socket(1, 100_000, 0));

    assertThat(verdict(patient.look(1))).isEqualTo(Verdict.TOO_EARLY);
  }

  @Test
  void growth_leakOfOneMegabyteASecond_namesTheSizeRateAndLimit() {
    Patient patient = new Patient();
    patient.limitBytes = 100 * MB;
    for (int i = 0; i <= 15; i++) {
      patient.sizes =
          List.of(
              new SizeClass(4096, 8191, 100, 600_000),
              new SizeClass(1040, 1040, 1000L * i, 1_040_000L * i));
      patient.liveBytes = 3 * MB + 1_040_000L * i;
      patient.look(1);
    }

    Finding finding = first(patient);

    assertThat(finding.verdict()).isEqualTo(Verdict.LEAK_SUSPECT);
    assertThat(finding.bytes()).isEqualTo(15_600_000);
    assertThat(finding.sentence())
        .isEqualTo(
            "relay (PID 4711) grows by 62.4 MB a minute and does not stop: +15.6 MB live in 15 s,"
                + " most of it in chunks of 1,040 bytes");
    assertThat(finding.arithmetic())
        .contains("chunks of 1,040 bytes: +15,000 = 15.6 MB")
        .anyMatch(line -> line.contains("71.4 MB away: 69 s at this rate"));
    assertThat(patient.judge().exitCode()).isEqualTo(10);
  }

  @Test
  void growth_watchOf11Seconds_isTooEarly() {
    assertThat(verdict(growing(new Patient(), 12, 2 * MB))).isEqualTo(Verdict.TOO_EARLY);
    assertThat(verdict(growing(new Patient(), 13, 2 * MB))).isEqualTo(Verdict.LEAK_SUSPECT);
  }

  @Test
  void growth_whileReadersAreBlocked_isBuffering() {
    Patient patient = new Patient();
    patient.sockets = Patient.stalled(2);

    assertThat(growing(patient, 20, 3 * MB).judge().findings())
        .extracting(Finding::verdict)
        .containsExactly(Verdict.BUFFERING);
  }

  @Test
  void growth_intoAFullPipe_isBuffering() {
    Patient patient = new Patient();
    patient.pipeBytes = 65_536;

    assertThat(verdict(growing(patient, 20, 3 * MB))).isEqualTo(Verdict.BUFFERING);
  }

  @Test
  void growth_socketsUnseen_isTooEarlyWithTheReason() {
    Patient patient = new Patient();
    patient.socketsUnseen = true;

    Finding finding = first(growing(patient, 20, 3 * MB));

    assertThat(finding.verdict()).isEqualTo(Verdict.TOO_EARLY);
    assertThat(finding.sentence()).contains("the sockets could not be seen");
  }

  @Test
  void growth_withTheLoad_isTooEarly() {
    Patient patient = new Patient();
    for (int i = 0; i < 20; i++) {
      patient.sockets = Collections.nCopies(5 * i, Patient.socket(1, 0, 0));
      patient.liveBytes += 3 * MB;
      patient.look(1);
    }

    assertThat(first(patient).sentence()).contains("the load grew too, from 0 to 95 sockets");
  }

  @Test
  void growth_nodeBetweenCollections_isTooEarlyAndSaysHowLongToWatch() {
    Finding finding = first(growing(Patient.node(), 31, MB));

    assertThat(finding.verdict()).isEqualTo(Verdict.TOO_EARLY);
    assertThat(finding.sentence()).contains("no collection of Node.js was seen");
    assertThat(finding.next()).contains("weir doctor 4711 --watch 161s");
  }

  @Test
  void growth_javaWithSteadyDirectBuffers_isALeakSuspect() {
    assertThat(verdict(growing(Patient.java(20 * MB, 5 * MB), 16, 2 * MB)))
        .isEqualTo(Verdict.LEAK_SUSPECT);
  }

  @Test
  void growth_javaWithoutCountOrCollection_isTooEarly() {
    assertThat(verdict(growing(Patient.java(20 * MB, -1), 16, 2 * MB)))
        .isEqualTo(Verdict.TOO_EARLY);
  }

  @Test
  void growth_javaInSmallChunks_isALeakSuspect() {
    Patient patient = Patient.java(20 * MB, -1);
    for (int i = 0; i < 15; i++) {
      patient.sizes = List.of(new SizeClass(1040, 1040, 1000L * i, 1_040_000L * i));
      patient.liveBytes = 3 * MB + 1_040_000L * i;
      patient.look(1);
    }

    assertThat(verdict(patient)).isEqualTo(Verdict.LEAK_SUSPECT);
  }

  @Test
  void growth_fiveSecondsOfALeak_isTooEarly() {
    assertThat(verdict(growing(new Patient(), 6, MB))).isEqualTo(Verdict.TOO_EARLY);
  }

  @Test
  void growth_javaThatCollected_isALeakSuspect() {
    Patient patient = Patient.java(20 * MB, -1);
    for (int i = 0; i < 20; i++) {
      patient.jvm((20 - i % 5) * MB + i % 5 * 4L * MB, -1);
      patient.liveBytes += 2 * MB;
      patient.look(1);
    }

    assertThat(verdict(patient)).isEqualTo(Verdict.LEAK_SUSPECT);
  }

  @Test
  void growth_cacheThatFillsAndStops_isAPlateau() {
    Patient patient = new Patient();
    for (int i = 0; i < 31; i++) {
      patient.liveBytes = 3 * MB + Math.min(i, 15) * 4L * MB;
      patient.look(1);
    }

    assertThat(verdict(patient)).isEqualTo(Verdict.PLATEAU);
    assertThat(patient.judge().exitCode()).isZero();
  }

  @Test
  void growth_besideMalloc_needsMoreToBeSuspected() {
    Patient patient = new Patient();
    patient.name = "python3";
    patient.executable = "/usr/bin/python3.11";
    for (int i = 0; i < 15; i++) {
      patient.look(1);
      patient.mappedBytes += MB;
    }
    assertThat(verdict(patient)).isEqualTo(Verdict.TOO_EARLY);
    for (int i = 0; i < 15; i++) {
      patient.look(1);
      patient.mappedBytes += MB;
    }
    assertThat(verdict(patient)).isEqualTo(Verdict.LEAK_SUSPECT);
  }

  @Test
  void growth_javaHeap_isDescribedAndNotAccused() {
    Patient patient = Patient.java(20 * MB, 0);
    for (int i = 0; i < 31; i++) {
      patient.javaHeapBytes += 10 * MB;
      patient.jvm(patient.javaHeapBytes, 0);
      patient.look(1);
    }

    assertThat(verdict(patient)).isEqualTo(Verdict.MANAGED_HEAP);
  }

  @Test
  void steady_largeLiveInAWatch_isHealthy() {
    Patient patient = new Patient();
    patient.liveBytes = 500 * MB;

    assertThat(verdict(growing(patient, 20, 0))).isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void heap_freeButNotInWholePages_isFragmentedAndDoesNotAdviseATrim() {
    Patient patient = new Patient();
    patient.keptBytes = 305 * MB;
    patient.trimmableBytes = 6 * MB;

    Finding finding = first(patient.look(0));

    assertThat(finding.verdict()).isEqualTo(Verdict.FRAGMENTED);
    assertThat(finding.bytes()).isEqualTo(299 * MB);
    assertThat(finding.next()).noneMatch(next -> next.contains("trim"));
  }

  @Test
  void heap_keptInManyArenas_isManyArenasAndRetained() {
    Patient patient = Patient.java(20 * MB, 0);
    patient.arenas = 16;
    patient.threads = 40;
    patient.keptBytes = 320 * MB;
    patient.trimmableBytes = 300 * MB;

    List<Finding> findings = patient.look(0).judge().findings();

    assertThat(findings)
        .extracting(Finding::verdict)
        .containsExactly(Verdict.MANY_ARENAS, Verdict.RETAINED);
    assertThat(findings.getLast().next())
        .contains("-XX:TrimNativeHeapInterval=5000 at its start: the JVM trims every 5 s")
        .anyMatch(next -> next.contains("jcmd 4711 System.trim_native_heap"))
        .anyMatch(next -> next.contains("MALLOC_ARENA_MAX=2"));
    assertThat(findings.getFirst().arithmetic()).contains("16 arenas for 40 threads");
  }

  @Test
  void heap_freeEndOfTheMainHeap_advisesTheTrimThreshold() {
    Patient patient = new Patient();
    patient.keptBytes = 100 * MB;
    patient.trimmableBytes = 98 * MB;
    patient.topBytes = 90 * MB;

    assertThat(first(patient.look(0)).next())
        .anyMatch(next -> next.startsWith("MALLOC_TRIM_THRESHOLD_=131072"));
  }

  @Test
  void small_anyShare_raisesNoAlarm() {
    Patient patient = new Patient();
    patient.keptBytes = 30 * MB;
    patient.trimmableBytes = 30 * MB;
    patient.lazyBytes = 20 * MB;
    patient.stackBytes = 20 * MB;

    assertThat(verdict(patient.look(0))).isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void runtime_javaHeapNotReturned_isManagedHeap() {
    Patient patient = Patient.java(900 * MB, 0);
    patient.jvm(100 * MB, 0);

    assertThat(first(patient.look(0)).bytes()).isEqualTo(800 * MB);
    assertThat(verdict(patient)).isEqualTo(Verdict.MANAGED_HEAP);
  }

  @Test
  void runtime_steadyDirectBuffers_arePooled() {
    Patient patient = Patient.java(50 * MB, 400 * MB);
    patient.liveBytes = 420 * MB;

    assertThat(verdict(patient.look(0).look(1))).isEqualTo(Verdict.POOLED);
  }

  @Test
  void pages_eachKind_hasItsVerdict() {
    Patient lazy = new Patient();
    lazy.lazyBytes = 200 * MB;
    assertThat(verdict(lazy.look(0))).isEqualTo(Verdict.LAZY_FREE);

    Patient stacks = new Patient();
    stacks.stackBytes = 200 * MB;
    stacks.threads = 2_000;
    assertThat(first(stacks.look(0)).sentence()).contains("stacks of 2,000 threads");

    Patient huge = new Patient();
    huge.mappedBytes = 400 * MB;
    huge.hugeBytes = 380 * MB;
    assertThat(verdict(huge.look(0))).isEqualTo(Verdict.HUGE_PAGES);

    Patient files = new Patient();
    files.fileBytes = 900 * MB;
    assertThat(verdict(files.look(0))).isEqualTo(Verdict.FILES);
  }

  @Test
  void allocator_other_isNamedAndNothingIsClaimedOfItsHeap() {
    Patient patient = new Patient();
    patient.liveBytes = 300 * MB;
    patient.census = new Census.OtherAllocator("jemalloc", "/lib/libjemalloc.so.2", List.of(), 1);

    Finding finding = first(patient.look(0));

    assertThat(finding.verdict()).isEqualTo(Verdict.OTHER_ALLOCATOR);
    assertThat(finding.sentence()).contains("belong to jemalloc").contains("cannot be told apart");
    assertThat(patient.judge().exitCode()).isEqualTo(20);
  }

  @Test
  void allocator_otherWhoseHeapWasCounted_isNotSaidToBeUnseen() {
    Patient patient = new Patient();
    patient.liveBytes = 300 * MB;
    List<String> details = List.of("live: 290.0 MB", "free within pages in use: 1.0 MB");
    patient.census = new Census.OtherAllocator("jemalloc", "/lib/libjemalloc.so.2", details, 1);

    Finding finding = first(patient.look(0));

    assertThat(finding.sentence()).contains("belong to jemalloc").doesNotContain("cannot");
    assertThat(finding.arithmetic()).containsAll(details);
  }

  @Test
  void census_failed_saysThatItCannotSplit() {
    Patient patient = new Patient();
    patient.liveBytes = 300 * MB;
    patient.census = new Census.Uncounted("the heap may not be read", "run it as root", 1);

    Finding finding = first(patient.look(0));

    assertThat(finding.verdict()).isEqualTo(Verdict.TOO_EARLY);
    assertThat(finding.sentence()).startsWith("cannot split 300.0 MB");
    assertThat(finding.next()).contains("run it as root");
  }
}
