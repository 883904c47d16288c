package io.weir.bench;

import io.weir.load.Way;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The bench's end of a {@link LoadProcess}. One thread. */
final class LoadClient implements AutoCloseable {
  /**
   * Its code should be as fast as it gets (C2), since it shares the cores with the proxy; its heap
   * is small, since it allocates nothing for a read.
   */
  private static final List<String> JVM_OPTIONS =
      List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData");

  private static final long END_SECONDS_MAX = 5;

  private final Process process;
  private final BufferedReader said;

  private LoadClient(Process process) {
    this.process = process;
    this.said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts {@code origin} or {@code readers} on the class path of the bench itself. */
  static LoadClient start(String role) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>(List.of(java));
    command.addAll(JVM_OPTIONS);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), LoadProcess.class.getName(), role));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    return new LoadClient(builder.start());
  }

  long pid() {
    return process.pid();
  }

  /** The next line that it says. */
  String hear() throws IOException {
    String line = said.readLine();
    if (line == null) {
      throw new IOException("the load's process has ended");
    }
    if (line.startsWith("error ")) {
      throw new IOException("the load says: " + line.substring(6));
    }
    return line;
  }

  private String ask(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    return hear();
  }

  /** Starts clients; returns the number by which they are asked for. */
  int start(Crowd crowd, int port, Way way) throws IOException {
    String said = ask(crowd.command(port, way));
    if (!said.startsWith(LoadProcess.STARTED)) {
      throw new IOException("the load says: " + said);
    }
    return Integer.parseInt(said.substring(LoadProcess.STARTED.length()));
  }

  LoadProcess.Mark mark(int number) throws IOException {
    return LoadProcess.Mark.parse(ask("mark " + number));
  }

  /** Ends these clients, with all their connections closed. */
  LoadProcess.Mark stop(int number) throws IOException {
    return LoadProcess.Mark.parse(ask("stop " + number));
  }

  /** Ends the process. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        return;
      }
    } catch (IOException e) {
      // It has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }
}
