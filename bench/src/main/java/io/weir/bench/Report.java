package io.weir.bench;

import java.util.List;
import java.util.Map;

/**
 * All that a report shows.
 *
 * @param settings that were asked for
 * @param machine it ran on
 * @param versions of each proxy, or how to get it
 * @param configurations of each proxy that ran
 * @param peers that ran
 * @param workloads that ran
 * @param results of all cells
 */
record Report(
    Settings settings,
    Machine machine,
    Map<String, String> versions,
    Map<String, String> configurations,
    List<Peer> peers,
    List<Workload> workloads,
    Results results) {

  /** How the figures are to be read. */
  static final String LEGEND =
      "Each figure is the median of the rounds, with the least and the most behind it; a ratio to"
          + " HAProxy as shipped is taken within each round, and the median of these is shown. CPU"
          + " is user and system time of the proxy's processes alone; on loopback it holds a share"
          + " of the peers' receiving, so compare it, and only within one run. GB, MB and kB are"
          + " 1e9, 1e6 and 1e3 bytes, MiB is 1,048,576. Memory is the highest from the start of"
          + " the readers to their end. What slow readers cost in CPU depends on how much a proxy has"
          + " read ahead of them before the window began.";
}
