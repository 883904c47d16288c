package io.weir.memory.census;

import io.weir.memory.probe.AddressRange;
import io.weir.memory.probe.Mapping;
import io.weir.memory.probe.MemoryMap;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts a process' malloc heap from outside: live, freed but kept, and what a trim would give
 * back. The process needs no preparation, is not stopped, and takes no notice.
 *
 * <h2>How</h2>
 *
 * <p>glibc keeps a header before each chunk. From an arena's first chunk, sizes lead from header to
 * header up to the arena's top. {@link ArenaSearch} finds the arenas by the shape of their
 * structure, {@link ArenaWalk} goes through the chunks, {@link FastbinMarks} and {@link
 * ThreadCaches} tell which chunks look in use and are not, {@link MmappedSearch} finds those that
 * are mappings of their own. No symbols are needed and no table of versions. All is read from
 * {@code /proc/PID/mem} and {@code /proc/PID/pagemap}.
 *
 * <h2>What makes it right</h2>
 *
 * <p>The self-check: the walk must end at the top exactly, each free chunk's size must be repeated
 * behind it, and the parts must add up to {@code system_mem}, which malloc keeps itself. An arena
 * that does not pass, because its process changed it meanwhile, is counted again. Where that never
 * passes there is no number. A process that runs on moves while it is counted: the picture is as
 * sharp as the milliseconds it takes.
 *
 * <h2>What it must not do</h2>
 *
 * <p>Read a page that is not resident: the kernel would map a page there, and the next look would
 * take it for kept memory. {@link Window} asks the page map first. It takes no lock of malloc, so a
 * process can count itself.
 *
 * <h2>What is foreign is never trusted</h2>
 *
 * <p>Sizes, pointers and lists come from a process that may be broken. Each step moves forward
 * within one part, each list is bounded by the bytes that the arena has, each retry by number and
 * time.
 *
 * <p>Source of layouts: glibc's malloc/malloc.c and malloc/arena.c, 2.26 to 2.43. Any thread; not
 * for an event loop: a gigabyte of small chunks takes about a second.
 */
public final class HeapCensus {
  private static final int TRIES_MAX = 12;
  private static final long RETRY_MAX_NANOS = 2_000_000_000L;

  /** A main heap that does not pass has moved as a rule; only then may it be in several parts. */
  private static final int PLAIN_TRIES = 6;

  private final Target target;
  private final long startNanos = System.nanoTime();
  private final ProcMemory memory;
  private final Window window;
  private final Window peek;
  private List<Mapping> mappings;

  private HeapCensus(Target target, ProcMemory memory, List<Mapping> mappings) {
    this.target = target;
    this.memory = memory;
    this.mappings = mappings;
    this.window = new Window(memory, Window.WORDS_MAX);
    this.peek = new Window(memory, 0);
  }

  /** Counts, with the mappings as they are now. Never throws: what fails is said in the result. */
  public static Census take(Target target) {
    return take(target, List.of());
  }

  /**
   * Counts. Never throws: what fails is said in the result.
   *
   * @param mappings of the process, read a moment ago; read again where they turn out to be stale
   */
  public static Census take(Target target, List<Mapping> mappings) {
    long start = System.nanoTime();
    try {
      String layout = ProgramLayout.unfit(target);
      if (!layout.isEmpty()) {
        return new Census.Uncounted(layout, "", System.nanoTime() - start);
      }
      List<Mapping> fresh = mappings.isEmpty() ? MemoryMap.read(target) : mappings;
      if (fresh.isEmpty()) {
        String why =
            "process "
                + target.pid()
                + " has no memory of its own: it has ended, or is a"
                + " kernel thread";
        return new Census.Uncounted(why, "", System.nanoTime() - start);
      }
      try (ProcMemory memory = ProcMemory.open(target)) {
        return new HeapCensus(target, memory, fresh).count();
      }
    } catch (IOException e) {
      return failed(target, e, System.nanoTime() - start);
    }
  }

  private static Census failed(Target target, IOException e, long costNanos) {
    if (e instanceof NoSuchFileException || !target.isAlive()) {
      String why = "process " + target.pid() + " has ended";
      return new Census.Uncounted(why, "", costNanos);
    }
    boolean denied =
        e instanceof AccessDeniedException
            || (e instanceof FileSystemException
                && String.valueOf(e.getMessage()).contains("not permitted"));
    if (denied) {
      return new Census.Uncounted(
          "the kernel does not let this user read the memory of process " + target.pid(),
          "run it as the same user or as root, or give it CAP_SYS_PTRACE; where"
              + " /proc/sys/kernel/yama/ptrace_scope is not 0: sysctl kernel.yama.ptrace_scope=0",
          costNanos);
    }
    return new Census.Uncounted(
        "the memory of process " + target.pid() + " could not be read: " + e.getMessage(),
        "run it again",
        costNanos);
  }

  private Census count() throws IOException {
    OtherAllocators.Recognised other = OtherAllocators.byLibrary(mappings);
    ArenaSearch.Found found = find(other == null ? TRIES_MAX : 2);
    if (found == null) {
      other = other != null ? other : OtherAllocators.byProgram(target, mappings);
      return other != null
          ? otherAllocator(other)
          : uncounted("no malloc of glibc's was found in process " + target.pid(), "");
    }
    HeapSum sum = new HeapSum(found.library());
    try {
      countArenas(found, sum);
    } catch (HeapChangedException e) {
      return e.isSwapped()
          ? uncounted(
              "part of the heap of process "
                  + target.pid()
                  + " is in swap; to count it would"
                  + " bring it back into memory",
              "swap off, or look again when the process has been active")
          : uncounted(String.valueOf(e.getMessage()), "run it again, or watch it for longer");
    }
    if (other != null && sum.isNearlyNothing()) {
      return otherAllocator(other);
    }
    return sum.census(window, memory.bytesRead(), cost());
  }

  private Census.OtherAllocator otherAllocator(OtherAllocators.Recognised other)
      throws IOException {
    List<String> details = List.of();
    if (other.name().equals("jemalloc")) {
      JemallocExtents.Sums sums = JemallocExtents.count(window, peek, mappings, other.library());
      details = sums != null ? sums.sentences() : OtherAllocators.reserved(window, mappings);
    }
    return new Census.OtherAllocator(other.name(), other.library(), details, cost());
  }

  private ArenaSearch.@Nullable Found find(int tries) throws IOException {
    for (int i = 0; i < tries; i++) {
      peek.forget();
      ArenaSearch.Found found = new ArenaSearch(peek, mappings).find();
      if (found != null) {
        return found;
      }
      mappings = MemoryMap.read(target);
    }
    return null;
  }

  private void countArenas(ArenaSearch.Found found, HeapSum sum)
      throws IOException, HeapChangedException {
    ArenaCounter counter = new ArenaCounter(window, peek, found.binsOffset());
    for (int i = 1; i < found.arenas().size(); i++) {
      sum.add(countArena(counter, found, i, List.of()));
    }
    sum.addFirst(countArena(counter, found, 0, sum.ranges()));
    MallocParameters parameters = parameters(found);
    countMmapped(found, parameters, sum);
  }

  private ArenaCount countArena(
      ArenaCounter counter, ArenaSearch.Found found, int i, List<AddressRange> others)
      throws IOException, HeapChangedException {
    long base = found.arenas().get(i);
    HeapChangedException last = null;
    for (int n = 0; n < TRIES_MAX; n++) {
      if (n > 1 && System.nanoTime() - startNanos > RETRY_MAX_NANOS) {
        break;
      }
      try {
        if (i > 0) {
          return counter.other(base).triedAgain(n);
        }
        ArenaCount main = counter.main(base, parameters(found).sbrkBase(), heapEnd());
        if (main != null) {
          return main.triedAgain(n);
        }
        MallocState state = MallocState.read(peek, base, found.binsOffset());
        if (state.noncontiguous() || n >= PLAIN_TRIES) {
          return new MainParts(window, peek, state, others, startNanos + RETRY_MAX_NANOS)
              .count(parameters(found).sbrkBase(), mappings)
              .triedAgain(n);
        }
        last = new HeapChangedException("the main heap moved while it was walked");
      } catch (HeapChangedException e) {
        if (e.isSwapped()) {
          throw e;
        }
        last = e;
      }
      mappings = MemoryMap.read(target);
    }
    String why = last == null ? "" : " (" + last.getMessage() + ")";
    throw new HeapChangedException(
        "process " + target.pid() + " changed its heap faster than it could be counted" + why);
  }

  private MallocParameters parameters(ArenaSearch.Found found)
      throws IOException, HeapChangedException {
    peek.forget();
    MallocParameters parameters = MallocParameters.find(peek, found.data(), heap());
    return parameters != null ? parameters : MallocParameters.without(mainStart(found));
  }

  /** Where a main heap in one piece begins, by where it ends; else where brk's mapping does. */
  private long mainStart(ArenaSearch.Found found) throws IOException, HeapChangedException {
    AddressRange heap = heap();
    if (heap == null) {
      return 0;
    }
    MallocState main = MallocState.read(peek, found.arenas().getFirst(), found.binsOffset());
    if (!heap.contains(main.top())) {
      return heap.start();
    }
    long start = main.top() + (peek.word(main.top() + 8) & ~ArenaWalk.FLAGS) - main.systemBytes();
    return heap.contains(start) ? start : heap.start();
  }

  private @Nullable AddressRange heap() {
    AddressRange heap = null;
    for (Mapping mapping : mappings) {
      if (mapping.name().equals("[heap]")) {
        long start = heap == null ? mapping.range().start() : heap.start();
        heap = new AddressRange(start, mapping.range().end());
      }
    }
    return heap;
  }

  private long heapEnd() {
    AddressRange heap = heap();
    return heap == null ? 0 : heap.end();
  }

  private void countMmapped(ArenaSearch.Found found, MallocParameters parameters, HeapSum sum)
      throws IOException, HeapChangedException {
    MallocParameters now = parameters;
    MmappedSearch search = MmappedSearch.atPages(window);
    if (now.mmaps() < 0) {
      search.searchByShape(mappings, sum.ranges());
      sum.mmappedByShape(search);
      return;
    }
    for (int n = 0; n < TRIES_MAX && now.mmaps() > 0; n++) {
      search = mmapped(now, sum.ranges());
      boolean late = System.nanoTime() - startNanos > RETRY_MAX_NANOS;
      if (search.found(now.mmaps(), now.mmappedBytes()) || late) {
        break;
      }
      mappings = MemoryMap.read(target);
      now = parameters(found);
    }
    sum.mmapped(now, search);
  }

  private MmappedSearch mmapped(MallocParameters now, List<AddressRange> heaps) throws IOException {
    MmappedSearch search = MmappedSearch.atPages(window);
    search.search(mappings, heaps, now.mmaps(), now.mmappedBytes());
    if (!search.found(now.mmaps(), now.mmappedBytes())) {
      search = MmappedSearch.anywhere(window);
      search.search(mappings, heaps, now.mmaps(), now.mmappedBytes());
    }
    return search;
  }

  private Census.Uncounted uncounted(String why, String remedy) {
    return new Census.Uncounted(why, remedy, cost());
  }

  private long cost() {
    return System.nanoTime() - startNanos;
  }
}
