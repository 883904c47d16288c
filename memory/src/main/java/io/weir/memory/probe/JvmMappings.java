package io.weir.memory.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
  /** vm.max_map_count is 65,530 by default. */
  private static final int LINES_MAX = 1_000_000;

  private static final int RANGES_MAX = 10_000;

  /**
   * Reads them; about 1 ms for 1,000 mappings.
   *
   * @throws IOException where they may not be read, or the process has ended
   */
  static JvmMappings read(Target target) throws IOException {
    boolean isJvm = false;
    List<AddressRange> heap = new ArrayList<>();
    List<AddressRange> archive = new ArrayList<>();
    try (BufferedReader lines =
        Files.newBufferedReader(target.file("maps"), StandardCharsets.ISO_8859_1)) {
      String line = lines.readLine();
      for (int count = 0; line != null && count < LINES_MAX; count++) {
        isJvm |= line.endsWith("/libjvm.so") || line.endsWith("/libjvm.so (deleted)");
        if (line.contains("/memfd:java_heap")) {
          add(heap, line);
        } else if (line.endsWith(".jsa") || line.endsWith(".aot")) {
          add(archive, line);
        }
        line = lines.readLine();
      }
    }
    return new JvmMappings(isJvm, List.copyOf(heap), List.copyOf(archive));
  }

  private static void add(List<AddressRange> ranges, String line) {
    int dash = line.indexOf('-');
    int end = line.indexOf(' ');
    if (dash > 0 && end > dash && ranges.size() < RANGES_MAX) {
      AddressRange range =
          JvmText.range(
              JvmText.hexAt("0x" + line.substring(0, dash), 0),
              JvmText.hexAt("0x" + line.substring(dash + 1, end), 0));
      if (range != null) {
        ranges.add(range);
      }
    }
  }
}
