package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A command on a pseudo-terminal of 80 columns and 24 lines, by {@code script} of util-linux. The
 * terminal's settings are read before and after it.
 */
final class PseudoTerminal implements AutoCloseable {
  private static final Pattern PID = Pattern.compile("pid=(\\d+) tty=(\\S+)");
  private static final Pattern ENDED = Pattern.compile("exit=(\\d+) after=(\\S+)");
  private static final Pattern BEFORE = Pattern.compile("before=(\\S+)");

  private final Process process;
  private final StringBuilder shown = new StringBuilder();

  private PseudoTerminal(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  /** Starts it; words may have spaces, but neither quotes nor dollars. */
  static PseudoTerminal start(List<String> words) throws IOException {
    Commands.assumeInstalled("script");
    String command =
        "trap : INT; stty rows 24 cols 80; echo before=$(stty -g); sh -c 'echo pid=$$ tty=$(tty); exec "
            + "\""
            + String.join("\" \"", words)
            + "\""
            + "'; echo exit=$? after=$(stty -g)";
    ProcessBuilder builder = new ProcessBuilder("script", "-qefc", command, "/dev/null");
    builder.environment().put("TERM", "xterm");
    builder.environment().put("SHELL", "/bin/sh");
    return new PseudoTerminal(builder.redirectErrorStream(true).start());
  }

  private void read() {
    try (InputStream in = process.getInputStream()) {
      byte[] bytes = new byte[4096];
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        synchronized (shown) {
          shown.append(new String(bytes, 0, n, StandardCharsets.US_ASCII));
          shown.notifyAll();
        }
      }
    } catch (IOException e) {
      synchronized (shown) {
        shown.append("cannot read: ").append(e.getMessage());
        shown.notifyAll();
      }
    }
  }

  /** How many characters came so far. */
  int length() {
    synchronized (shown) {
      return shown.length();
    }
  }

  /** What came behind the first {@code from} characters. */
  String since(int from) {
    synchronized (shown) {
      return shown.substring(from);
    }
  }

  /** Waits until a text was written behind the first {@code from} characters. */
  void await(String text, int from) throws InterruptedException {
    await(Pattern.compile(Pattern.quote(text)), from);
  }

  private Matcher await(Pattern pattern, int from) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.WAIT_SECONDS_MAX);
    synchronized (shown) {
      while (true) {
        Matcher matcher = pattern.matcher(shown);
        if (matcher.find(from)) {
          return matcher;
        }
        long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
        if (leftMillis <= 0) {
          throw new AssertionError("no " + pattern + " on the terminal:\n" + shown);
        }
        shown.wait(leftMillis);
      }
    }
  }

  void type(String keys) throws IOException {
    process.getOutputStream().write(keys.getBytes(StandardCharsets.US_ASCII));
    process.getOutputStream().flush();
  }

  /** Gives the terminal another size. */
  void resize(int rows, int columns) throws Exception {
    String tty = await(PID, 0).group(2);
    assertThat(Commands.run("stty", "-F", tty, "rows", "" + rows, "cols", "" + columns).code())
        .isZero();
  }

  void signal(String name) throws Exception {
    String pid = await(PID, 0).group(1);
    assertThat(Commands.run("sh", "-c", "kill -" + name + " " + pid).code()).isZero();
  }

  /** Waits for the command's end; its exit code. The terminal is as it was before. */
  int awaitEnd() throws InterruptedException {
    Matcher ended = await(ENDED, 0);
    assertThat(ended.group(2)).isEqualTo(await(BEFORE, 0).group(1));
    return Integer.parseInt(ended.group(1));
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
