package io.weir.memory.ledger;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.JvmArea;
import io.weir.memory.probe.JvmUse;
import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.MappingUse;
import io.weir.memory.probe.NodeUse;
import io.weir.memory.probe.Smaps;
import io.weir.memory.probe.ThreadRow;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Attributes each resident byte of user space to one kind of row, so that the rows add up to the
 * resident set by construction.
 *
 * <p>A mapping goes as a whole to the first of these that it belongs to: malloc's ranges, as the
 * census found them; an area that the JVM names; V8's heap; a stack, since a thread's stack pointer
 * is in it; shared memory; a file; what is left is anonymous.
 *
 * <p>The kernel merges neighbouring anonymous mappings, so one may be malloc's in part only. What
 * malloc has in all of them together is known: the census counted its resident pages. So the whole
 * ones are taken from that sum, the rest of it is malloc's part of the merged ones, and what
 * remains of them is anonymous.
 *
 * <pre>
 *   mapping   |#### malloc ####|   |## malloc ##|... mmap of its own ...|   |  stack  |
 *   goes to    all malloc           sum of the census    ANONYMOUS            THREADS
 * </pre>
 *
 * Within malloc, free chunks' resident bytes are MALLOC_KEPT; direct buffers, which a JVM gets from
 * malloc, are taken out of what is live; the rest is MALLOC_LIVE.
 */
final class UserMemory {
  private final Look look;
  private final Map<Kind, Long> bytes = new EnumMap<>(Kind.class);
  private final List<AddressRange> mallocRanges;
  private final List<JvmArea> jvmAreas;
  private final List<AddressRange> v8Ranges;
  private final long[] stackPointers;
  private long wholeMallocBytes;
  private long mergedBytes;
  private long anonymousInFilesBytes;

  private UserMemory(Look look) {
    this.look = look;
    mallocRanges = look.census() instanceof Census.Counted counted ? counted.ranges() : List.of();
    JvmUse jvm = look.jvm().value();
    jvmAreas = jvm == null ? List.of() : jvm.areas();
    NodeUse node = look.node().value();
    v8Ranges = node == null ? List.of() : node.heapRanges();
    List<ThreadRow> threads = Objects.requireNonNullElse(look.threads().value(), List.of());
    stackPointers = threads.stream().mapToLong(ThreadRow::stackPointer).sorted().toArray();
  }

  /** Of a look whose mappings were seen. */
  static UserMemory of(Look look, List<MappingUse> mappings) {
    UserMemory user = new UserMemory(look);
    for (MappingUse use : mappings) {
      user.attribute(use);
    }
    user.split();
    return user;
  }

  /** By kind; only kinds that there are. */
  Map<Kind, Long> bytes() {
    return bytes;
  }

  /** Resident pages of private file mappings that were written to: no file backs them. */
  long anonymousInFilesBytes() {
    return anonymousInFilesBytes;
  }

  private void attribute(MappingUse use) {
    if (use.rssBytes() == 0) {
      return;
    }
    Mapping mapping = use.mapping();
    if (use.mappings() > 1) {
      attributeSum(use);
      return;
    }
    long mallocBytes = overlap(mapping.range());
    if (mallocBytes > 0 && mallocBytes == mapping.range().bytes()) {
      wholeMallocBytes += use.rssBytes();
    } else if (mallocBytes > 0) {
      mergedBytes += use.rssBytes();
    } else {
      addFile(use, kind(mapping));
    }
  }

  /** What lies in the range of a sum need not be part of it, so only a share of it is a stack. */
  private void attributeSum(MappingUse use) {
    AddressRange range = use.mapping().range();
    Kind runtime = runtimeKind(range.start());
    if (runtime != null && runtime == runtimeKind(range.end() - 1)) {
      add(runtime, use.rssBytes());
    } else if (use.mapping().isAnonymous()) {
      int stacks = use.mapping().isWritable() ? stacksIn(range) : 0;
      long stackBytes = use.rssBytes() / use.mappings() * Math.min(stacks, use.mappings());
      boolean merged = overlap(range) > 0;
      add(Kind.THREADS, stackBytes);
      mergedBytes += merged ? use.rssBytes() - stackBytes : 0;
      add(Kind.ANONYMOUS, merged ? 0 : use.rssBytes() - stackBytes);
    } else {
      addFile(use, isSharedMemory(use.mapping()) ? Kind.SHARED : Kind.FILES);
    }
  }

  private void addFile(MappingUse use, Kind kind) {
    add(kind, use.rssBytes());
    if (kind == Kind.FILES) {
      anonymousInFilesBytes += use.anonymousBytes();
    }
  }

  private Kind kind(Mapping mapping) {
    Kind runtime = runtimeKind(mapping.range().start());
    if (runtime != null) {
      return runtime;
    }
    if (!mapping.isAnonymous()) {
      return isSharedMemory(mapping) ? Kind.SHARED : Kind.FILES;
    }
    return isStack(mapping) ? Kind.THREADS : Kind.ANONYMOUS;
  }

  private @Nullable Kind runtimeKind(long address) {
    for (JvmArea area : jvmAreas) {
      if (area.range().contains(address)) {
        return kind(area.kind());
      }
    }
    for (AddressRange v8 : v8Ranges) {
      if (v8.contains(address)) {
        return Kind.V8_HEAP;
      }
    }
    return null;
  }

  private static Kind kind(JvmArea.Kind area) {
    return switch (area) {
      case HEAP -> Kind.JVM_HEAP;
      case METASPACE -> Kind.METASPACE;
      case CODE -> Kind.CODE;
      case GC -> Kind.GC;
      case STACK -> Kind.THREADS;
      case ARCHIVE -> Kind.FILES;
      case OTHER -> Kind.ANONYMOUS;
    };
  }

  /** Memory that only looks like a file: tmpfs segments, System V segments, memfd, shared zero. */
  private static boolean isSharedMemory(Mapping mapping) {
    String name = mapping.name();
    return name.startsWith("/dev/shm/")
        || name.startsWith("/memfd:")
        || name.startsWith("/SYSV")
        || name.startsWith("/dev/zero")
        || name.startsWith("[anon_shmem")
        || name.equals(Smaps.SHARED)
        || name.isEmpty();
  }

  private boolean isStack(Mapping mapping) {
    return mapping.name().startsWith("[stack") || stacksIn(mapping.range()) > 0;
  }

  private int stacksIn(AddressRange range) {
    return firstStackFrom(range.end()) - firstStackFrom(range.start());
  }

  private int firstStackFrom(long address) {
    int at = Arrays.binarySearch(stackPointers, address);
    return at < 0 ? -at - 1 : at;
  }

  private long overlap(AddressRange range) {
    long sum = 0;
    for (int i = firstEndingAfter(range.start()); i < mallocRanges.size(); i++) {
      AddressRange malloc = mallocRanges.get(i);
      if (malloc.start() >= range.end()) {
        break;
      }
      sum += Math.min(malloc.end(), range.end()) - Math.max(malloc.start(), range.start());
    }
    return sum;
  }

  private int firstEndingAfter(long address) {
    int low = 0;
    int high = mallocRanges.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (mallocRanges.get(middle).end() <= address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private void split() {
    if (!(look.census() instanceof Census.Counted counted)) {
      return;
    }
    long malloc =
        Math.min(
            Math.max(counted.residentBytes(), wholeMallocBytes), wholeMallocBytes + mergedBytes);
    add(Kind.ANONYMOUS, wholeMallocBytes + mergedBytes - malloc);
    long kept = Math.min(counted.freeResidentBytes(), malloc);
    long direct = Math.min(directInMallocBytes(), malloc - kept);
    add(Kind.MALLOC_KEPT, kept);
    add(Kind.DIRECT, direct);
    add(Kind.MALLOC_LIVE, malloc - kept - direct);
  }

  private long directInMallocBytes() {
    JvmUse jvm = look.jvm().value();
    return jvm == null || !jvm.directInMalloc() ? 0 : Math.max(0, jvm.directBytes());
  }

  private void add(Kind kind, long more) {
    if (more > 0) {
      bytes.merge(kind, more, Long::sum);
    }
  }
}
