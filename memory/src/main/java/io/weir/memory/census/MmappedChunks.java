package io.weir.memory.census;

/**
 * Chunks so large that each is a mapping of its own; freed, they are gone at once.
 *
 * @param count chunks
 * @param bytes their sizes
 * @param located were all found among the mappings, as many and as large as malloc counts?
 * @param countedByMalloc are number and sum malloc's own? Else they are of those that were found by
 *     their shape, since malloc's counters were not: there may be more
 */
public record MmappedChunks(long count, long bytes, boolean located, boolean countedByMalloc) {
  /** Number and sum are malloc's own. */
  public MmappedChunks(long count, long bytes, boolean located) {
    this(count, bytes, located, true);
  }
}
