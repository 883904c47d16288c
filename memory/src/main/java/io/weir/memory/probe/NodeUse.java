package io.weir.memory.probe;

import java.util.List;

/**
 * What can be told of a Node.js process from outside, without changing it.
 *
 * @param version such as {@code v20.20.2}, or empty
 * @param heapRanges V8's heap pages; empty where they could not be told from other memory
 */
public record NodeUse(String version, List<AddressRange> heapRanges) {}
