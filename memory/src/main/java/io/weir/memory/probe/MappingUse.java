package io.weir.memory.probe;

/**
 * A mapping and what of it is resident, from {@code /proc/PID/smaps}, proc_pid_smaps(5). All bytes.
 *
 * @param rssBytes all resident pages
 * @param pssBytes each page divided by the number of processes that map it; -1 where not seen
 * @param anonymousBytes resident pages that no file backs; in a private file mapping those that
 *     were written to
 * @param lazyFreeBytes given back by MADV_FREE, but not yet taken by the kernel; counted in rss
 * @param hugeBytes in anonymous transparent huge pages (AnonHugePages)
 * @param swapBytes in swap, not in rss
 * @param mappings 1; more where this is the sum of so many, over the range from the first of them
 *     to the last, which has other mappings in between
 */
public record MappingUse(
    Mapping mapping,
    long rssBytes,
    long pssBytes,
    long anonymousBytes,
    long lazyFreeBytes,
    long hugeBytes,
    long swapBytes,
    int mappings) {
  /** Of one mapping. */
  public MappingUse(
      Mapping mapping,
      long rssBytes,
      long pssBytes,
      long anonymousBytes,
      long lazyFreeBytes,
      long hugeBytes,
      long swapBytes) {
    this(mapping, rssBytes, pssBytes, anonymousBytes, lazyFreeBytes, hugeBytes, swapBytes, 1);
  }
}
