package io.weir.memory.probe;

import io.weir.memory.probe.JvmArea.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Areas that never overlap: where two sources claim the same addresses, the first one has them. */
final class JvmAreas {
  /** More than any JVM has; stops a hostile answer from filling our heap. */
  private static final int AREAS_MAX = 20_000;

  private final TreeMap<Long, JvmArea> byStart = new TreeMap<>();

  /** Adds what of {@code range} is not taken yet. */
  void add(Kind kind, @Nullable AddressRange range) {
    if (range == null) {
      return;
    }
    long at = range.start();
    Map.Entry<Long, JvmArea> before = byStart.floorEntry(at);
    if (before != null) {
      at = Math.max(at, before.getValue().range().end());
    }
    while (at < range.end()) {
      Map.Entry<Long, JvmArea> next = byStart.ceilingEntry(at);
      long end = next == null ? range.end() : Math.min(range.end(), next.getKey());
      put(kind, at, end);
      if (next == null) {
        return;
      }
      at = next.getValue().range().end();
    }
  }

  private void put(Kind kind, long start, long end) {
    if (end <= start || byStart.size() >= AREAS_MAX) {
      return;
    }
    Map.Entry<Long, JvmArea> before = byStart.lowerEntry(start);
    if (before != null
        && before.getValue().kind() == kind
        && before.getValue().range().end() == start) {
      long joined = before.getKey();
      byStart.put(joined, new JvmArea(kind, new AddressRange(joined, end)));
    } else {
      byStart.put(start, new JvmArea(kind, new AddressRange(start, end)));
    }
  }

  /** By address. */
  List<JvmArea> list() {
    return List.copyOf(new ArrayList<>(byStart.values()));
  }
}
