package io.weir.server;

import io.weir.relay.exchange.ConnectionCost;
import io.weir.relay.exchange.LinkNeeds;

/**
 * What a memory plan is made from, beside the memory itself.
 *
 * @param system what the surroundings give
 * @param cost of a client's connection and its connection to the origin
 * @param channelsPerConnection how many of these two are Netty channels and not raw descriptors
 * @param enginesPerConnection how many of these two speak TLS
 * @param idleOrigins connections to the origin that may wait for their next request
 * @param listeners listening sockets, each with an accept queue
 * @param links what connections that speak HTTP/2 take of the budget
 * @param connectionsAsked clients at once that the user asked for, or 0 for as many as fit
 */
public record MemoryNeeds(
    SystemLimits system,
    ConnectionCost cost,
    int channelsPerConnection,
    int enginesPerConnection,
    int idleOrigins,
    int listeners,
    LinkNeeds links,
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
        links,
        connectionsAsked);
  }

  /** A connection's least share of memory. */
  long connectionBytes() {
    return cost.leaseBytes() + cost.objectBytes();
  }

  /** What a client's HTTP/2 connection takes of the budget with one stream; 0 if there is none. */
  long clientLinkBytes() {
    return links.clientBytes() == 0 ? 0 : links.clientBytes() + 2 * cost.leaseBytes();
  }

  /**
   * What the budget must have for links beside the least leases of so many connections: one to the
   * origin for each loop, and what a single client's lacks.
   */
  long linksBytes(long connections) {
    long lacking = clientLinkBytes() - connections * cost.leaseBytes();
    return links.originsBytes() + Math.max(0, lacking);
  }

  /** Only one of a connection's two sockets waits at the origin. */
  long idleOriginBytes() {
    return idleOrigins * (connectionBytes() / 2);
  }

  /** What does not depend on how many clients there are. */
  long fixedBytes() {
    return system.heapBytes() + MemoryPlan.PROGRAM_BYTES + tlsBytes() + idleOriginBytes();
  }

  /** What TLS adds to the program, where it is spoken. */
  long tlsBytes() {
    return enginesPerConnection == 0 ? 0 : MemoryPlan.TLS_PROGRAM_BYTES;
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
