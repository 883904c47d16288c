package io.weir.memory.ledger;

/**
 * One row of the ledger.
 *
 * @param bytes of the charge; only {@code unaccounted} may be less than 0
 */
public record LedgerRow(Kind kind, long bytes) {
  /** As users read it, such as {@code malloc live}. */
  public String name() {
    return kind.words();
  }

  /** What a row counts; each byte of the charge is in one row only. */
  public enum Kind {
    /** Java objects and the free part of their heap. */
    JVM_HEAP("jvm heap", false),
    /** Class metadata. */
    METASPACE("metaspace", false),
    /** Compiled code. */
    CODE("code", false),
    /** Threads' stacks. */
    THREADS("threads", false),
    /** What the collector needs beside the heap. */
    GC("gc", false),
    /** Direct and pooled buffers. */
    DIRECT("direct buffers", false),
    /** Resident in malloc's live chunks, without direct buffers. */
    MALLOC_LIVE("malloc live", false),
    /** Resident in malloc's free chunks. */
    MALLOC_KEPT("malloc kept", false),
    /** V8's heap. */
    V8_HEAP("v8 heap", false),
    /** Anonymous memory that is neither malloc's nor a runtime's. */
    ANONYMOUS("anonymous", false),
    /** Shared memory: tmpfs, shmget, memfd. */
    SHARED("shared memory", false),
    /** Files mapped, and files cached where the charge is the cgroup's. */
    FILES("files", false),
    /** Page tables. */
    PAGE_TABLES("page tables", true),
    /** Socket buffers in the kernel. */
    SOCKETS("kernel sockets", true),
    /** Pipe buffers in the kernel. */
    PIPES("pipes", true),
    /** Descriptors, inodes, sockets, kernel stacks: the objects themselves. */
    KERNEL_OBJECTS("kernel objects", true),
    /** Charge that no row explains. */
    UNACCOUNTED("unaccounted", false);

    private final String words;
    private final boolean kernel;

    Kind(String words, boolean kernel) {
      this.words = words;
      this.kernel = kernel;
    }

    /** As users read it. */
    public String words() {
      return words;
    }

    /** Is it in the kernel, outside the resident set? */
    public boolean isKernel() {
      return kernel;
    }
  }
}
