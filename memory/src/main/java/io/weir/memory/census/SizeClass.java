package io.weir.memory.census;

/**
 * Live chunks of about one size.
 *
 * @param minBytes the least chunk size, header included
 * @param maxBytes the largest; the same where the class has one size only
 * @param count chunks
 * @param bytes all of them together
 */
public record SizeClass(long minBytes, long maxBytes, long count, long bytes) {}
