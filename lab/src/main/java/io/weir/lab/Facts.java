package io.weir.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Where this runs, for the report. */
final class Facts {
  private Facts() {}

  static Map<String, String> look() throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("libc", "glibc " + NativeMalloc.glibcVersion());
    facts.put(
        "JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
      if (line.startsWith("MemTotal:")) {
        facts.put("memory", line.substring("MemTotal:".length()).strip());
      }
    }
    return facts;
  }
}
