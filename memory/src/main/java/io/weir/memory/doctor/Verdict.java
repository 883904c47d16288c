package io.weir.memory.doctor;

import java.util.Locale;

/** What can be said of a process' memory. The word is what users and programs read. */
public enum Verdict {
  LEAK_SUSPECT(10),
  BUFFERING(11),
  RETAINED(12),
  FRAGMENTED(12),
  POOLED(12),
  MANAGED_HEAP(12),
  LAZY_FREE(12),
  HUGE_PAGES(14),
  MANY_ARENAS(12),
  THREAD_STACKS(14),
  FILES(13),
  KERNEL(13),
  OTHER_ALLOCATOR(20),
  HEALTHY(0),
  PLATEAU(0),
  TOO_EARLY(20);

  private final int exitCode;

  Verdict(int exitCode) {
    this.exitCode = exitCode;
  }

  /** What {@code weir doctor} exits with when this is the first verdict. */
  public int exitCode() {
    return exitCode;
  }

  /** Such as {@code LEAK-SUSPECT}. */
  public String word() {
    return name().replace('_', '-').toUpperCase(Locale.ROOT);
  }
}
