package io.weir.memory.census;

/**
 * Chunks so large that each is a mapping of its own; freed, they are gone at once.
 *
 * @param count chunks
 * @param bytes their sizes
 * @param located were all found among the mappings? Else the sum is malloc's own count
 */
public record MmappedChunks(long count, long bytes, boolean located) {}
