package io.weir.scenarios;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A checkout for the launcher alone: the real {@code weir}, but a JDK whose {@code java} prints how
 * it was called, and a Maven that counts its runs. So a scenario of the launcher costs milliseconds
 * and can say what a real build never does.
 */
final class FakeCheckout {
  private static final long PROCESS_SECONDS_MAX = 60;

  /** Prints what the JVM would be given; ends with the code in FAKE_EXIT. */
  private static final String JAVA =
      """
      #!/bin/sh
      echo "arena:${MALLOC_ARENA_MAX-}"
      for argument; do echo "<$argument>"; done
      exit ${FAKE_EXIT-0}
      """;

  /** Counts its run, waits for the file FAKE_GATE if it is named, then builds or fails. */
  private static final String MAVEN =
      """
      #!/bin/sh
      echo run >>"$FAKE_RUNS"
      while [ -n "${FAKE_GATE-}" ] && [ ! -e "$FAKE_GATE" ]; do sleep 0.05; done
      if [ -n "${FAKE_FAILURE-}" ]; then echo "$FAKE_FAILURE"; exit 1; fi
      while [ "$1" != --projects ]; do shift; done
      mkdir -p "$2/target/quick/dist"
      touch "$2/target/quick/dist/built" "$2/target/quick/dist/jvm.options"
      """;

  /** All that the launcher may use beside its shell; nothing else is on its PATH. */
  private static final List<String> COMMANDS =
      List.of(
          "sh",
          "cat",
          "dirname",
          "find",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sleep",
          "tail",
          "touch",
          "true",
          "uname");

  /** How a process ended, and what it wrote. */
  record Outcome(int exitCode, List<String> out, List<String> err) {}

  final Path root;
  final Path launcher;
  private final Path outside;
  private final Path tools;
  private final Path runs;
  private final Map<Process, List<Path>> outputs = new HashMap<>();

  /** Makes the checkout in a folder with a space in its name. */
  FakeCheckout(Path folder) throws IOException {
    root = Files.createDirectories(folder.resolve("a checkout"));
    outside = Files.createDirectories(folder.resolve("outside"));
    tools = Files.createDirectories(folder.resolve("tools"));
    runs = folder.resolve("runs");
    launcher = root.resolve("weir");
    Files.copy(
        Path.of(System.getProperty("weir.root"), "weir"),
        launcher,
        StandardCopyOption.COPY_ATTRIBUTES);
    jdk("25.0.9");
    script(tools.resolve("mvn"), MAVEN);
    for (String command : COMMANDS) {
      linkCommand(command);
    }
    for (String module : List.of("memory", "relay", "load", "app", "bench", "lab")) {
      Files.createDirectories(root.resolve(module + "/src/main/java"));
      Files.writeString(root.resolve(module + "/pom.xml"), "<project/>");
    }
    Files.createDirectories(root.resolve("app/src/dist"));
    Files.createDirectories(root.resolve("bench/src/dist"));
    Files.createDirectories(root.resolve("lab/src/dist"));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.writeString(source(), "class A {}");
  }

  Path source() {
    return root.resolve("relay/src/main/java/A.java");
  }

  /** A file's or a folder's time, in seconds from now. */
  static void age(Path path, long seconds) throws IOException {
    Files.setLastModifiedTime(path, FileTime.from(Instant.now().plusSeconds(seconds)));
  }

  /** The time of everything in the checkout. */
  void ageAll(long seconds) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        age(path, seconds);
      }
    }
  }

  /** A JDK of this version, which JAVA_HOME names in every start. */
  Path jdk(String version) throws IOException {
    Path jdk = Files.createDirectories(outside.resolve("a jdk"));
    Files.createDirectories(jdk.resolve("bin"));
    script(jdk.resolve("bin/java"), JAVA);
    script(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return jdk;
  }

  void removeMaven() throws IOException {
    Files.delete(tools.resolve("mvn"));
  }

  /** What uname says. */
  void platform(String system, String machine) throws IOException {
    Path uname = tools.resolve("uname");
    Files.delete(uname);
    script(uname, "#!/bin/sh\n[ $1 = -s ] && echo " + system + " || echo " + machine + "\n");
  }

  /** How often Maven ran. */
  int builds() throws IOException {
    return Files.exists(runs) ? Files.readAllLines(runs).size() : 0;
  }

  /** Starts a command in a folder of its own, with nothing of the user's environment. */
  Process start(Map<String, String> environment, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(outside.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("HOME", outside.toString());
    builder.environment().put("JAVA_HOME", outside.resolve("a jdk").toString());
    builder.environment().put("FAKE_RUNS", runs.toString());
    builder.environment().putAll(environment);
    Path out = Files.createTempFile(outside, "out", "");
    Path err = Files.createTempFile(outside, "err", "");
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    Process process = builder.start();
    outputs.put(process, List.of(out, err));
    return process;
  }

  /** Waits for a process, and ends it where it takes too long. */
  Outcome await(Process process) throws IOException, InterruptedException {
    try {
      if (!process.waitFor(PROCESS_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new AssertionError("still running after " + PROCESS_SECONDS_MAX + " s: " + process);
      }
    } finally {
      process.destroyForcibly();
    }
    List<Path> files = outputs.getOrDefault(process, List.of());
    return new Outcome(
        process.exitValue(),
        Files.readAllLines(files.get(0), StandardCharsets.UTF_8),
        Files.readAllLines(files.get(1), StandardCharsets.UTF_8));
  }

  /** Runs {@code weir ARGUMENT...}. */
  Outcome weir(String... arguments) throws IOException, InterruptedException {
    return weir(Map.of(), arguments);
  }

  Outcome weir(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    return await(start(environment, command));
  }

  private void linkCommand(String command) throws IOException {
    for (String folder : List.of("/usr/bin", "/bin")) {
      Path file = Path.of(folder, command);
      if (Files.exists(file)) {
        Files.createSymbolicLink(tools.resolve(command), file);
        return;
      }
    }
    throw new IOException("no " + command + " in /usr/bin or /bin");
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
