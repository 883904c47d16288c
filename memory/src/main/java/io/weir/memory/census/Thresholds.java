package io.weir.memory.census;

/**
 * What malloc goes by at present; -1 where it could not be read.
 *
 * @param mmapBytes from this size on a chunk is a mapping of its own (M_MMAP_THRESHOLD)
 * @param trimBytes a top larger than this is given back by free (M_TRIM_THRESHOLD)
 * @param arenasMax M_ARENA_MAX, 0 where it is not set
 */
public record Thresholds(long mmapBytes, long trimBytes, long arenasMax) {}
