package io.weir.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.lab.Outcome.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each claim holds for samples that show it, and not for others. Sizes are in MB. */
class ClaimsTest {
  private static final long MB = 1_000_000;

  /** A trace whose samples are {@code phase value value ...}, in MB. */
  private static Trace trace(List<String> series, String... samples) {
    return trace(MB, series, samples);
  }

  private static Trace trace(long unit, List<String> series, String... samples) {
    List<Trace.Sample> all = new ArrayList<>();
    for (String sample : samples) {
      String[] words = sample.split(" ", -1);
      List<Long> values = new ArrayList<>();
      for (int i = 1; i < words.length; i++) {
        values.add(Long.parseLong(words[i]) * unit);
      }
      all.add(new Trace.Sample(all.size(), words[0], values));
    }
    return new Trace("test", "a test", Trace.MB, series, all);
  }

  @ParameterizedTest
  @CsvSource({
    // with all blocks, RSS and live after free(), RSS after the trim
    "1050, 1050,   2,   52, HOLDS",
    "1050,   60,   2,   52, DOES_NOT_HOLD", // it went back at once
    "1050, 1050, 900,   52, DOES_NOT_HOLD", // it was not freed
    "1050, 1050,   2, 1000, DOES_NOT_HOLD", // no trim gives it back
    "  60,   60,   2,   52, DOES_NOT_HOLD", // nothing was allocated
  })
  void malloc(long allocated, long freed, long live, long trimmed, Verdict verdict) {
    Trace trace =
        trace(
            List.of(Trace.RSS, Trace.LIVE, Trace.KEPT, MallocExperiment.TRIMMABLE),
            "start 50 1 0 0",
            "allocated " + allocated + " 1000 0 0",
            "freed " + freed + " " + live + " 999 998",
            "trimmed " + trimmed + " 2 0 0");
    assertThat(Claims.malloc(trace).verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "1050, As good as all of it stayed: a test.",
    " 500, A part of it went back without a trim: a test.",
    "  60, As good as all of it went back without a trim: a test.",
  })
  void compared(long freed, String sentence) {
    Trace trace = trace(List.of(Trace.RSS), "start 50", "allocated 1050", "freed " + freed);
    assertThat(Claims.compared(List.of(trace))).containsExactly(sentence);
  }

  @Test
  void malloc_withoutItsPhases_doesNotHold() {
    Trace trace = trace(List.of(Trace.RSS, Trace.LIVE), "start 50 1");
    assertThat(Claims.malloc(trace).verdict()).isEqualTo(Verdict.DOES_NOT_HOLD);
  }

  @ParameterizedTest
  @CsvSource({
    "950, 890, HOLDS",
    " 70,  20, DOES_NOT_HOLD", // it waited for its reader
    "950,  20, DOES_NOT_HOLD", // what grew was not its chunks
  })
  void unpiped(long rss, long live, Verdict verdict) {
    Trace trace =
        trace(
            List.of(Trace.RSS, Trace.LIVE),
            "start 50 3",
            "transfer " + rss + " " + live,
            "after 60 3");
    assertThat(Claims.unpiped(trace, 1000 * MB).verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 600, 590,   4, HOLDS",
    "0, 600, 590,   4, DOES_NOT_HOLD", // no collection ran
    "1, 600,  80,   4, DOES_NOT_HOLD", // it brought RSS down
    "1,  60,  60,   4, DOES_NOT_HOLD", // there was nothing to bring down
    "1, 600, 590, 500, DOES_NOT_HOLD", // it is still in use
  })
  void collected(long collections, long before, long after, long live, Verdict verdict) {
    Trace trace =
        trace(
            List.of(Trace.RSS, Trace.LIVE),
            "start 50 3",
            "after " + before + " 9",
            "gc " + after + " " + live);
    assertThat(Claims.collected(trace, collections).verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "900, 900, 600, HOLDS",
    "900, 899, 600, DOES_NOT_HOLD", // one was leaked
    "  0,   0, 600, DOES_NOT_HOLD", // none was counted
    "900, 900,  55, DOES_NOT_HOLD", // RSS is down
  })
  void counted(long allocated, long freed, long after, Verdict verdict) {
    Trace counts =
        trace(
            1,
            List.of(TransferRun.ALLOCATED, TransferRun.FREED),
            "after " + allocated + " " + freed);
    Trace memory = trace(List.of(Trace.RSS), "start 50", "transfer 900", "after " + after);
    Outcome outcome = Claims.counted(counts, memory);
    assertThat(outcome.verdict()).isEqualTo(verdict);
    assertThat(String.join(" ", outcome.says()).contains("nothing was leaked"))
        .isEqualTo(verdict == Verdict.HOLDS);
  }

  @ParameterizedTest
  @CsvSource({
    " 70, 1000, 0, HOLDS",
    "300, 1000, 0, DOES_NOT_HOLD", // it grew
    " 70,  900, 0, DOES_NOT_HOLD", // not all came
    " 70, 1000, 1, DOES_NOT_HOLD", // the reader failed
  })
  void piped(long rss, long delivered, long failed, Verdict verdict) {
    Trace trace = trace(List.of(Trace.RSS), "start 60", "transfer " + rss, "after 60");
    assertThat(Claims.piped(trace, 1000 * MB, delivered * MB, failed).verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    "200, 210, LEAK_SUSPECT, BUFFERING, RETAINED, HOLDS",
    "200, 400, LEAK_SUSPECT, BUFFERING, RETAINED, DOES_NOT_HOLD", // RSS tells them apart
    "200, 210, BUFFERING, BUFFERING, RETAINED, DOES_NOT_HOLD", // the doctor does not
    "200, 210, RETAINED, BUFFERING, LEAK_SUSPECT, DOES_NOT_HOLD", // it takes one for the other
  })
  void lies(
      long least,
      long most,
      io.weir.memory.doctor.Verdict first,
      io.weir.memory.doctor.Verdict second,
      io.weir.memory.doctor.Verdict third,
      Verdict verdict) {
    Trace trace = trace(LiesExperiment.NAMES, "watch " + least + " " + least + " " + most);
    assertThat(Claims.lies(trace, List.of(first, second, third)).verdict()).isEqualTo(verdict);
  }

  @ParameterizedTest
  @CsvSource({
    " 80, 900,  90, 0, HOLDS",
    " 80, 150,  90, 0, DOES_NOT_HOLD", // it stays within the limit
    "300, 900,  90, 0, DOES_NOT_HOLD", // RSS shows it
    " 80, 900, 200, 0, DOES_NOT_HOLD", // Weir passes it too
    " 80, 900,  90, 3, DOES_NOT_HOLD", // Weir's readers fail
  })
  void kernel(long rss, long charge, long weirCharge, long failed, Verdict verdict) {
    List<String> series = List.of(Trace.RSS, KernelExperiment.SOCKETS, KernelExperiment.CHARGE);
    KernelExperiment.Run naive =
        new KernelExperiment.Run(
            trace(series, "start 40 0 20", "readers " + rss + " 700 " + charge), MB, 0, "cgroup");
    KernelExperiment.Run weir =
        new KernelExperiment.Run(
            trace(series, "start 60 0 40", "readers 70 20 " + weirCharge), MB, failed, "cgroup");
    assertThat(Claims.kernel(naive, weir, 1000).verdict()).isEqualTo(verdict);
  }
}
