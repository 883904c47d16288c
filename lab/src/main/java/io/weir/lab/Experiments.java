package io.weir.lab;

import java.util.ArrayList;
import java.util.List;

/** All of them, in the order of the story. */
final class Experiments {
  /** They share one run. */
  private static final TransferExperiments TRANSFER = new TransferExperiments();

  private Experiments() {}

  static List<Experiment> all() {
    List<Experiment> all = new ArrayList<>();
    all.add(new MallocExperiment());
    all.addAll(TRANSFER.all());
    all.add(new PipedExperiment());
    all.add(new LiesExperiment());
    all.add(new KernelExperiment());
    return List.copyOf(all);
  }
}
