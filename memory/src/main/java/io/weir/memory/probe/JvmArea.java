package io.weir.memory.probe;

/**
 * Addresses that a JVM has reserved for one purpose; what of it is resident the mappings tell.
 *
 * @param kind what for
 */
public record JvmArea(Kind kind, AddressRange range) {
  /** Purposes. */
  public enum Kind {
    /** Java objects. */
    HEAP,
    /** Class metadata, class space included. */
    METASPACE,
    /** Compiled code. */
    CODE,
    /** Card tables, mark bitmaps and such. */
    GC,
    /** A thread's stack. */
    STACK,
    /** The archive of classes that is mapped at start (CDS, AOT cache). */
    ARCHIVE,
    /** All else that the JVM mapped itself. */
    OTHER
  }
}
