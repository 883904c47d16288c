package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is counted of all arenas, put together. */
final class HeapSum {
  /** Less than this in all arenas, beside another allocator, says that the other one is in use. */
  private static final long NEARLY_NOTHING_BYTES = 1 << 20;

  private final String library;
  private final List<ArenaCount> arenas = new ArrayList<>();
  private final ChunkSizes sizes = new ChunkSizes();
  private final List<AddressRange> mmappedRanges = new ArrayList<>();
  private MmappedChunks mmapped = new MmappedChunks(0, 0, true);
  private Thresholds thresholds = new Thresholds(-1, -1, -1);

  HeapSum(String library) {
    this.library = library;
  }

  void add(ArenaCount arena) {
    arenas.add(arena);
    sizes.addAll(arena.sizes);
  }

  void addFirst(ArenaCount arena) {
    arenas.addFirst(arena);
    sizes.addAll(arena.sizes);
  }

  void mmapped(MallocParameters parameters, MmappedSearch search) {
    boolean located = search.found(parameters.mmaps(), parameters.mmappedBytes());
    mmapped = new MmappedChunks(parameters.mmaps(), parameters.mmappedBytes(), located);
    thresholds = parameters.thresholds();
    if (located) {
      mmappedRanges.addAll(search.ranges());
      search.sizes().forEach(sizes::add);
    }
  }

  /** Takes what was found where malloc's own count was not. */
  void mmappedByShape(MmappedSearch search) {
    long bytes = search.sizes().stream().mapToLong(Long::longValue).sum();
    mmapped = new MmappedChunks(search.sizes().size(), bytes, false, false);
    mmappedRanges.addAll(search.ranges());
    search.sizes().forEach(sizes::add);
  }

  boolean isNearlyNothing() {
    long bytes = mmapped.bytes();
    for (ArenaCount arena : arenas) {
      bytes += arena.state.systemBytes();
    }
    return bytes < NEARLY_NOTHING_BYTES;
  }

  List<AddressRange> ranges() {
    List<AddressRange> ranges = new ArrayList<>();
    arenas.forEach(arena -> ranges.addAll(arena.ranges));
    return ranges;
  }

  Census.Counted census(Window window, long readBytes, long costNanos) throws IOException {
    List<AddressRange> ranges = ranges();
    ranges.addAll(mmappedRanges);
    ranges.sort(Comparator.comparingLong(AddressRange::start));
    window.forget();
    long resident = 0;
    for (AddressRange range : ranges) {
      resident += window.residentBytes(range.start(), range.end());
    }
    boolean cachesKnown = arenas.stream().anyMatch(arena -> !arena.caches.isEmpty());
    long freeResident = 0;
    int retries = 0;
    List<ArenaCensus> told = new ArrayList<>();
    for (ArenaCount arena : arenas) {
      told.add(arena.census(cachesKnown ? arena.tcacheBytes() : -1));
      freeResident += arena.freeResidentBytes + arena.tcacheBytes();
      arena.caches.forEach(caches -> caches.removeFrom(sizes));
      retries += arena.tries + arena.readAgain;
    }
    return new Census.Counted(
        library,
        told,
        mmapped,
        sizes.classes(),
        thresholds,
        ranges,
        resident,
        Math.min(resident, freeResident),
        retries,
        readBytes,
        costNanos);
  }
}
