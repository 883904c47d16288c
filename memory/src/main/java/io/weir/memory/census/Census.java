package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import java.util.List;

/** What a look at a process' malloc heap gave. */
public sealed interface Census {
  /** The time it took, nanoseconds. */
  long costNanos();

  /**
   * The heap was counted and the self-check holds, arena by arena. Sums are over all arenas.
   *
   * @param library the file that malloc is in
   * @param arenas the main one first
   * @param mmapped chunks that are mappings of their own
   * @param sizes live chunks by size, mmapped ones included, the weightiest first
   * @param thresholds as they are now
   * @param ranges address ranges that are malloc's, in order, disjoint: the main heap, the other
   *     arenas' heaps, mmapped chunks
   * @param residentBytes resident in {@code ranges}
   * @param freeResidentBytes resident in free chunks and tops, the ends of pages shared with live
   *     chunks included: what is kept. The rest of {@code residentBytes} is live
   * @param retries parts that were counted again, since the process changed them meanwhile
   * @param readBytes that were read from the process
   */
  record Counted(
      String library,
      List<ArenaCensus> arenas,
      MmappedChunks mmapped,
      List<SizeClass> sizes,
      Thresholds thresholds,
      List<AddressRange> ranges,
      long residentBytes,
      long freeResidentBytes,
      int retries,
      long readBytes,
      long costNanos)
      implements Census {
    /** Bytes handed out and not freed, chunk headers included, mmapped chunks included. */
    public long liveBytes() {
      return arenas.stream().mapToLong(ArenaCensus::liveBytes).sum() + mmapped.bytes();
    }

    /** Bytes freed but still malloc's: free chunks, fastbins, tcache, tops. */
    public long freeBytes() {
      return arenas.stream().mapToLong(ArenaCensus::freeBytes).sum();
    }

    /** Resident bytes that {@code malloc_trim(0)} would give back to the kernel. */
    public long trimmableBytes() {
      return arenas.stream().mapToLong(ArenaCensus::trimmableBytes).sum();
    }
  }

  /**
   * The process' malloc is not glibc's.
   *
   * @param name {@code jemalloc}, {@code tcmalloc}, {@code mimalloc}, {@code musl}, ...
   * @param library the file that it is in
   * @param details what its statistics say, sentences; empty where they could not be read
   */
  record OtherAllocator(String name, String library, List<String> details, long costNanos)
      implements Census {}

  /**
   * No number, rather than a wrong one.
   *
   * @param why one sentence
   * @param remedy what would help, or empty
   */
  record Uncounted(String why, String remedy, long costNanos) implements Census {}
}
