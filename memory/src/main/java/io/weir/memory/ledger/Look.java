package io.weir.memory.ledger;

import io.weir.memory.census.Census;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.DescriptorUse;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.NodeUse;
import io.weir.memory.probe.PipeUse;
import io.weir.memory.probe.ProcessStatus;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.SocketUse;
import io.weir.memory.probe.ThreadRow;
import java.util.List;

/**
 * All that was seen of a process at one time, within some tens of milliseconds.
 *
 * @param pid of the process
 * @param atNanos when, by {@link System#nanoTime}
 * @param jvm has no value, and nothing unseen, where the process is not a JVM
 * @param node as {@code jvm}, for Node.js
 */
public record Look(
    long pid,
    long atNanos,
    ProcessStatus status,
    Reading<MemoryUse> memory,
    Reading<List<ThreadRow>> threads,
    Reading<DescriptorUse> descriptors,
    Reading<CgroupUse> cgroup,
    Reading<SocketUse> sockets,
    Reading<PipeUse> pipes,
    Census census,
    Reading<JvmUse> jvm,
    Reading<NodeUse> node) {}
