package io.weir.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * What the user asked for.
 *
 * @param command as it was given, for the report
 * @param rounds how often each proxy is measured under each workload
 * @param all whether also under those for which one round will do
 * @param seconds of a measured window
 * @param warmUpMillis before it, of a load with few connections
 * @param peers to compare, installed or not
 * @param workloads in order
 * @param out folder of the report; exists
 * @param weirOptions more options of {@code weir serve}
 */
record Settings(
    String command,
    int rounds,
    boolean all,
    int seconds,
    long warmUpMillis,
    List<Peer> peers,
    List<Workload> workloads,
    Path out,
    List<String> weirOptions) {

  /** For the start and the end of a proxy, and for the kernel to free its sockets. */
  private static final long CELL_MILLIS = 1_500;

  /** How often a proxy is measured under this workload. */
  int rounds(Workload workload) {
    return workload.once() && !all ? 1 : rounds;
  }

  /** About how long this many proxies take under these workloads. */
  long millis(int proxies, List<Workload> chosen) {
    long millis = 0;
    for (Workload workload : chosen) {
      long cell = workload.millis(warmUpMillis, seconds) + CELL_MILLIS;
      millis += cell * proxies * rounds(workload) + (workload.direct() ? cell : 0);
    }
    return millis;
  }
}
