package io.weir.lab;

import io.weir.lab.Outcome.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * What samples show. Pure functions: each can say no, and says it of samples that do not show it.
 */
final class Claims {
  /** Of what was allocated: as good as all of it. */
  private static final double MOST = 0.8;

  private static final double HALF = 0.5;

  /** Of what was allocated: as good as nothing. */
  private static final double LITTLE = 0.1;

  /** The largest of three is no more than this times the smallest. */
  private static final double ALIKE = 1.25;

  /** Less growth than this shows nothing, since a JVM grows as much by itself. */
  private static final long GROWTH_BYTES_MIN = 32_000_000;

  private Claims() {}

  /** Freed memory stays in RSS, malloc has it, and malloc_trim gives it back. */
  static Outcome malloc(Trace trace) {
    long start = trace.first(Trace.RSS);
    long grown = trace.last(Trace.RSS, "allocated") - start;
    long freed = trace.last(Trace.RSS, "freed");
    long stays = freed - start;
    long live = trace.last(Trace.LIVE, "freed") - trace.first(Trace.LIVE);
    long trimmed = trace.last(Trace.RSS, "trimmed");
    boolean holds =
        grown >= GROWTH_BYTES_MIN
            && stays >= MOST * grown
            && live <= LITTLE * grown
            && freed - trimmed >= MOST * stays;
    return new Outcome(
        Verdict.of(holds),
        Units.mb(stays) + " of " + Units.mb(grown) + " stay after free()",
        List.of(
            "The program allocated many small blocks and freed all but the last one. RSS grew by "
                + Units.mb(grown)
                + "; after the last free(), "
                + Units.mb(stays)
                + " of that were still there.",
            "A census of the heap says why: live blocks had grown by "
                + Units.mb(Math.max(0, live))
                + " only; "
                + Units.mb(trace.last(Trace.KEPT, "freed"))
                + " were free, but kept by malloc.",
            "malloc_trim(0) then gave back "
                + Units.mb(freed - trimmed)
                + "; the census had foretold "
                + Units.mb(trace.last(MallocExperiment.TRIMMABLE, "freed"))
                + "."));
  }

  /** Which runs of blocks gave memory back by themselves, in sentences. */
  static List<String> compared(List<Trace> traces) {
    List<String> kept = new ArrayList<>();
    List<String> gaveBack = new ArrayList<>();
    List<String> between = new ArrayList<>();
    for (Trace trace : traces) {
      long start = trace.first(Trace.RSS);
      long grown = trace.last(Trace.RSS, "allocated") - start;
      long stays = trace.last(Trace.RSS, "freed") - start;
      List<String> one =
          stays >= MOST * grown ? kept : stays <= LITTLE * grown ? gaveBack : between;
      one.add(trace.title());
    }
    List<String> sentences = new ArrayList<>();
    compared(sentences, "As good as all of it stayed: ", kept);
    compared(sentences, "A part of it went back without a trim: ", between);
    compared(sentences, "As good as all of it went back without a trim: ", gaveBack);
    return sentences;
  }

  private static void compared(List<String> sentences, String words, List<String> titles) {
    if (!titles.isEmpty()) {
      sentences.add(words + String.join("; ", titles) + ".");
    }
  }

  /** RSS climbs with the body, since chunks wait in the process. */
  static Outcome unpiped(Trace trace, long bodyBytes) {
    long grown = trace.most(Trace.RSS) - trace.first(Trace.RSS);
    long live = trace.most(Trace.LIVE) - trace.first(Trace.LIVE);
    boolean holds = grown >= HALF * bodyBytes && live >= HALF * bodyBytes;
    return new Outcome(
        Verdict.of(holds),
        "+" + Units.mb(grown) + " for a body of " + Units.mb(bodyBytes),
        List.of(
            "The relay reads a chunk and writes it, and does not ask whether its reader keeps up. The"
                + " reader is slow, so RSS grew by "
                + Units.mb(grown)
                + " while "
                + Units.mb(bodyBytes)
                + " went through.",
            "At the worst moment "
                + Units.mb(live)
                + " of live chunks were waiting in its heap. That is no leak: they are all sent, and"
                + " freed, in the end."));
  }

  /** A forced collection leaves most of it in RSS. */
  static Outcome collected(Trace trace, long collections) {
    long start = trace.first(Trace.RSS);
    long before = trace.last(Trace.RSS, "after") - start;
    long after = trace.last(Trace.RSS, "gc") - start;
    long live = trace.last(Trace.LIVE, "gc") - trace.first(Trace.LIVE);
    long trimmed = trace.last(Trace.RSS, "trimmed");
    boolean holds =
        collections > 0
            && before >= GROWTH_BYTES_MIN
            && after >= HALF * before
            && live <= LITTLE * before;
    String trim =
        trimmed < 0
            ? ""
            : " malloc_trim(0) brought it from +"
                + Units.mb(after)
                + " to +"
                + Units.mb(Math.max(0, trimmed - start))
                + ".";
    return new Outcome(
        Verdict.of(holds),
        "+" + Units.mb(before) + " before the collection, +" + Units.mb(after) + " after it",
        List.of(
            "When the last byte had been sent, RSS was still "
                + Units.mb(before)
                + " above its start. A collection was forced: "
                + Units.mb(after)
                + " stayed.",
            Units.mb(Math.max(0, live))
                + " more than at the start are live in malloc; the rest is freed, and kept."
                + trim));
  }

  /** Each buffer was freed, and RSS is high all the same. */
  static Outcome counted(Trace counts, Trace memory) {
    long allocated = counts.most(TransferRun.ALLOCATED);
    long freed = counts.most(TransferRun.FREED);
    long start = memory.first(Trace.RSS);
    long stays = memory.last(Trace.RSS, "after") - start;
    long grown = memory.most(Trace.RSS) - start;
    boolean holds = allocated > 0 && allocated == freed && stays >= GROWTH_BYTES_MIN;
    return new Outcome(
        Verdict.of(holds),
        Units.count(allocated) + " allocated, " + Units.count(freed) + " freed",
        List.of(
            "Each call of malloc and free for a chunk was counted: "
                + Units.count(allocated)
                + " and "
                + Units.count(freed)
                + ".",
            "RSS is "
                + Units.mb(stays)
                + " above its start all the same, of "
                + Units.mb(grown)
                + " at the most."
                + (holds ? " So nothing was leaked." : "")));
  }

  /** With back-pressure, memory does not depend on the body. */
  static Outcome piped(Trace trace, long bodyBytes, long delivered, long failed) {
    long grown = trace.most(Trace.RSS) - trace.first(Trace.RSS);
    boolean holds = grown <= GROWTH_BYTES_MIN && delivered == bodyBytes && failed == 0;
    return new Outcome(
        Verdict.of(holds),
        "+" + Units.mb(Math.max(0, grown)) + " for a body of " + Units.mb(bodyBytes),
        List.of(
            "The same body, the same slow reader, with Weir between them. Weir stops reading while the"
                + " reader does not read, so RSS grew by "
                + Units.mb(Math.max(0, grown))
                + " and stayed there.",
            "The reader got "
                + Units.mb(delivered)
                + " of "
                + Units.mb(bodyBytes)
                + ", each byte checked."));
  }

  /** The same RSS, three verdicts, each the right one. */
  static Outcome lies(Trace rss, List<io.weir.memory.doctor.Verdict> verdicts) {
    long least = Long.MAX_VALUE;
    long most = 0;
    for (String name : rss.series()) {
      long last = rss.last(name, "watch");
      least = Math.min(least, last);
      most = Math.max(most, last);
    }
    boolean alike = least > 0 && most <= ALIKE * least;
    boolean told = verdicts.equals(LiesExperiment.EXPECTED);
    String words =
        String.join(", ", verdicts.stream().map(io.weir.memory.doctor.Verdict::word).toList());
    return new Outcome(
        Verdict.of(alike && told),
        Units.mbNumber(least) + " to " + Units.mb(most) + " RSS: " + words,
        List.of(
            "Three processes have about the same RSS. The first never frees; the second holds what a"
                + " stalled reader has not taken; the third has freed all, and malloc keeps it.",
            "The doctor looked at them from outside, without stopping them, and said: "
                + words
                + "."));
  }

  /** RSS is within the limit, the charge is not; with Weir both are. */
  static Outcome kernel(KernelExperiment.Run naive, KernelExperiment.Run weir, int readers) {
    long limit = KernelExperiment.LIMIT_BYTES;
    long rss = naive.trace().most(Trace.RSS);
    long charge = naive.trace().most(KernelExperiment.CHARGE);
    long sockets = naive.trace().most(KernelExperiment.SOCKETS);
    long weirCharge = weir.trace().most(KernelExperiment.CHARGE);
    boolean passes = rss <= limit && charge > limit;
    boolean kept =
        weirCharge > 0 && weirCharge <= limit && weir.delivered() > 0 && weir.failed() == 0;
    return new Outcome(
        Verdict.of(passes && kept),
        "charge " + Units.mb(charge) + " at an RSS of " + Units.mb(rss),
        List.of(
            Units.count(readers)
                + " slow readers download through a relay that waits for each of them. Its RSS never"
                + " passed "
                + Units.mb(rss)
                + ", but the kernel held up to "
                + Units.mb(sockets)
                + " in its sockets: in all "
                + Units.mb(charge)
                + ". A limit of 160 MiB is "
                + Units.mb(limit)
                + ".",
            "Weir, told to stay within 160 MiB, was charged "
                + Units.mb(weirCharge)
                + " at the most, and its readers got "
                + Units.mb(weir.delivered())
                + " meanwhile ("
                + Units.mb(naive.delivered())
                + " with the other); "
                + Units.count(weir.failed())
                + " failed."));
  }
}
