package io.weir.server;

import io.weir.relay.exchange.MemorySettings;

/**
 * The promise as arithmetic: what becomes of the memory that this process may be charged for.
 *
 * <pre>
 *   memory = heap + program + idle connections to the origin       fixed
 *          + accept queue                                          backlog x a place in it
 *          + connections x kernel objects
 *          + budget                                                at least connections x least lease,
 *                                                                  and a link of HTTP/2
 * </pre>
 *
 * The terms add up to the byte: the budget is what the others leave.
 *
 * <h2>Who comes first</h2>
 *
 * <ol>
 *   <li>What is fixed.
 *   <li>Connections: those asked for, or {@link #CONNECTIONS_MIN}.
 *   <li>Of the budget, where the origin speaks HTTP/2, a link to it for each loop, without which
 *       that serves nobody; where clients may, room for one of theirs, with a stream.
 *   <li>The accept queue: a {@link #QUEUE_SHARE}th of the memory, but no more than is left, at
 *       least {@link #BACKLOG_MIN} places and at most {@link #BACKLOG_MAX}.
 *   <li>Where no number was asked for: as many connections as then fit, and as the descriptors and
 *       the heap suffice for.
 * </ol>
 *
 * Where the first three, and the least queue, do not fit, there is no plan: {@link PlanException}
 * tells the terms, and the least memory that would do.
 *
 * <h2>The heap</h2>
 *
 * It is sized by the launcher, from the same memory, before this runs: {@link #heapBytesFor}. So
 * the least memory that would do is found with the heap that would then be.
 *
 * <p>Pure arithmetic, immutable. Measurements: docs/memory.md.
 *
 * @param memoryBytes all of it
 * @param needs what the plan was made from
 * @param backlog places in each accept queue
 * @param connectionsMax clients at once
 */
public record MemoryPlan(long memoryBytes, MemoryNeeds needs, int backlog, int connectionsMax) {
  static final long MEBIBYTE = 1 << 20;

  /**
   * Classes, code, thread stacks, libraries, the collector, admin pages, page tables: resident
   * beside the heap. Measured: 52 to 58 MiB.
   */
  static final long PROGRAM_BYTES = 64 * MEBIBYTE;

  /**
   * The same of TLS, where it is spoken at all: BoringSSL, its classes, the loops' buffers.
   * Measured: 14 MiB at the start, 22 once used.
   */
  static final long TLS_PROGRAM_BYTES = 24 * MEBIBYTE;

  /** Heap that is taken before the first connection: 2 MiB young, 4.4 MiB of objects that stay. */
  static final long HEAP_BASE_BYTES = 7 * MEBIBYTE;

  /** Objects of a relayed exchange, measured: 1.05 KiB; and room for the collector. */
  static final long HEAP_BYTES_PER_CONNECTION = 1536;

  /** What a Netty channel adds; measured: 2.9 KiB. */
  static final long HEAP_BYTES_PER_CHANNEL = 3072;

  /** What an engine of TLS adds; measured: 1.3 KiB. */
  static final long HEAP_BYTES_PER_ENGINE = 2048;

  /** The launcher gives the heap this part of the memory, and at least {@link #HEAP_BYTES_MIN}. */
  static final int HEAP_SHARE = 24;

  /** The JVM rounds its heap up to that. */
  static final long HEAP_STEP_BYTES = 2 * MEBIBYTE;

  static final long HEAP_BYTES_MIN = 16 * MEBIBYTE;

  /** A million connections take no more. */
  static final long HEAP_BYTES_MAX = 8192 * MEBIBYTE;

  /** With fewer connections at once it is no proxy. */
  static final int CONNECTIONS_MIN = 16;

  /** The accept queue has this part of the memory at most. */
  static final int QUEUE_SHARE = 16;

  static final int BACKLOG_MIN = 64;

  /** More do not wait in nginx either; who comes then asks again after a second, tcp(7). */
  static final int BACKLOG_MAX = 511;

  /** Descriptors that are not for connections: libraries, log, pipes, admin pages. */
  static final int RESERVED_DESCRIPTORS = 64;

  /** No machine has more: 1 PiB. */
  private static final long MEBIBYTES_MAX = 1L << 30;

  /**
   * The plan for so much memory.
   *
   * @throws PlanException if there is none; it says what would do
   */
  public static MemoryPlan of(long memoryBytes, MemoryNeeds needs) throws PlanException {
    int wanted = wanted(needs);
    if (wanted > needs.connectionsByDescriptors()) {
      throw new PlanException(PlanText.fewDescriptors(needs, wanted));
    }
    if (wanted > needs.connectionsByHeap()) {
      throw new PlanException(PlanText.smallHeap(needs, wanted, leastBytes(needs)));
    }
    if (memoryBytes < atLeastBytes(needs)) {
      throw new PlanException(PlanText.littleMemory(memoryBytes, needs, wanted));
    }
    return fitting(memoryBytes, needs);
  }

  /** How many connections there must be room for. */
  static int wanted(MemoryNeeds needs) {
    return needs.connectionsAsked() > 0 ? needs.connectionsAsked() : CONNECTIONS_MIN;
  }

  private static MemoryPlan fitting(long memoryBytes, MemoryNeeds needs) {
    long freeBytes = memoryBytes - needs.fixedBytes();
    int wanted = wanted(needs);
    long spareBytes = freeBytes - wanted * needs.connectionBytes() - needs.linksBytes(wanted);
    long queueBytes = Math.min(memoryBytes / QUEUE_SHARE, spareBytes);
    int backlog =
        Math.clamp(queueBytes / needs.queuedBytes(), backlogMin(needs), backlogMax(needs));
    if (needs.connectionsAsked() > 0) {
      return new MemoryPlan(memoryBytes, needs, backlog, needs.connectionsAsked());
    }
    long leftBytes = freeBytes - backlog * needs.queuedBytes() - needs.linksBytes(wanted);
    long fitting = leftBytes / needs.connectionBytes();
    long served = Math.min(needs.connectionsByDescriptors(), needs.connectionsByHeap());
    return new MemoryPlan(memoryBytes, needs, backlog, (int) Math.min(fitting, served));
  }

  static int backlogMin(MemoryNeeds needs) {
    return Math.min(BACKLOG_MIN, needs.system().backlogMax());
  }

  private static int backlogMax(MemoryNeeds needs) {
    return Math.min(BACKLOG_MAX, needs.system().backlogMax());
  }

  /** The least memory with the heap as it is. */
  private static long atLeastBytes(MemoryNeeds needs) {
    return needs.fixedBytes()
        + backlogMin(needs) * needs.queuedBytes()
        + wanted(needs) * needs.connectionBytes()
        + needs.linksBytes(wanted(needs));
  }

  /**
   * The least memory that would do if the launcher were told of it, in whole MiB; descriptors are
   * another matter.
   */
  public static long leastBytes(MemoryNeeds needs) {
    long tooLittle = 0;
    long enough = MEBIBYTES_MAX;
    while (enough - tooLittle > 1) {
      long middle = (tooLittle + enough) / 2;
      if (suffices(middle * MEBIBYTE, needs)) {
        enough = middle;
      } else {
        tooLittle = middle;
      }
    }
    return enough * MEBIBYTE;
  }

  private static boolean suffices(long memoryBytes, MemoryNeeds needs) {
    long heapBytes = Math.max(needs.system().heapBytes(), heapBytesFor(memoryBytes));
    MemoryNeeds then = needs.withHeap(heapBytes);
    return memoryBytes >= atLeastBytes(then) && wanted(then) <= then.connectionsByHeap();
  }

  /** The heap that the launcher gives to so much memory: the rule is there once more, in sh. */
  static long heapBytesFor(long memoryBytes) {
    long steps = Math.ceilDiv(memoryBytes / MEBIBYTE * MEBIBYTE, HEAP_SHARE * HEAP_STEP_BYTES);
    return Math.clamp(steps * HEAP_STEP_BYTES, HEAP_BYTES_MIN, HEAP_BYTES_MAX);
  }

  /** What connections may hold that wait to be accepted. */
  public long queueBytes() {
    return backlog * needs.queuedBytes();
  }

  /** What the kernel spends on sockets, whatever passes through them. */
  public long objectsBytes() {
    return connectionsMax * needs.cost().objectBytes();
  }

  /** What all flows may hold together, in user space and in the kernel. */
  public long budgetBytes() {
    return memoryBytes - needs.fixedBytes() - queueBytes() - objectsBytes();
  }

  /** Clients that may have an HTTP/2 connection with one stream each, if nobody else is served. */
  long clientLinksMax() {
    long each = needs.clientLinkBytes();
    long free = budgetBytes() - needs.links().originsBytes();
    return each == 0 ? 0 : Math.min(free / each, connectionsMax / 2);
  }

  /** The same as the relay is told. */
  public MemorySettings settings() {
    return new MemorySettings(budgetBytes(), connectionsMax, backlog);
  }
}
