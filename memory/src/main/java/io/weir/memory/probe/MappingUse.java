package io.weir.memory.probe;

/**
 * A mapping and what of it is resident, from {@code /proc/PID/smaps}, proc_pid_smaps(5). All bytes.
 *
 * @param rssBytes all resident pages
 * @param pssBytes each page divided by the number of processes that map it
 * @param anonymousBytes resident pages that no file backs; in a private file mapping those that
 *     were written to
 * @param lazyFreeBytes given back by MADV_FREE, but not yet taken by the kernel; counted in rss
 * @param hugeBytes in transparent huge pages
 * @param swapBytes in swap, not in rss
 */
public record MappingUse(
    Mapping mapping,
    long rssBytes,
    long pssBytes,
    long anonymousBytes,
    long lazyFreeBytes,
    long hugeBytes,
    long swapBytes) {}
