package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The packaged program in a process of its own, seen from outside.
 *
 * <pre>{@code
 * try (Program weir = Program.serve("--to", "http://127.0.0.1:8080")) {
 *   ... weir.port() ...
 * }
 * }</pre>
 *
 * <p>{@link #close} is the last check of each scenario: no exchange and no descriptor is left, the
 * program ends with 0 at SIGTERM and says that nothing was cut, and its log shows no fault of its
 * own. A scenario that ends the program itself has only its log checked.
 */
final class Program implements AutoCloseable {
  /** Whether the scenarios run in their full size. */
  static final boolean LONG = Boolean.getBoolean("weir.long");

  /** Limit of each wait: ample for a loaded machine, and no scenario's expectation. */
  static final long WAIT_SECONDS_MAX = 60;

  static final long MEBIBYTE = 1 << 20;

  private static final long LOOK_MILLIS = 20;

  /** As many looks without a change are a standstill. */
  private static final int STANDSTILL_LOOKS = 20;

  private static final int SIGINT = 2;
  private static final Pattern READY =
      Pattern.compile("weir: listening on \\S+?:(\\d+), .*?(?:; admin on http://\\S+:(\\d+)/)?");

  /** With one of these, requests are taken. */
  private static final List<String> REQUESTS = List.of("--to", "--resource", "--forward");

  private static final String PIPE = "pipe:";

  /** Files that the JVM maps or opens late, such as jars, say nothing about the load. */
  private static final List<String> KINDS_OF_LOAD = List.of("socket:", PIPE, "anon_inode:");

  /** Each loop keeps at most two empty pipes for its next flows, of two descriptors each. */
  private static final int IDLE_PIPE_DESCRIPTORS_PER_LOOP_MAX = 4;

  private final Process process;
  private final Output out;
  private final Output err;
  private int port;
  private int adminPort;
  private long descriptorsAtStart;
  private long pipeDescriptorsAtStart;

  private Program(List<String> command) throws IOException {
    process = builder(command).start();
    out = new Output(process.getInputStream());
    err = new Output(process.getErrorStream());
  }

  /** Serves on free ports, as the launcher would start it, and is ready. */
  static Program serve(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("serve"));
    words.addAll(List.of(options));
    return ready(new Program(java(served(words))));
  }

  /** Serves, started by another command, such as one that sets limits and then becomes it. */
  static Program serveBy(List<String> starter, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("serve"));
    words.addAll(List.of(options));
    List<String> command = new ArrayList<>(starter);
    command.addAll(java(served(words)));
    return ready(new Program(command));
  }

  /** Serves by way of the launcher. */
  static Program serveByLauncher(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of(launcher(), "serve"));
    words.addAll(List.of(options));
    return ready(new Program(served(words)));
  }

  /** Starts any command, and does not wait for anything. */
  static Program start(String... words) throws IOException {
    return new Program(java(List.of(words)));
  }

  /** Runs a command to its end. */
  static Outcome run(String... words) throws Exception {
    Program program = start(words);
    int code = program.awaitExit();
    return new Outcome(code, program.out.lines(), program.err.lines());
  }

  /** How a command ended, and what it wrote. */
  record Outcome(int exitCode, List<String> out, List<String> err) {}

  private static List<String> served(List<String> words) {
    List<String> all = new ArrayList<>(words);
    boolean requests = words.stream().anyMatch(REQUESTS::contains);
    if (requests && !words.contains("--listen")) {
      all.addAll(List.of("--listen", "127.0.0.1:0"));
    }
    if (!words.contains("--admin") && !words.contains("--no-admin")) {
      all.addAll(List.of("--admin", "127.0.0.1:0"));
    }
    if (!words.contains("--origin-idle-timeout")) {
      // Idle connections to the origin would count as left over for half a minute.
      all.addAll(List.of("--origin-idle-timeout", "200ms"));
    }
    return all;
  }

  private static Program ready(Program program) throws Exception {
    try {
      String line = program.err.await(text -> text.startsWith("weir: listening on "));
      Matcher ready = READY.matcher(line);
      assertThat(ready.matches()).as(line).isTrue();
      program.port = Integer.parseInt(ready.group(1));
      program.adminPort = ready.group(2) == null ? 0 : Integer.parseInt(ready.group(2));
      program.descriptorsAtStart = program.descriptors();
      program.pipeDescriptorsAtStart = program.descriptors(List.of(PIPE));
      return program;
    } catch (Exception | AssertionError e) {
      program.kill();
      throw e;
    }
  }

  private static String launcher() {
    return Path.of(property("weir.root"), "weir").toString();
  }

  private static String property(String name) {
    return Objects.requireNonNull(System.getProperty(name), name);
  }

  /** The command that the launcher would become. */
  static List<String> java(List<String> words) throws IOException {
    Path dist = Path.of(property("weir.dist"));
    List<String> command = new ArrayList<>();
    if (ignored(SIGINT)) {
      // As in a job of a shell without a terminal; a JVM would never hear of Ctrl-C.
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.add(Path.of(property("java.home"), "bin", "java").toString());
    command.add("@" + dist.resolve("jvm.options"));
    command.add("-XX:AOTCache=" + dist.resolve("weir.aot"));
    command.addAll(sizes(words));
    command.addAll(List.of("-cp", dist.resolve("weir.jar").toString(), "io.weir.cli.Weir"));
    command.addAll(words);
    return command;
  }

  /** The heap and the direct buffers that the launcher derives from MiB given as --memory. */
  private static List<String> sizes(List<String> words) {
    int at = words.indexOf("--memory") + 1;
    if (at == 0 || !words.get(at).matches("[0-9]+m")) {
      return List.of();
    }
    int mib = Integer.parseInt(words.get(at).substring(0, words.get(at).length() - 1));
    int heap = Math.max(16, (mib + 47) / 48 * 2);
    int direct = Math.max(32, mib * 3 / 4);
    return List.of("-Xmx" + heap + "m", "-XX:MaxDirectMemorySize=" + direct + "m");
  }

  private static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS"));
    environment.put("MALLOC_ARENA_MAX", "1");
    environment.put("JAVA_HOME", property("java.home"));
    return builder;
  }

  private static boolean ignored(int signal) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> (signal - 1) & 1) == 1;
      }
    }
    return false;
  }

  int port() {
    return port;
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  int adminPort() {
    return adminPort;
  }

  long pid() {
    return process.pid();
  }

  Process process() {
    return process;
  }

  Output out() {
    return out;
  }

  Output err() {
    return err;
  }

  /** A client of the relay. */
  RawClient connect() throws IOException {
    return RawClient.connect(port);
  }

  /** Asks the relay on a connection of its own, and reads the whole answer. */
  Answer get(String path, String... fields) throws IOException {
    return get(port, "test", path, fields);
  }

  /** Asks the admin pages. */
  Answer admin(String path) throws IOException {
    return get(adminPort, "127.0.0.1", path); // it refuses other names
  }

  private static Answer get(int port, String host, String path, String... fields)
      throws IOException {
    try (RawClient client = RawClient.connect(port)) {
      StringBuilder request =
          new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
      for (String field : fields) {
        request.append(field).append("\r\n");
      }
      client.write(request.append("Connection: close\r\n\r\n").toString());
      String head = client.readHead();
      return new Answer(head, client.readBody(head));
    }
  }

  /** A whole response. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(String head, byte[] body) {
    int status() {
      return Integer.parseInt(head.substring(9, 12));
    }

    String field(String name) {
      return String.valueOf(RawClient.header(head, name));
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /** The totals of {@code /flows}. */
  long total(String name) throws IOException {
    return Json.number(Json.object(flows(), "totals"), name);
  }

  /** How many exchanges ended for a reason. */
  long failures(String reason) throws IOException {
    Map<String, Object> failures = Json.object(Json.object(flows(), "totals"), "failures");
    return failures.containsKey(reason) ? Json.number(failures, reason) : 0;
  }

  /** {@code /flows}, parsed. */
  Map<String, Object> flows() throws IOException {
    return Json.parse(admin("/flows").text());
  }

  long rssBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmRSS of process " + pid());
  }

  /** Open sockets, pipes and kernel objects such as epoll instances. */
  long descriptors() throws IOException {
    return descriptors(KINDS_OF_LOAD);
  }

  private long descriptors(List<String> kinds) throws IOException {
    long count = 0;
    try (Stream<Path> links = Files.list(Path.of("/proc/" + pid() + "/fd"))) {
      for (Path link : links.toList()) {
        count += isOf(kinds, link) ? 1 : 0;
      }
    }
    return count;
  }

  private static boolean isOf(List<String> kinds, Path link) throws IOException {
    try {
      String target = Files.readSymbolicLink(link).toString();
      return kinds.stream().anyMatch(target::startsWith);
    } catch (NoSuchFileException e) {
      return false; // closed meanwhile
    }
  }

  /**
   * Descriptors of pipes that came since the start, as far as they may be idle ones: a loop opens
   * its first with its first large body, and keeps it. What is beyond is somebody's leak.
   */
  private long idlePipeDescriptors() throws IOException {
    long came = descriptors(List.of(PIPE)) - pipeDescriptorsAtStart;
    return Math.clamp(came, 0, IDLE_PIPE_DESCRIPTORS_PER_LOOP_MAX * loops());
  }

  /** Threads that relay, by their names. */
  private long loops() throws IOException {
    long count = 0;
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        count += nameOf(thread).startsWith("relay-") ? 1 : 0;
      }
    }
    return count;
  }

  private static String nameOf(Path thread) throws IOException {
    try {
      return Files.readString(thread.resolve("comm"));
    } catch (NoSuchFileException e) {
      return ""; // ended meanwhile
    }
  }

  /** What the next status line has before a word, such as {@code kernel}: MB, or flows. */
  double nextStatus(String word) throws InterruptedException {
    String line =
        out.awaitFrom(
            out.lines().size(), text -> text.contains(" " + word) && text.contains(" rss "));
    String[] words = line.strip().split("\\s+", -1);
    for (int i = 1; i < words.length; i++) {
      if (words[i].equals(word)) {
        return Double.parseDouble(words[i - 1]);
      }
    }
    throw new AssertionError("no '" + word + "' in " + line);
  }

  /** Waits until a condition holds, or fails with what was awaited. */
  void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
    while (!condition.call()) {
      if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the program has ended, so never " + what + "\n" + said());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + WAIT_SECONDS_MAX + " s: " + what + "\n" + said());
      }
    }
  }

  /** Waits as {@link #await} does; returns the largest resident set on the way. */
  long rssMaxUntil(String what, Callable<Boolean> condition) throws Exception {
    long[] max = {rssBytes()};
    await(
        what,
        () -> {
          max[0] = Math.max(max[0], rssBytes());
          return condition.call();
        });
    return max[0];
  }

  /** Sends a signal, such as TERM. */
  void signal(String name) throws Exception {
    List<String> kill = List.of("/bin/sh", "-c", "kill -" + name + " " + pid());
    assertThat(new ProcessBuilder(kill).inheritIO().start().waitFor()).isZero();
  }

  /** Whether new connections to the relay are refused. */
  boolean refuses() {
    try (Socket socket = new Socket()) {
      socket.connect(address(), 1_000);
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Waits for the end of the program and of its output. */
  int awaitExit() throws Exception {
    if (!process.waitFor(WAIT_SECONDS_MAX, TimeUnit.SECONDS)) {
      String said = said();
      kill();
      throw new AssertionError("still running after " + WAIT_SECONDS_MAX + " s\n" + said);
    }
    out.awaitEnd();
    err.awaitEnd();
    return process.exitValue();
  }

  /**
   * Waits until no exchange runs and all descriptors that came with the load are closed, but for
   * the idle pipes of each loop.
   */
  void awaitIdle() throws Exception {
    if (adminPort != 0) {
      await("no flow is left", () -> total("open_exchanges") == 0 && total("open_flows") == 0);
    }
    await(
        "the descriptors are back at " + descriptorsAtStart,
        () -> descriptors() - idlePipeDescriptors() <= descriptorsAtStart);
  }

  /** Waits until no more of any body has been sent for a while. */
  void awaitStandstill() throws Exception {
    long[] last = {-1, 0};
    await(
        "nothing moves",
        () -> {
          long now = total("downloaded_bytes");
          last[1] = now == last[0] ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] >= STANDSTILL_LOOKS;
        });
  }

  /**
   * Each flow holds no more than its lease, and all leases have never been more than the budget.
   */
  void assertLeasesHold() throws Exception {
    Map<String, Object> flows = flows();
    for (Map<String, Object> row : Json.objects(flows, "flows")) {
      assertThat(Json.number(row, "held_bytes"))
          .as(row.toString())
          .isLessThanOrEqualTo(Json.number(row, "lease_bytes"));
    }
    Map<String, Object> memory = Json.object(flows, "memory");
    assertThat(Json.number(memory, "leased_bytes_max"))
        .as(memory.toString())
        .isLessThanOrEqualTo(Json.number(memory, "budget_bytes"));
  }

  /** The program may keep these beyond the load, such as the resolver's socket of each loop. */
  void allowDescriptors(int count) {
    descriptorsAtStart += count;
  }

  @Override
  public void close() throws Exception {
    try {
      if (process.isAlive()) {
        awaitIdle();
        signal("TERM");
        assertThat(awaitExit()).as(said()).isZero();
        assertThat(err.lines()).contains("weir: drained, nothing cut");
      }
      err.awaitEnd();
      assertThat(err.lines())
          .noneMatch(line -> line.contains("internal fault"))
          .noneMatch(line -> line.startsWith("    at ") || line.startsWith("\tat "))
          .noneMatch(line -> line.contains(" error  "));
    } finally {
      kill();
    }
  }

  /** What it wrote so far, for messages. */
  String said() {
    return String.join("\n", err.lines());
  }

  private void kill() {
    process.destroyForcibly();
  }

  /** The lines that a process writes. */
  static final class Output {
    private final List<String> lines = new ArrayList<>();
    private final Thread reader;
    private boolean ended;

    Output(InputStream in) {
      reader = Thread.ofVirtual().start(() -> read(in));
    }

    private void read(InputStream in) {
      try (in) {
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
            .lines()
            .forEach(this::add);
      } catch (IOException | UncheckedIOException e) {
        add("cannot read: " + e.getMessage());
      }
      synchronized (lines) {
        ended = true;
        lines.notifyAll();
      }
    }

    private void add(String line) {
      synchronized (lines) {
        lines.add(line);
        lines.notifyAll();
      }
    }

    List<String> lines() {
      synchronized (lines) {
        return List.copyOf(lines);
      }
    }

    /** Waits for a line that satisfies a condition; lines that came already count. */
    String await(Predicate<String> condition) throws InterruptedException {
      return awaitFrom(0, condition);
    }

    /** Waits for such a line behind the first {@code from}. */
    String awaitFrom(int from, Predicate<String> condition) throws InterruptedException {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
      synchronized (lines) {
        for (int at = from; ; at++) {
          while (at >= lines.size()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (ended || left <= 0) {
              throw new AssertionError("no such line among\n" + String.join("\n", lines));
            }
            lines.wait(left);
          }
          if (condition.test(lines.get(at))) {
            return lines.get(at);
          }
        }
      }
    }

    void awaitEnd() throws InterruptedException {
      reader.join(TimeUnit.SECONDS.toMillis(WAIT_SECONDS_MAX));
    }
  }
}
