package io.weir.memory.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process of a runtime that says a line when it is ready, and lives until it is closed. */
final class RuntimeTarget implements AutoCloseable {
  private static final String SOURCE =
      """
      import java.nio.ByteBuffer;
      import java.util.ArrayList;

      public class Hold {
        static final ArrayList<ByteBuffer> HELD = new ArrayList<>();

        public static void main(String[] args) throws Exception {
          for (int i = 0; i < Integer.parseInt(args[0]); i++) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            for (int at = 0; at < buffer.capacity(); at += 4096) {
              buffer.put(at, (byte) 1);
            }
            HELD.add(buffer);
          }
          System.out.println("ready");
          System.in.read();
        }
      }
      """;

  private final Process process;
  private final String line;

  private RuntimeTarget(Process process) throws IOException {
    this.process = process;
    BufferedReader reader = process.inputReader();
    String said = reader.readLine();
    while (said != null && said.startsWith("[")) {
      said = reader.readLine();
    }
    line = said == null ? "" : said;
  }

  static RuntimeTarget run(List<String> command) throws IOException {
    return new RuntimeTarget(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start());
  }

  /** A JVM that holds some MiB in direct buffers. */
  static RuntimeTarget java(Path home, Path folder, int directMiB, String... options)
      throws IOException {
    Path source = folder.resolve("Hold.java");
    Files.writeString(source, SOURCE, StandardCharsets.UTF_8);
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/java").toString());
    command.add("-Xmx128m");
    command.addAll(List.of(options));
    command.addAll(List.of(source.toString(), Integer.toString(directMiB)));
    return run(command);
  }

  /** What it said when it was ready. */
  String line() {
    return line;
  }

  long pid() {
    return process.pid();
  }

  Target target() throws ObstacleException {
    return Target.of(process.pid());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly().onExit().join();
  }
}
