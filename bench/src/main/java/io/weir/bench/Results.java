package io.weir.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All cells of a run, and what is said about them: medians, spread, ratios. */
final class Results {
  /** Above this, what other programs did is said beside the figures. */
  private static final double NOISY_CORES = 0.25;

  private final List<Result> all = new ArrayList<>();

  /**
   * A figure over the rounds.
   *
   * @param median of the rounds
   * @param least of the rounds
   * @param most of the rounds
   */
  record Spread(double median, double least, double most) {}

  void add(Result result) {
    all.add(result);
  }

  List<Result> all() {
    return all;
  }

  /** The results of one proxy under one workload, in rounds. */
  List<Result> of(Workload workload, String peer) {
    return all.stream()
        .filter(r -> r.workload().equals(workload) && r.peer().equals(peer))
        .toList();
  }

  /** Over all rounds that have this figure, or null if none has. */
  @Nullable Spread spread(Workload workload, String peer, Figure figure) {
    double[] values =
        of(workload, peer).stream()
            .map(r -> r.values().get(figure))
            .filter(value -> value != null)
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    return values.length == 0
        ? null
        : new Spread(median(values), values[0], values[values.length - 1]);
  }

  /**
   * How much of the reference's figure a proxy has, as {@link #ratio(Workload, String, String,
   * Figure)}.
   */
  @Nullable Double ratio(Workload workload, String peer, Figure figure) {
    return ratio(workload, peer, Peers.REFERENCE, figure);
  }

  /**
   * How much of another's figure a proxy has: the ratio is taken within each round, where the two
   * ran one after the other, and the median is over the rounds.
   *
   * @return null where there is no round with both
   */
  @Nullable Double ratio(Workload workload, String peer, String reference, Figure figure) {
    List<Double> ratios = new ArrayList<>();
    for (Result mine : of(workload, peer)) {
      for (Result theirs : of(workload, reference)) {
        Double a = mine.values().get(figure);
        Double b = theirs.values().get(figure);
        if (mine.round() == theirs.round() && a != null && b != null && b != 0) {
          ratios.add(a / b);
        }
      }
    }
    double[] sorted = ratios.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted.length == 0 ? null : median(sorted);
  }

  /** Of values in order. */
  static double median(double... sorted) {
    double[] values = sorted.clone();
    Arrays.sort(values);
    int middle = values.length / 2;
    return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }

  /** What to know about the figures of a workload: failures, limits that were not the proxy's. */
  List<String> remarks(Workload workload) {
    Map<String, Set<String>> peersByNote = new LinkedHashMap<>();
    List<Double> foreign = new ArrayList<>();
    for (Result result : all) {
      if (!result.workload().equals(workload)) {
        continue;
      }
      String note = result.error() == null ? result.note() : "FAILED: " + result.error();
      if (!note.isEmpty()) {
        peersByNote.computeIfAbsent(note, _ -> new LinkedHashSet<>()).add(result.peer());
      }
      foreign.add(result.values().getOrDefault(Figure.FOREIGN_CORES, 0.0));
    }
    List<String> remarks = new ArrayList<>();
    peersByNote.forEach((note, peers) -> remarks.add(String.join(", ", peers) + ": " + note));
    double most = foreign.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    if (most >= NOISY_CORES) {
      remarks.add(
          "not a quiet machine: other programs used up to "
              + Figure.FOREIGN_CORES.show(most)
              + " cores meanwhile");
    }
    return remarks;
  }
}
