package io.weir.scenarios;

import io.weir.load.Load;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The seeded origin in a process of its own, which can be stopped, or be in another network. */
final class LoadOrigin implements AutoCloseable {
  private final Process process;
  private final int port;

  private LoadOrigin(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param starter words in front of the command, such as those that enter a namespace
   */
  static LoadOrigin start(List<String> starter, String listen, long seed) throws Exception {
    List<String> command = new ArrayList<>(starter);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-cp", classes()));
    command.addAll(List.of(Load.class.getName(), "origin", "--listen", listen));
    command.addAll(List.of("--seed", Long.toString(seed)));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String line = firstLine(process);
    if (line == null) {
      process.destroyForcibly();
      throw new IOException("the origin said nothing");
    }
    return new LoadOrigin(process, Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
  }

  private static String classes() throws Exception {
    return Path.of(Load.class.getProtectionDomain().getCodeSource().getLocation().toURI())
        .toString();
  }

  private static String firstLine(Process process) throws IOException {
    // Not closed: the process would be told by its next line.
    return new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
        .readLine();
  }

  int port() {
    return port;
  }

  Process process() {
    return process;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
