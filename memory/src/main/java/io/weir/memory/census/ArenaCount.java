package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import java.util.ArrayList;
import java.util.List;

/** Sums over the parts of one arena, while it is counted. */
final class ArenaCount {
  final MallocState state;
  final boolean main;
  final FastbinMarks marks;
  final List<AddressRange> ranges = new ArrayList<>();
  final ChunkSizes sizes = new ChunkSizes();
  final List<ThreadCaches> caches = new ArrayList<>();
  long walkedLiveBytes;
  long freeChunkBytes;
  long fastbinBytes;
  long topBytes;
  long trimmableBytes;
  long freeResidentBytes;
  int readAgain;
  int tries;

  ArenaCount(MallocState state, boolean main, FastbinMarks marks) {
    this.state = state;
    this.main = main;
    this.marks = marks;
  }

  void add(ArenaWalk walk) {
    walkedLiveBytes += walk.liveBytes;
    freeChunkBytes += walk.freeBytes;
    fastbinBytes += walk.fastbinBytes;
    trimmableBytes += walk.trimmableBytes;
    freeResidentBytes += walk.freeResidentBytes;
    readAgain += walk.readAgain;
    sizes.addAll(walk.sizes);
    if (walk.caches.found() > 0) {
      caches.add(walk.caches);
    }
  }

  /** Notes how often it was counted in vain before. */
  ArenaCount triedAgain(int times) {
    tries = times;
    return this;
  }

  long tcacheBytes() {
    return caches.stream().mapToLong(ThreadCaches::bytes).sum();
  }

  /**
   * What is told of it.
   *
   * @param tcacheBytes cached chunks of this arena; -1 where they are not known
   */
  ArenaCensus census(long tcacheBytes) {
    return new ArenaCensus(
        state.base(),
        main,
        ranges.size(),
        state.systemBytes(),
        walkedLiveBytes - Math.max(0, tcacheBytes),
        freeChunkBytes,
        fastbinBytes,
        tcacheBytes,
        topBytes,
        trimmableBytes);
  }
}
