package io.weir.lab;

import java.util.List;

/**
 * One experiment's end.
 *
 * @param name its word
 * @param claim what was to be shown
 * @param outcome of the claim
 * @param charts to draw, in order
 * @param table rows of cells, the first one the heading; empty where there is none
 * @param remarks what else was seen, and what was skipped
 * @param traces all that was measured, for the CSV
 */
record Result(
    String name,
    String claim,
    Outcome outcome,
    List<Trace> charts,
    List<List<String>> table,
    List<String> remarks,
    List<Trace> traces) {

  static Result skipped(Experiment experiment, String why) {
    return new Result(
        experiment.name(),
        experiment.claim(),
        Outcome.skipped(why),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }
}
