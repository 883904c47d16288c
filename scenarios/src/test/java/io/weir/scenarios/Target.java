package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A process for the doctor to look at. It takes commands on its input, one a line, answers each by
 * a line when it has reached that state, and ends with its input: so none outlives the tests.
 */
final class Target implements AutoCloseable {
  /** One arena for all threads, as the launcher sets it: the one that grows by brk. */
  static final Map<String, String> ONE_ARENA = Map.of("MALLOC_ARENA_MAX", "1");

  private static final long END_SECONDS_MAX = 10;

  private final Process process;
  private final Program.Output out;
  private final Program.Output err;
  private final OutputStream in;

  private Target(Process process) {
    this.process = process;
    out = new Program.Output(process.getInputStream());
    err = new Program.Output(process.getErrorStream());
    in = process.getOutputStream();
  }

  /** Any command; skips the scenario where it is not installed. */
  static Target start(Map<String, String> environment, List<String> command) throws IOException {
    Commands.assumeInstalled(command.getFirst());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(
            name ->
                name.startsWith("MALLOC_")
                    || name.endsWith("_OPTIONS")
                    || name.equals("LD_PRELOAD"));
    builder.environment().putAll(environment);
    return new Target(builder.start());
  }

  /**
   * A {@link HeapTarget}, ready. Without the optimizing compiler: what that holds for a moment,
   * some megabytes of malloc's, would hide what the target does.
   */
  static Target jvm(Map<String, String> environment, String... jvmOptions) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(property("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xms16m"));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of(jvmOptions));
    Path classes =
        Path.of(HeapTarget.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    command.addAll(List.of("-cp", classes.toString(), HeapTarget.class.getName()));
    return start(environment, command).ready("ready");
  }

  /** {@code objects.py}, ready. */
  static Target python(Map<String, String> environment) throws Exception {
    String script = resource("/targets/objects.py").toString();
    return start(environment, List.of("python3", script)).ready("ready");
  }

  /** The relay of the story, listening; {@code mode} is {@code naive} or {@code pipe}. */
  static Target relay(String mode, String url) throws Exception {
    String script = resource("/targets/relay.js").toString();
    List<String> command = List.of("node", "--expose-gc", script, mode, url);
    return start(Map.of(), command).ready("listening ");
  }

  /** A process that does nothing, under any name. */
  static Target named(String name) throws Exception {
    String script = "exec -a \"$0\" cat";
    return start(Map.of(), List.of("/bin/bash", "-c", script, name)).echo();
  }

  private Target ready(String start) throws Exception {
    try {
      out.await(line -> line.startsWith(start));
      return this;
    } catch (InterruptedException | AssertionError e) {
      AssertionError said = new AssertionError(String.join("\n", err.lines()), e);
      close();
      throw said;
    }
  }

  private Target echo() throws Exception {
    assertThat(ask("ready")).isEqualTo("ready");
    return this;
  }

  private static Path resource(String name) throws URISyntaxException {
    URI uri = Objects.requireNonNull(Target.class.getResource(name), name).toURI();
    return Path.of(uri);
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty(name), name);
  }

  long pid() {
    return process.pid();
  }

  Process process() {
    return process;
  }

  /** The first number in the first line that it wrote: its port. */
  int port() {
    return Integer.parseInt(out.lines().getFirst().replaceAll("\\D", ""));
  }

  /** The first line that it wrote. */
  String line() throws Exception {
    return out.await(line -> true);
  }

  /** Gives a command, and waits for its answer. */
  String ask(String command) throws Exception {
    int from = out.lines().size();
    in.write((command + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
    return out.awaitFrom(from, line -> true);
  }

  /** Gives a command that must be carried out; waits until it is. */
  Target told(String command) throws Exception {
    String word = command.split(" ", 2)[0];
    assertThat(ask(command)).as("%s; %s", command, err.lines()).isEqualTo("done " + word);
    return this;
  }

  /** The resident set, exact. */
  long rssBytes() throws IOException {
    return Rss.bytes(Long.toString(pid()));
  }

  @Override
  public void close() throws IOException {
    try {
      in.close();
      process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }
}
