package io.weir.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * What the user asked for.
 *
 * @param command as it was given, for the report
 * @param rounds how often each proxy is measured under each workload
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
    int seconds,
    long warmUpMillis,
    List<Peer> peers,
    List<Workload> workloads,
    Path out,
    List<String> weirOptions) {}
