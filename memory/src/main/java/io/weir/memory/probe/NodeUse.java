package io.weir.memory.probe;

/**
 * What can be told of a Node.js process from outside, without changing it. All bytes; -1 where it
 * could not be told.
 *
 * @param version such as {@code v20.20.2}, or empty
 * @param heapBytes resident in V8's heap pages
 */
public record NodeUse(String version, long heapBytes) {}
