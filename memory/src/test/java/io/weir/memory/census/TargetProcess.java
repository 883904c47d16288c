package io.weir.memory.census;

import io.weir.memory.probe.Target;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@link MallocTarget}, or another program that obeys its commands, as a process. */
final class TargetProcess implements AutoCloseable {
  /** What mallinfo2 says. */
  record Truth(
      long arena,
      long hblks,
      long hblkhd,
      long fsmblks,
      long uordblks,
      long fordblks,
      long keepcost) {
    /** Caches of threads included, as malloc sees it. */
    long live() {
      return uordblks + hblkhd;
    }
  }

  final Process process;
  private final BufferedWriter in;
  private final BufferedReader out;

  private TargetProcess(List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    process = builder.start();
    in = process.outputWriter();
    out = process.inputReader();
  }

  static TargetProcess java(Map<String, String> environment) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            MallocTarget.class.getName()));
    return new TargetProcess(command, environment);
  }

  static TargetProcess of(List<String> command, Map<String, String> environment)
      throws IOException {
    return new TargetProcess(command, environment);
  }

  Target target() throws IOException {
    return Target.of(process.pid());
  }

  String tell(String command) throws IOException {
    in.write(command);
    in.newLine();
    in.flush();
    String answer = out.readLine();
    if (answer == null) {
      throw new IOException("the target ended at: " + command);
    }
    return answer;
  }

  Truth truth() throws IOException {
    long[] v = Arrays.stream(tell("truth").split(" ")).mapToLong(Long::parseLong).toArray();
    return new Truth(v[0], v[1], v[2], v[3], v[4], v[5], v[6]);
  }

  /** Anonymous resident bytes, exact. */
  long rssBytes() throws IOException {
    for (String line : Files.readAllLines(target().file("smaps_rollup"))) {
      if (line.startsWith("Rss:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IOException("smaps_rollup has no Rss");
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
