package io.weir.bench;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One cell: one proxy under one workload in one round.
 *
 * @param round from 1
 * @param workload that ran
 * @param peer its name, or {@link #DIRECT}
 * @param values what was measured; a figure that could not be is not there
 * @param note what to know about it, or empty
 * @param error why there are no figures, or null
 */
record Result(
    int round,
    Workload workload,
    String peer,
    Map<Figure, Double> values,
    String note,
    @Nullable String error) {
  /** Instead of a proxy's name: readers at the origin itself, the load's own limit. */
  static final String DIRECT = "no proxy";

  static Result failed(int round, Workload workload, String peer, String error) {
    return new Result(round, workload, peer, new EnumMap<>(Figure.class), "", error);
  }
}
