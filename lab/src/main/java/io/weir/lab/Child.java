package io.weir.lab;

import io.weir.bench.Cgroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A process of an experiment, told and asked line by line. It ends when its standard input does,
 * and that happens also when the lab is killed. One thread.
 */
final class Child implements AutoCloseable {
  /** A small heap, so that what is resident is the experiment's. */
  private static final List<String> JVM_OPTIONS =
      List.of(
          "-Xms24m",
          "-Xmx128m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "--enable-native-access=ALL-UNNAMED");

  /** The shell stays outside of the cgroup, and removes it when the program has ended. */
  private static final String IN_CGROUP =
      """
      trap '' INT
      cgroup=$1
      shift
      (echo 0 >"$cgroup/cgroup.procs"; exec "$@")
      rmdir "$cgroup" 2>/dev/null
      """;

  private static final long END_SECONDS_MAX = 3;
  private static final Set<Child> LIVE = ConcurrentHashMap.newKeySet();

  private final Process process;
  private final BufferedReader said;

  private Child(Process process) {
    this.process = process;
    this.said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a main class of the lab's own class path in a JVM of its own. */
  static Child java(Class<?> main, Map<String, String> environment, String... arguments)
      throws IOException {
    return java(main, environment, null, arguments);
  }

  /** As above, in a cgroup. */
  static Child java(
      Class<?> main, Map<String, String> environment, @Nullable Cgroup cgroup, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JVM_OPTIONS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return start(command, environment, cgroup);
  }

  /** Starts any program that ends with its standard input. */
  static Child start(List<String> command, Map<String, String> environment, @Nullable Cgroup cgroup)
      throws IOException {
    List<String> all = new ArrayList<>();
    if (cgroup != null) {
      all.addAll(List.of("/bin/sh", "-c", IN_CGROUP, "lab", cgroup.folder().toString()));
    }
    all.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Child child = new Child(builder.start());
    LIVE.add(child);
    return child;
  }

  /** The program's, once it has said something: in a cgroup it is the shell's child. */
  long pid() {
    return process.children().findFirst().map(ProcessHandle::pid).orElse(process.pid());
  }

  /** The next line that it says. */
  String hear() throws IOException {
    String line = said.readLine();
    if (line == null) {
      throw new IOException("a process of the experiment has ended: " + process.info());
    }
    if (line.startsWith("error ")) {
      throw new IOException("a process of the experiment says: " + line);
    }
    return line;
  }

  /** Says a line, and returns the answer's words. */
  String[] ask(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    return hear().split(" ", -1);
  }

  /** Ends it: first by its standard input, then by force. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        endByForce();
        process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS);
      }
    } catch (IOException e) {
      endByForce();
    } catch (InterruptedException e) {
      endByForce();
      Thread.currentThread().interrupt();
    }
    LIVE.remove(this);
  }

  /** In a cgroup the shell is left to remove it. */
  private void endByForce() {
    List<ProcessHandle> children = process.children().toList();
    children.forEach(ProcessHandle::destroyForcibly);
    if (children.isEmpty()) {
      process.destroyForcibly();
    }
  }

  /** Ends all that live, at the lab's own end. */
  static void endAll() {
    LIVE.forEach(Child::close);
  }
}
