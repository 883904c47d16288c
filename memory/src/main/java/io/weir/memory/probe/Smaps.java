package io.weir.memory.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code /proc/PID/smaps}, proc_pid_smaps(5): each mapping and what of it is resident. Needs
 * PTRACE_MODE_READ. Costs a walk over the page tables, some 25 ms for 1 GiB; it takes the mmap lock
 * of the process shared.
 *
 * <p>The first {@link #MAPPINGS_MAX} mappings are told one by one. What comes after them, in a
 * process that has more, is summed by name and permissions, each sum over the range from its first
 * mapping to its last; mappings of which nothing is resident or swapped are left out there. So the
 * sums over all stay whole, and the memory that a reading takes is bounded.
 */
public final class Smaps {
  /** Each takes some 200 bytes here: at most 1.6 MiB. Few processes have as many. */
  static final int MAPPINGS_MAX = 8192;

  /** Sums of further mappings; more names than this go into one sum without a name. */
  static final int SUMS_MAX = 1024;

  /** The name that stands for all mapped files where mappings may not be read. */
  public static final String FILES = "(mapped files)";

  /** The name that stands for all shared memory there. */
  public static final String SHARED = "(shared memory)";

  private static final int RSS = 0;
  private static final int PSS = 1;
  private static final int ANONYMOUS = 2;
  private static final int LAZY_FREE = 3;
  private static final int HUGE = 4;
  private static final int SWAP = 5;

  /** By the indices above. */
  private static final String[] LABELS = {
    "Rss:", "Pss:", "Anonymous:", "LazyFree:", "AnonHugePages:", "Swap:"
  };

  private final List<MappingUse> mappings = new ArrayList<>();
  private final Map<String, Sum> sums = new HashMap<>();
  private long summed;

  // The mapping at hand; the range is null before the first.
  private long start;
  private long end;
  private boolean open;
  private String permissions = "";
  private long offset;
  private long inode;
  private String name = "";
  private final long[] sizes = new long[LABELS.length];

  private Smaps() {}

  /**
   * The mappings now. Where the kernel does not permit it, three sums from {@code status} stand in
   * for them, and the reading says so.
   *
   * @throws ObstacleException where the process has ended
   */
  public static Reading<MemoryUse> read(Target target) throws ObstacleException {
    long from = System.nanoTime();
    Smaps smaps = new Smaps();
    try (ProcText text = ProcText.open(target.file("smaps"))) {
      MemoryUse use = smaps.parse(text);
      target.requireAlive();
      return new Reading<>(use, smaps.unseen(), "", System.nanoTime() - from);
    } catch (ObstacleException e) {
      throw e;
    } catch (IOException e) {
      Reading<MemoryUse> none = target.unseen("the mappings", e, 0);
      return new Reading<>(
          sums(StatusFile.read(target)), none.unseen(), none.remedy(), System.nanoTime() - from);
    }
  }

  private String unseen() {
    return summed == 0
        ? ""
        : "of "
            + (summed + MAPPINGS_MAX)
            + " mappings the last "
            + summed
            + " are not told one by one, but summed by name";
  }

  static MemoryUse parse(ProcText text, StringBuilder unseen) throws IOException {
    Smaps smaps = new Smaps();
    MemoryUse use = smaps.parse(text);
    unseen.append(smaps.unseen());
    return use;
  }

  private MemoryUse parse(ProcText text) throws IOException {
    while (text.nextLine()) {
      int c = text.peek();
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
        finish();
        begin(text);
      } else if (open) {
        take(text);
      }
    }
    finish();
    long count = mappings.size() + summed;
    sums.values().forEach(sum -> mappings.add(sum.toUse()));
    return new MemoryUse(List.copyOf(mappings), count);
  }

  private void begin(ProcText text) throws UnexpectedTextException {
    start = text.hex();
    text.expect('-');
    end = text.hex();
    text.expect(' ');
    // Permissions and names repeat: one object for a run of them.
    text.skipBlanks();
    permissions = text.wordLike(permissions);
    text.skipBlanks();
    offset = text.hex();
    text.skipWords(1);
    inode = text.decimal();
    text.skipBlanks();
    name = text.restIs(name) ? name : text.rest();
    // The page of vsyscalls lies in the kernel's half; AddressRange has the user's half only.
    open = start >= 0 && end >= start;
    Arrays.fill(sizes, 0);
  }

  private void take(ProcText text) throws UnexpectedTextException {
    for (int i = 0; i < LABELS.length; i++) {
      if (text.skip(LABELS[i])) {
        // No kernel tells more than the range has; a text that does must not spoil the sums.
        sizes[i] = Math.min(text.kibibytes(), end - start);
        return;
      }
    }
  }

  private void finish() {
    if (!open) {
      return;
    }
    open = false;
    if (mappings.size() < MAPPINGS_MAX) {
      mappings.add(use(mapping(start, end), sizes, 1));
      return;
    }
    summed++;
    if (sizes[RSS] > 0 || sizes[SWAP] > 0) {
      String key = sums.size() < SUMS_MAX ? permissions + name : "";
      sums.computeIfAbsent(key, k -> new Sum(k.isEmpty() ? furtherMapping() : mapping(start, end)))
          .add(end, sizes);
    }
  }

  private Mapping mapping(long from, long to) {
    return new Mapping(new AddressRange(from, to), permissions, offset, inode, name);
  }

  private Mapping furtherMapping() {
    return new Mapping(new AddressRange(start, end), permissions, 0, 1, "(further mappings)");
  }

  private static MappingUse use(Mapping mapping, long[] sizes, int mappings) {
    return new MappingUse(
        mapping,
        sizes[RSS],
        sizes[PSS],
        sizes[ANONYMOUS],
        sizes[LAZY_FREE],
        sizes[HUGE],
        sizes[SWAP],
        mappings);
  }

  /** Mappings of one name that are not told one by one. */
  private static final class Sum {
    private final Mapping first;
    private final long[] sizes = new long[LABELS.length];
    private long last;
    private int count;

    Sum(Mapping first) {
      this.first = first;
    }

    void add(long end, long[] more) {
      last = Math.max(last, end);
      count++;
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] += more[i];
      }
    }

    MappingUse toUse() {
      AddressRange range =
          new AddressRange(first.range().start(), Math.max(last, first.range().end()));
      return use(
          new Mapping(range, first.permissions(), first.offsetBytes(), first.inode(), first.name()),
          sizes,
          count);
    }
  }

  /** What {@code status} tells without a privilege, as if it were three mappings. */
  private static MemoryUse sums(ProcessStatus status) {
    return new MemoryUse(
        List.of(
            sum("rw-p", 0, "", status.rssAnonBytes(), status.rssAnonBytes(), status.swapBytes()),
            sum("r--p", 1, FILES, status.rssFileBytes(), 0, 0),
            sum("rw-s", 1, SHARED, status.rssShmemBytes(), 0, 0)));
  }

  private static MappingUse sum(
      String permissions, long inode, String name, long rss, long anonymous, long swap) {
    Mapping mapping = new Mapping(new AddressRange(0, 0), permissions, 0, inode, name);
    return new MappingUse(mapping, rss, -1, anonymous, 0, 0, swap);
  }
}
