package io.weir.memory.probe;

import java.util.List;

/**
 * What can be told of a Node.js process from outside, without changing it.
 *
 * @param version such as {@code v20.20.2}, or empty
 * @param heapBytes resident in V8's heap pages, -1 where they could not be told from other memory
 * @param heapRanges V8's heap pages
 */
public record NodeUse(String version, long heapBytes, List<AddressRange> heapRanges) {}
