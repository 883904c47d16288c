package io.weir.memory.probe;

import java.util.List;

/**
 * What can be told of a Node.js process from outside, without changing it. All bytes; -1 where it
 * could not be told.
 *
 * @param version such as {@code v20.20.2}, or empty
 * @param heapBytes resident in V8's heap pages, of all its isolates
 * @param heapCommittedBytes the size of these pages: what {@code process.memoryUsage().heapTotal}
 *     tells, with one isolate
 * @param heapRanges the pages, joined where they touch, by address
 */
public record NodeUse(
    String version, long heapBytes, long heapCommittedBytes, List<AddressRange> heapRanges) {}
