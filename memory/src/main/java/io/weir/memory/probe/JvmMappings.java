package io.weir.memory.probe;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the names in {@code /proc/PID/maps} tell of a JVM.
 *
 * @param isJvm is HotSpot's library mapped?
 * @param heap ZGC's heap, which is a memfd called {@code java_heap}
 * @param archive CDS archives and AOT caches, by the ending of their files
 */
record JvmMappings(boolean isJvm, List<AddressRange> heap, List<AddressRange> archive) {
  private static final int RANGES_MAX = 10_000;

  /**
   * Reads them.
   *
   * @throws IOException where they may not be read, or the process has ended
   */
  static JvmMappings read(Target target) throws IOException {
    boolean isJvm = false;
    List<AddressRange> heap = new ArrayList<>();
    List<AddressRange> archive = new ArrayList<>();
    for (Mapping mapping : MemoryMap.read(target)) {
      String name = mapping.name();
      isJvm |= name.endsWith("/libjvm.so") || name.endsWith("/libjvm.so (deleted)");
      if (name.startsWith("/memfd:java_heap") && heap.size() < RANGES_MAX) {
        heap.add(mapping.range());
      } else if (name.endsWith(".jsa") || name.endsWith(".aot")) {
        archive.add(mapping.range());
      }
    }
    return new JvmMappings(isJvm, List.copyOf(heap), List.copyOf(archive));
  }
}
