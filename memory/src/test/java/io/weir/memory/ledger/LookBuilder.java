package io.weir.memory.ledger;

import io.weir.memory.census.Census;
import io.weir.memory.census.MmappedChunks;
import io.weir.memory.census.Thresholds;
import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.DescriptorUse;
import io.weir.memory.probe.JvmArea;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.MappingUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.PipeUse;
import io.weir.memory.probe.ProcessStatus;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.Smaps;
import io.weir.memory.probe.SocketUse;
import io.weir.memory.probe.ThreadRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes looks of mappings that a test lays out. */
final class LookBuilder {
  private final List<MappingUse> mappings = new ArrayList<>();
  private final List<AddressRange> malloc = new ArrayList<>();
  private final List<JvmArea> areas = new ArrayList<>();
  private final List<ThreadRow> threads = new ArrayList<>();
  private long mappingCount;
  private long mallocResidentBytes;
  private long mallocFreeBytes;
  private long directBytes = -1;
  private Reading<CgroupUse> cgroup = Reading.none();

  LookBuilder anonymous(long start, long end, long rssBytes) {
    return mapping(new Mapping(new AddressRange(start, end), "rw-p", 0, 0, ""), rssBytes, rssBytes);
  }

  LookBuilder file(long start, long end, long rssBytes, long writtenBytes) {
    Mapping mapping = new Mapping(new AddressRange(start, end), "rw-p", 0, 7, "/lib/x.so");
    return mapping(mapping, rssBytes, writtenBytes);
  }

  LookBuilder shared(long start, long end, long rssBytes) {
    Mapping mapping = new Mapping(new AddressRange(start, end), "rw-s", 0, 9, "/dev/shm/x");
    return mapping(mapping, rssBytes, 0);
  }

  private LookBuilder mapping(Mapping mapping, long rssBytes, long anonymousBytes) {
    mappings.add(new MappingUse(mapping, rssBytes, rssBytes, anonymousBytes, 0, 0, 0));
    return this;
  }

  /** What stands in for the mappings where they may not be read. */
  LookBuilder counters(long anonymousBytes, long fileBytes, long sharedBytes) {
    AddressRange none = new AddressRange(0, 0);
    mapping(new Mapping(none, "rw-p", 0, 0, ""), anonymousBytes, anonymousBytes);
    mapping(new Mapping(none, "r--p", 0, 1, Smaps.FILES), fileBytes, 0);
    return mapping(new Mapping(none, "rw-s", 0, 1, Smaps.SHARED), sharedBytes, 0);
  }

  /** So many mappings that are only summed, each with {@code rssBytes}. */
  LookBuilder sum(long start, long end, int count, long rssBytes) {
    long sum = count * rssBytes;
    Mapping mapping = new Mapping(new AddressRange(start, end), "rw-p", 0, 0, "");
    mappings.add(new MappingUse(mapping, sum, sum, sum, 0, 0, 0, count));
    mappingCount += count - 1;
    return this;
  }

  LookBuilder malloc(long start, long end) {
    malloc.add(new AddressRange(start, end));
    return this;
  }

  LookBuilder mallocResident(long bytes, long freeBytes) {
    mallocResidentBytes = bytes;
    mallocFreeBytes = freeBytes;
    return this;
  }

  LookBuilder area(JvmArea.Kind kind, long start, long end) {
    areas.add(new JvmArea(kind, new AddressRange(start, end)));
    return this;
  }

  LookBuilder direct(long bytes) {
    directBytes = bytes;
    return this;
  }

  LookBuilder stackPointer(long address) {
    threads.add(new ThreadRow(threads.size() + 1, "t", address));
    return this;
  }

  LookBuilder cgroup(int processes, long usageBytes, long fileBytes) {
    cgroup =
        Reading.of(
            new CgroupUse(
                2, "/x", processes, Long.MAX_VALUE, usageBytes, -1, -1, fileBytes, -1, -1),
            1);
    return this;
  }

  Look look() {
    long rss = mappings.stream().mapToLong(MappingUse::rssBytes).sum();
    ProcessStatus status =
        new ProcessStatus("x", "/bin/x", 0, Math.max(1, threads.size()), rss, rss, rss, 0, 0, 0, 0);
    Reading<JvmUse> jvm =
        areas.isEmpty() && directBytes < 0 ? Reading.none() : Reading.of(jvm(), 1);
    return new Look(
        1,
        0,
        status,
        Reading.of(new MemoryUse(mappings, mappings.size() + mappingCount), 1),
        Reading.of(threads, 1),
        Reading.of(new DescriptorUse(0, 0, 0, 0, 0), 1),
        cgroup,
        Reading.of(new SocketUse(List.of(), 0, List.of()), 1),
        Reading.of(new PipeUse(0, 0, 0), 1),
        census(),
        jvm,
        Reading.none());
  }

  private Census census() {
    if (malloc.isEmpty()) {
      return new Census.Uncounted("not in this test", "", 1);
    }
    return new Census.Counted(
        "/lib/libc.so.6",
        List.of(),
        new MmappedChunks(0, 0, true),
        List.of(),
        new Thresholds(-1, -1, -1),
        malloc,
        mallocResidentBytes,
        mallocFreeBytes,
        0,
        0,
        1);
  }

  private JvmUse jvm() {
    return new JvmUse("25", "Serial", areas, -1, -1, -1, -1, -1, directBytes, true, Map.of(), -1);
  }
}
