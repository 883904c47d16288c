package io.weir.demo;

import io.weir.server.StartException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Origin and readers in a JVM of their own, so that the resident set which the demo shows is that of
 * the relay alone. It ends when its standard input does, so it cannot outlive this process, however
 * that ends.
 */
final class Crowd implements AutoCloseable {
  private static final long STOP_SECONDS_MAX = 20;

  private final Process process;
  private final Writer commands;
  private final BufferedReader lines;
  private final Thread reader = new Thread(this::read, "demo-crowd");
  private final int originPort;
  private volatile Tally tally = new Tally(0, 0, "");

  /**
   * What the readers report at their end.
   *
   * @param failed readers
   * @param summaries how many groups of readers have reported
   * @param reasons why they failed, for people; may be empty
   */
  record Tally(long failed, int summaries, String reasons) {
    /** This and what one more line of the readers says; lines that say nothing change nothing. */
    Tally plus(String line) {
      if (!line.startsWith("summary ")) {
        return this;
      }
      int at = line.indexOf(" reason=");
      String why = at < 0 ? "" : line.substring(at + 1);
      return new Tally(failed + failedIn(line), summaries + 1, (reasons + " " + why).strip());
    }

    private static long failedIn(String line) {
      String key = " failed=";
      int from = line.indexOf(key) + key.length();
      int to = line.indexOf(' ', from);
      return Long.parseLong(line.substring(from, to < 0 ? line.length() : to));
    }
  }

  private Crowd(Process process) throws IOException {
    this.process = process;
    this.commands = process.outputWriter(StandardCharsets.US_ASCII);
    this.lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    String first = lines.readLine();
    if (first == null || !first.startsWith("origin ")) {
      throw new IOException("it ended before its origin listened");
    }
    originPort = Integer.parseInt(first.substring("origin ".length()));
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts the JVM and its origin; the readers wait for {@link #read(int)}. */
  static Crowd start(DemoSettings settings) throws StartException {
    ProcessBuilder builder = new ProcessBuilder(command(settings));
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove("JDK_JAVA_OPTIONS");
    Process process = null;
    try {
      process = builder.start();
      return new Crowd(process);
    } catch (IOException e) {
      if (process != null) {
        process.destroyForcibly();
      }
      throw new StartException("cannot start the demo's readers: " + e.getMessage(), e);
    }
  }

  /** Ctrl-C reaches every process of a terminal; the crowd ignores it, to report at the end. */
  private static List<String> command(DemoSettings settings) {
    String java = ProcessHandle.current().info().command().orElse("java");
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\""));
    command.addAll(List.of("weir-demo", java));
    command.addAll(List.of("-Xms16m", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.weir.load.Load"));
    command.addAll(List.of("demo", "--readers", Integer.toString(settings.readers())));
    command.addAll(List.of("--fast", Integer.toString(settings.fast())));
    command.addAll(List.of("--rate", settings.rateText()));
    return command;
  }

  int originPort() {
    return originPort;
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Lets the readers read from the relay on this port of the loopback address. */
  void read(int relayPort) throws IOException {
    say("relay " + relayPort + "\n");
  }

  /** Ends the readers. Returns what they report. */
  Tally stop() throws InterruptedException {
    try {
      say("stop\n");
    } catch (IOException e) {
      // It has ended by itself: what it said before that is the report.
    }
    if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    reader.join();
    return tally;
  }

  private void say(String command) throws IOException {
    commands.write(command);
    commands.flush();
  }

  private void read() {
    try {
      String line = lines.readLine();
      while (line != null) {
        tally = tally.plus(line);
        line = lines.readLine();
      }
    } catch (IOException e) {
      System.getLogger("io.weir")
          .log(System.Logger.Level.ERROR, "the demo''s readers: {0}", e.getMessage());
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
