package io.weir.memory.probe;

import static io.weir.memory.probe.JvmText.amountAfter;
import static io.weir.memory.probe.JvmText.amountBefore;
import static io.weir.memory.probe.JvmText.bracketed;

import io.weir.memory.probe.JvmArea.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes in, line by line, what a JVM answers to diagnostic commands, and makes a {@link JvmUse} of
 * it. Formats differ by version and collector: JDK 17 and 25 with all their collectors are tested.
 * A line that is not understood is passed over, so a number stays -1 rather than wrong.
 */
final class JvmAnswers {
  private static final int CATEGORIES_MAX = 100;
  private static final int INFO_COLUMN = 7;

  private final JvmAreas areas = new JvmAreas();
  private final Map<String, Long> nmt = new LinkedHashMap<>();
  private String version = "";
  private String collector = "";
  private long heapUsedBytes = -1;
  private long heapCommittedBytes = -1;
  private long heapMaxBytes = -1;
  private long metaspaceUsedBytes = -1;
  private long codeUsedBytes = -1;
  private long directBytes = -1;

  /** {@code VM.version}. */
  void version(String line) {
    int at = line.indexOf(" version ");
    if (at >= 0 && version.isEmpty()) {
      version = line.substring(at + " version ".length()).strip();
    }
  }

  /** {@code VM.flags}: all on one line. */
  void flags(String line) {
    long max = amountAfter(line, "-XX:MaxHeapSize=");
    heapMaxBytes = max >= 0 ? max : heapMaxBytes;
  }

  /** {@code GC.heap_info}. */
  void heap(String line) {
    String text = line.strip();
    String found = collectorOf(text);
    collector = found.isEmpty() ? collector : found;
    if (text.startsWith("Metaspace")) {
      metaspace(line);
    } else if (text.startsWith("ZHeap")) {
      generation(amountAfter(text, "used "), amountAfter(text, ", capacity "), null);
      heapMaxBytes = Math.max(heapMaxBytes, amountAfter(text, "max capacity "));
    } else if (collector.equals("Shenandoah")) {
      shenandoah(text);
    } else if (collector.equals("Epsilon")) {
      epsilon(text);
    } else if (!found.isEmpty()) {
      long committed = amountAfter(text, "committed ");
      generation(
          amountAfter(text, "used "),
          committed >= 0 ? committed : amountAfter(text, "total "),
          bracketed(text));
    }
  }

  private static String collectorOf(String text) {
    if (text.startsWith("def new generation")
        || text.startsWith("DefNew")
        || text.startsWith("tenured generation")
        || text.startsWith("Tenured")) {
      return "Serial";
    }
    if (text.startsWith("PSYoungGen")
        || text.startsWith("ParOldGen")
        || text.startsWith("PSOldGen")) {
      return "Parallel";
    }
    if (text.startsWith("garbage-first heap")) {
      return "G1";
    }
    return text.startsWith("ZHeap")
        ? "Z"
        : text.startsWith("Shenandoah Heap")
            ? "Shenandoah"
            : text.startsWith("Epsilon Heap") ? "Epsilon" : "";
  }

  private void shenandoah(String text) {
    if (text.endsWith(" used") && text.contains(" committed")) {
      generation(amountBefore(text, " used"), amountBefore(text, " committed"), null);
    } else if (text.startsWith("- [")) {
      areas.add(Kind.HEAP, bracketed(text));
    }
  }

  private void epsilon(String text) {
    AddressRange range = bracketed(text);
    if (text.startsWith("space ") && range != null) {
      long top = JvmText.hexAt(text, text.indexOf(", 0x") + 2);
      generation(range.contains(top) ? top - range.start() : -1, range.bytes(), range);
    }
  }

  /** Serial and Parallel have two, the others one. */
  private void generation(long usedBytes, long committedBytes, @Nullable AddressRange range) {
    heapUsedBytes = sum(heapUsedBytes, usedBytes);
    heapCommittedBytes = sum(heapCommittedBytes, committedBytes);
    areas.add(Kind.HEAP, range);
  }

  /** {@code Compiler.codecache}: one heap or three, then a sum. */
  void code(String line) {
    String text = line.strip();
    boolean one = text.startsWith("CodeHeap ");
    if (one || (text.startsWith("CodeCache:") && codeUsedBytes < 0)) {
      codeUsedBytes = sum(codeUsedBytes, amountAfter(upperUnits(text), " used="));
    } else if (text.startsWith("bounds ")) {
      areas.add(Kind.CODE, bracketed(text));
    }
  }

  private static String upperUnits(String text) {
    return text.replace("Kb", "K");
  }

  /** {@code VM.metaspace vslist scale=1}; its nodes are where class metadata lies. */
  void metaspace(String line) {
    String text = line.strip();
    if (text.startsWith("Metaspace ")) {
      long used = amountAfter(text, " used ");
      metaspaceUsedBytes = used >= 0 ? used : metaspaceUsedBytes;
    } else if (text.startsWith("- node #")) {
      int at = text.indexOf("0x");
      long base = at < 0 ? -1 : JvmText.hexAt(text, at);
      long reserved = amountAfter(text, "reserved=");
      if (base >= 0 && reserved > 0 && reserved <= Long.MAX_VALUE - base) {
        areas.add(Kind.METASPACE, JvmText.range(base, base + reserved));
      }
    }
  }

  /** {@code VM.native_memory summary scale=b}. */
  void nativeMemory(String line) {
    int open = line.indexOf(" (reserved=");
    if (!line.startsWith("-") || open < 1 || nmt.size() >= CATEGORIES_MAX) {
      return;
    }
    long committed = amountAfter(line, " committed=");
    if (committed >= 0) {
      nmt.put(line.substring(1, open).strip(), committed);
    }
  }

  /**
   * {@code System.map}, JDK 24 and later; the column {@code vm info} is filled where NMT is on.
   *
   * @return was a purpose told?
   */
  boolean map(String line) {
    AddressRange range = JvmText.leading(line);
    Kind kind = range == null ? null : kindOf(column(line, INFO_COLUMN));
    if (kind != null) {
      areas.add(kind, range);
    }
    return kind != null;
  }

  private static String column(String line, int wanted) {
    int at = 0;
    for (int column = 0; at < line.length(); column++) {
      while (at < line.length() && line.charAt(at) == ' ') {
        at++;
      }
      int end = line.indexOf(' ', at);
      end = end < 0 ? line.length() : end;
      if (column == wanted) {
        return line.substring(at, end);
      }
      at = end;
    }
    return "";
  }

  private static @Nullable Kind kindOf(String info) {
    int end = 0;
    while (end < info.length() && Character.isUpperCase(info.charAt(end))) {
      end++;
    }
    return switch (info.substring(0, end)) {
      case "" -> null;
      case "JAVAHEAP" -> Kind.HEAP;
      case "META", "CLASS" -> Kind.METASPACE;
      case "CODE" -> Kind.CODE;
      case "GC", "CARDTBL" -> Kind.GC;
      case "STACK" -> Kind.STACK;
      case "CDS" -> Kind.ARCHIVE;
      default -> Kind.OTHER;
    };
  }

  /** What the mappings' names tell; to be added last, since answers are more exact. */
  void mappings(JvmMappings seen) {
    seen.heap().forEach(range -> areas.add(Kind.HEAP, range));
    seen.archive().forEach(range -> areas.add(Kind.ARCHIVE, range));
  }

  /** From another source than NMT, which comes first. */
  void direct(long bytes) {
    directBytes = bytes;
  }

  /** Did native memory tracking answer? */
  boolean isTracked() {
    return !nmt.isEmpty();
  }

  /** Was anything said at all? */
  boolean isEmpty() {
    return version.isEmpty() && collector.isEmpty();
  }

  /** All that was told. */
  JvmUse use() {
    Long other = nmt.get("Other");
    long untracked = isTracked() ? 0 : directBytes;
    return new JvmUse(
        version,
        collector,
        areas.list(),
        heapUsedBytes,
        heapCommittedBytes,
        heapMaxBytes,
        metaspaceUsedBytes,
        codeUsedBytes,
        other == null ? untracked : other,
        true,
        Map.copyOf(nmt),
        -1);
  }

  private static long sum(long before, long more) {
    if (more < 0) {
      return before;
    }
    return before < 0 ? more : before > Long.MAX_VALUE - more ? -1 : before + more;
  }
}
