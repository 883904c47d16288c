package io.weir.memory.ledger;

/**
 * One row of the ledger.
 *
 * @param name as users read it, such as {@code malloc live}
 * @param bytes of the charge; only {@code unaccounted} may be less than 0
 */
public record LedgerRow(Kind kind, String name, long bytes) {
  /** What a row counts; each byte of the charge is in one row only. */
  public enum Kind {
    /** Java objects and the free part of their heap. */
    JVM_HEAP,
    /** Class metadata. */
    METASPACE,
    /** Compiled code. */
    CODE,
    /** Threads' stacks. */
    THREADS,
    /** What the collector needs beside the heap. */
    GC,
    /** Direct and pooled buffers. */
    DIRECT,
    /** Resident in malloc's live chunks, without direct buffers. */
    MALLOC_LIVE,
    /** Resident in malloc's free chunks. */
    MALLOC_KEPT,
    /** V8's heap. */
    V8_HEAP,
    /** Anonymous memory that is neither malloc's nor a runtime's. */
    ANONYMOUS,
    /** Shared memory: tmpfs, shmget, memfd. */
    SHARED,
    /** Files mapped, and files cached where the charge is the cgroup's. */
    FILES,
    /** Page tables. */
    PAGE_TABLES,
    /** Socket buffers in the kernel. */
    SOCKETS,
    /** Pipe buffers in the kernel. */
    PIPES,
    /** Descriptors, inodes, sockets, kernel stacks: the objects themselves. */
    KERNEL_OBJECTS,
    /** Charge that no row explains. */
    UNACCOUNTED
  }
}
