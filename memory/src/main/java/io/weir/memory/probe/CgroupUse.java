package io.weir.memory.probe;

/**
 * The memory cgroup of a process. All bytes; -1 where the kernel does not tell.
 *
 * @param version 1 or 2
 * @param path as {@code /proc/PID/cgroup} has it
 * @param processes how many are in this cgroup itself, -1 where it could not be seen
 * @param limitBytes the least limit along the path up to the root, {@link Long#MAX_VALUE} where
 *     there is none
 * @param usageBytes what it is charged: v2 memory.current; v1 memory.usage_in_bytes +
 *     memory.kmem.tcp.usage_in_bytes
 * @param peakBytes v2 memory.peak; v1 memory.max_usage_in_bytes (without TCP)
 * @param anonBytes v2 anon; v1 total_rss
 * @param fileBytes v2 file; v1 total_cache; page cache charged here, mapped or not
 * @param socketBytes v2 sock; v1 memory.kmem.tcp.usage_in_bytes, -1 where that was never above 0:
 *     version 1 counts TCP only from the time on that a limit was set for it
 * @param kernelBytes v2 kernel; v1 memory.kmem.usage_in_bytes: page tables, stacks, slab
 */
public record CgroupUse(
    int version,
    String path,
    int processes,
    long limitBytes,
    long usageBytes,
    long peakBytes,
    long anonBytes,
    long fileBytes,
    long socketBytes,
    long kernelBytes) {}
