package io.weir.memory.probe;

import java.util.List;

/**
 * The user memory of a process, mapping by mapping; the sums are over the same lines, so they agree
 * with them (the kernel's own counters in {@code status} lag behind).
 *
 * @param mappings by address, then sums of further ones
 * @param count how many mappings the process has, those included that are only summed or left out
 */
public record MemoryUse(List<MappingUse> mappings, long count) {
  /** Of mappings that are all told one by one. */
  public MemoryUse(List<MappingUse> mappings) {
    this(mappings, mappings.size());
  }

  /** Resident bytes. */
  public long rssBytes() {
    return mappings.stream().mapToLong(MappingUse::rssBytes).sum();
  }

  /** Resident bytes, shared pages divided among the processes that map them; -1 where not seen. */
  public long pssBytes() {
    long sum = 0;
    for (MappingUse use : mappings) {
      if (use.pssBytes() < 0) {
        return -1;
      }
      sum += use.pssBytes();
    }
    return sum;
  }

  /** Resident bytes without a file behind them. */
  public long anonymousBytes() {
    return mappings.stream().mapToLong(MappingUse::anonymousBytes).sum();
  }

  /** Resident bytes that the process gave back lazily. */
  public long lazyFreeBytes() {
    return mappings.stream().mapToLong(MappingUse::lazyFreeBytes).sum();
  }

  /** Resident bytes in transparent huge pages. */
  public long hugeBytes() {
    return mappings.stream().mapToLong(MappingUse::hugeBytes).sum();
  }

  /** Bytes in swap. */
  public long swapBytes() {
    return mappings.stream().mapToLong(MappingUse::swapBytes).sum();
  }
}
