package io.weir.server;

import io.weir.relay.exchange.ConnectionCost;

/**
 * What a memory plan is made from, beside the memory itself.
 *
 * @param system what the surroundings give
 * @param cost of a client's connection and its connection to the origin
 * @param channelsPerConnection how many of these two are Netty channels and not raw descriptors
 * @param enginesPerConnection how many of these two speak TLS
 * @param idleOrigins connections to the origin that may wait for their next request
 * @param listeners listening sockets, each with an accept queue
 * @param connectionsAsked clients at once that the user asked for, or 0 for as many as fit
 */
public record MemoryNeeds(
    SystemLimits system,
    ConnectionCost cost,
    int channelsPerConnection,
    int enginesPerConnection,
    int idleOrigins,
    int listeners,
    int connectionsAsked) {
  /** With another heap. */
  MemoryNeeds withHeap(long heapBytes) {
    SystemLimits other =
        new SystemLimits(
            heapBytes, system.descriptorsMax(), system.backlogMax(), system.memoryLimitBytes());
    return new MemoryNeeds(
        other,
        cost,
        channelsPerConnection,
        enginesPerConnection,
        idleOrigins,
        listeners,
        connectionsAsked);
  }

  /** A connection's least share of memory. */
  long connectionBytes() {
    return cost.leaseBytes() + cost.objectBytes();
  }

  /** Only one of a connection's two sockets waits at the origin. */
  long idleOriginBytes() {
    return idleOrigins * (connectionBytes() / 2);
  }

  /** What does not depend on how many clients there are. */
  long fixedBytes() {
    long tls = enginesPerConnection == 0 ? 0 : MemoryPlan.TLS_PROGRAM_BYTES;
    return system.heapBytes() + MemoryPlan.PROGRAM_BYTES + tls + idleOriginBytes();
  }

  /** One place in the accept queue of each listener. */
  long queuedBytes() {
    return cost.queuedBytes() * listeners;
  }

  long heapBytesPerConnection() {
    return MemoryPlan.HEAP_BYTES_PER_CONNECTION
        + MemoryPlan.HEAP_BYTES_PER_CHANNEL * channelsPerConnection
        + MemoryPlan.HEAP_BYTES_PER_ENGINE * enginesPerConnection;
  }

  /** How many connections the descriptors suffice for. */
  long connectionsByDescriptors() {
    return Math.max(0, (system.descriptorsMax() - MemoryPlan.RESERVED_DESCRIPTORS) / 2);
  }

  /** How many connections the heap suffices for. */
  long connectionsByHeap() {
    long freeBytes = system.heapBytes() - MemoryPlan.HEAP_BASE_BYTES;
    return Math.max(0, freeBytes / heapBytesPerConnection());
  }
}
