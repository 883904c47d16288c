package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.Reading;
import java.util.ArrayList;
import java.util.List;

/**
 * Something that could not be seen.
 *
 * @param probe what was looked at, a word such as {@code sockets}
 * @param sentence what is missing, and why
 * @param remedy what would make it visible, or empty
 */
public record Unseen(String probe, String sentence, String remedy) {
  /** All that a look could not see. */
  public static List<Unseen> of(Look look) {
    List<Unseen> unseen = new ArrayList<>();
    add(unseen, "mappings", look.memory());
    if (look.census() instanceof Census.Uncounted uncounted) {
      unseen.add(new Unseen("malloc", uncounted.why(), uncounted.remedy()));
    }
    add(unseen, "threads", look.threads());
    add(unseen, "descriptors", look.descriptors());
    add(unseen, "cgroup", look.cgroup());
    add(unseen, "sockets", look.sockets());
    add(unseen, "pipes", look.pipes());
    add(unseen, "jvm", look.jvm());
    add(unseen, "node", look.node());
    return List.copyOf(unseen);
  }

  /** What a look cost, nanoseconds: all probes and the census. */
  public static long costNanos(Look look) {
    return look.memory().costNanos()
        + look.threads().costNanos()
        + look.descriptors().costNanos()
        + look.cgroup().costNanos()
        + look.sockets().costNanos()
        + look.pipes().costNanos()
        + look.jvm().costNanos()
        + look.node().costNanos()
        + look.census().costNanos();
  }

  private static void add(List<Unseen> to, String probe, Reading<?> reading) {
    if (!reading.unseen().isEmpty()) {
      to.add(new Unseen(probe, reading.unseen(), reading.remedy()));
    }
  }
}
