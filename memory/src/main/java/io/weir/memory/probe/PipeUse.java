package io.weir.memory.probe;

/**
 * The pipes of a process, each counted once, whichever of its ends are here.
 *
 * @param count pipes
 * @param heldBytes bytes waiting inside, -1 where it could not be seen; the pages that they are in
 *     are at least as much, and a byte pins its page
 * @param capacityBytes the most that they could hold, -1 where it could not be seen
 */
public record PipeUse(int count, long heldBytes, long capacityBytes) {}
