package io.weir.lab;

import io.weir.memory.census.Census;
import io.weir.memory.census.HeapCensus;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.ResidentSet;
import io.weir.memory.probe.Target;
import java.io.IOException;

/**
 * Where a process' user memory is now, bytes; all but the first -1 where it could not be counted.
 *
 * @param rss resident
 * @param live handed out by malloc
 * @param kept freed, resident all the same
 * @param trimmable what a trim would give back
 */
record Heap(long rss, long live, long kept, long trimmable) {
  static Heap look(long pid) throws IOException {
    Census census;
    try {
      census = HeapCensus.take(Target.of(pid));
    } catch (ObstacleException e) {
      throw new IOException(e.getMessage(), e);
    }
    long rss = ResidentSet.of(pid).bytes();
    return census instanceof Census.Counted counted
        ? new Heap(rss, counted.liveBytes(), counted.freeResidentBytes(), counted.trimmableBytes())
        : new Heap(rss, -1, -1, -1);
  }
}
