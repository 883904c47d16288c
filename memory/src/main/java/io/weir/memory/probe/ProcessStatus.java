package io.weir.memory.probe;

/**
 * What {@code /proc/PID/status}, {@code cmdline} and {@code exe} tell, proc_pid_status(5).
 *
 * @param name of the command, at most 15 bytes, as the kernel keeps it
 * @param executable the path of what runs, or empty where it may not be seen
 * @param uid effective user
 * @param threads how many
 * @param rssBytes VmRSS, by the kernel's lazy counters
 * @param rssPeakBytes VmHWM
 * @param rssAnonBytes RssAnon
 * @param rssFileBytes RssFile
 * @param rssShmemBytes RssShmem
 * @param pageTableBytes VmPTE
 * @param swapBytes VmSwap
 */
public record ProcessStatus(
    String name,
    String executable,
    int uid,
    int threads,
    long rssBytes,
    long rssPeakBytes,
    long rssAnonBytes,
    long rssFileBytes,
    long rssShmemBytes,
    long pageTableBytes,
    long swapBytes) {}
