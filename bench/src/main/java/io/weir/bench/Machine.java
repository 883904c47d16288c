package io.weir.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where this runs.
 *
 * @param cores that the JVM may use
 * @param descriptorsMax that a process may have open (RLIMIT_NOFILE, hard)
 * @param charged whether a proxy can have a cgroup of its own
 * @param facts name and value, for the report
 */
record Machine(int cores, long descriptorsMax, boolean charged, Map<String, String> facts) {
  private static final int SYSCTL_BYTES_MAX = 4096;

  static Machine look() throws IOException {
    int cores = Runtime.getRuntime().availableProcessors();
    long descriptorsMax = openFilesMax();
    int version;
    try (Cgroup tried = Cgroup.make("weir-bench-try-" + ProcessHandle.current().pid())) {
      version = tried == null ? 0 : tried.version();
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("processor", cores + " cores, " + field("/proc/cpuinfo", "model name"));
    facts.put("memory", field("/proc/meminfo", "MemTotal"));
    facts.put(
        "JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    facts.put("descriptors", Long.toString(descriptorsMax));
    sysctl(facts, "net.ipv4.tcp_rmem", "bytes: least, at first, most");
    sysctl(facts, "net.ipv4.tcp_wmem", "bytes: least, at first, most");
    sysctl(facts, "net.ipv4.tcp_mem", "pages: low, pressure, most");
    sysctl(facts, "net.core.rmem_max", "bytes");
    sysctl(facts, "net.core.wmem_max", "bytes");
    facts.put("kernel memory and charge", wayOfCharge(version));
    return new Machine(cores, descriptorsMax, version > 0, facts);
  }

  private static String wayOfCharge(int version) {
    if (version > 0) {
      return "read from a cgroup of the proxy's own, version " + version;
    }
    return SocketMemory.ofProxy(1, 1) != null
        ? "added up: resident, what ss says its sockets hold, bytes in pipes, page tables, stacks,"
            + " 4 KiB a socket"
        : "cannot be seen: that needs leave to make a cgroup, or ss (Debian: iproute2)";
  }

  private static void sysctl(Map<String, String> facts, String name, String unit) {
    try {
      facts.put(name, sysctl(name).replaceAll("\\s+", " ") + " (" + unit + ")");
    } catch (IOException e) {
      facts.put(name, "cannot be read");
    }
  }

  /**
   * A setting of the kernel, by its name with dots. It must be read by one call: a second one, from
   * behind the first byte, finds nothing (proc_sys in the kernel), and {@code Files.readString}
   * makes several.
   */
  static String sysctl(String name) throws IOException {
    byte[] value = new byte[SYSCTL_BYTES_MAX];
    try (InputStream in = Files.newInputStream(Path.of("/proc/sys/" + name.replace('.', '/')))) {
      int length = in.read(value);
      return new String(value, 0, Math.max(0, length), StandardCharsets.US_ASCII).strip();
    }
  }

  private static String field(String file, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of(file))) {
      if (line.startsWith(name)) {
        return line.substring(line.indexOf(':') + 1).strip();
      }
    }
    return "unknown";
  }

  /** The JVM has raised its own limit to the hard one, and what it starts has the same. */
  private static long openFilesMax() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
      if (line.startsWith("Max open files")) {
        String[] words = line.split(" +", -1);
        return words[4].equals("unlimited") ? 1 << 20 : Long.parseLong(words[4]);
      }
    }
    return 1024;
  }
}
