package io.weir.doctor;

import io.weir.memory.doctor.Diagnosis;
import io.weir.memory.doctor.Megabytes;
import io.weir.memory.doctor.TextReport;
import io.weir.memory.doctor.Trim;
import io.weir.memory.doctor.Unseen;
import io.weir.memory.doctor.Watch;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.JvmProbe;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Reading;
import io.weir.memory.probe.Target;
import io.weir.server.Signals;
import io.weir.server.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code weir doctor}: looks, judges, speaks. The exit code is that of the first verdict; 1 where
 * the process could not be looked at.
 *
 * <p>Without a watch it looks twice, half a second apart: the second look tells queues that stand
 * still from busy ones. Ctrl-C ends a watch early; it then speaks of what it saw. The second one
 * ends it at once, as does the first where there is nothing to speak of yet: on a machine that is
 * out of breath a look may take minutes.
 */
public final class DoctorCommand {
  private static final int FAILED = 1;

  /** As signal(7) numbers them; a shell expects 128 more as the exit code. */
  private static final int SIGINT = 2;

  private static final int SIGTERM = 15;

  /** What a glance waits for between its two looks. */
  private static final long GLANCE_MILLIS = 500;

  /** A process that takes longer to look at gets one look: the answer must come within 3 s. */
  private static final long GLANCE_COST_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  private static final int COMMAND_LINE_BYTES_MAX = 300;
  private static final int WIDTH_CHARS_DEFAULT = 80;

  private final DoctorSettings settings;
  private final PrintStream out;
  private final PrintStream err;
  private final CountDownLatch interrupted = new CountDownLatch(1);

  /** Whether there is something to speak of; signals have threads of their own. */
  private volatile boolean looked;

  private DoctorCommand(DoctorSettings settings, PrintStream out, PrintStream err) {
    this.settings = settings;
    this.out = out;
    this.err = err;
  }

  /**
   * Does what the settings say, and returns the exit code.
   *
   * @throws StartException where it cannot; the message is one sentence for the user
   */
  public static int run(
      DoctorSettings settings, LookSource.Opener opener, PrintStream out, PrintStream err)
      throws StartException, InterruptedException {
    DoctorCommand command = new DoctorCommand(settings, out, err);
    URI self = settings.self();
    return self == null ? command.examine(opener) : command.showSelf(self);
  }

  private int showSelf(URI self) throws StartException {
    byte[] body = ServedLedger.fetch(self);
    String text = ServedLedger.text(self, body);
    out.print(settings.json() ? new String(body, StandardCharsets.UTF_8) + "\n" : text);
    out.flush();
    return 0;
  }

  private int examine(LookSource.Opener opener) throws StartException, InterruptedException {
    checkPage();
    try {
      LookSource source = opener.open(settings.pid(), settings.attach());
      String commandLine = commandLine(settings.pid());
      Diagnosis diagnosis = watch(source).judge();
      String trimmed = settings.trim() ? trim(source, diagnosis.last()) : "";
      writePage(diagnosis, commandLine);
      print(diagnosis, trimmed);
      return diagnosis.exitCode();
    } catch (ObstacleException e) {
      complain(e);
      return FAILED;
    }
  }

  /** Before a long watch, not after it. */
  private void checkPage() throws StartException {
    Path page = settings.html();
    if (page == null) {
      return;
    }
    Path folder = page.toAbsolutePath().getParent();
    if (Files.isDirectory(page) || folder == null || !Files.isWritable(folder)) {
      throw new StartException("--html: cannot write " + page + ": " + whyNot(page, folder));
    }
  }

  private static String whyNot(Path page, @Nullable Path folder) {
    if (Files.isDirectory(page)) {
      return "it is a folder";
    }
    return folder != null && Files.isDirectory(folder)
        ? "not permitted in its folder"
        : "there is no folder " + folder;
  }

  private void complain(ObstacleException e) {
    String message = String.valueOf(e.getMessage());
    String pid = Long.toString(settings.pid());
    err.println("weir: " + (message.contains(pid) ? "" : "process " + pid + ": ") + message);
    if (!e.remedy().isEmpty()) {
      err.println("To see it: " + e.remedy());
    }
  }

  /** Looks as often as it was told to, until the time is over or somebody wants the answer. */
  private Watch watch(LookSource source) throws ObstacleException, InterruptedException {
    Watch watch = new Watch();
    long start = System.nanoTime();
    if (settings.watchMillis() > 0) { // before there is something to speak of, so that none is lost
      Signals.on("INT", () -> interrupt(SIGINT));
      Signals.on("TERM", () -> interrupt(SIGTERM));
    }
    Look first = look(source, watch);
    looked = true;
    if (settings.watchMillis() == 0) {
      if (Unseen.costNanos(first) <= GLANCE_COST_NANOS_MAX) {
        TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        lookAgain(source, watch, start);
      }
      return watch;
    }
    long end = start + TimeUnit.MILLISECONDS.toNanos(settings.watchMillis());
    long next = start;
    boolean seen = true;
    while (seen && next < end) {
      next = Math.min(end, next + TimeUnit.MILLISECONDS.toNanos(settings.intervalMillis()));
      if (interrupted.await(Math.max(0, next - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        break;
      }
      seen = lookAgain(source, watch, start);
      // A look may take longer than the interval: what was missed is not caught up with.
      next = Math.max(next, Math.min(end, System.nanoTime()));
    }
    return watch;
  }

  private void interrupt(int signal) {
    if (!looked || interrupted.getCount() == 0) {
      Runtime.getRuntime().halt(128 + signal);
    }
    interrupted.countDown();
  }

  private static Look look(LookSource source, Watch watch) throws ObstacleException {
    Look look = source.look();
    watch.add(look, source.ledger(look));
    return look;
  }

  /** False where the process has ended: then what was seen before is what there is. */
  private boolean lookAgain(LookSource source, Watch watch, long start) {
    try {
      look(source, watch);
      return true;
    } catch (ObstacleException e) {
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      complain(e);
      err.println(
          "weir: the watch ended after "
              + millis / 1000
              + "."
              + millis % 1000 / 100
              + " s; this is what was seen until then");
      return false;
    }
  }

  private String trim(LookSource source, Look before) {
    if (!Trim.canBeAsked(before)) {
      return "not trimmed: nothing is ever injected into a process; " + Trim.how(before);
    }
    if (!settings.attach()) {
      return "not trimmed: --no-attach leaves the JVM alone; " + Trim.how(before);
    }
    Reading<String> said;
    Look after;
    try {
      said = JvmProbe.trim(Target.of(settings.pid()));
      after = source.look();
    } catch (ObstacleException e) {
      return "not trimmed: " + e.getMessage();
    }
    if (said.value() == null) {
      return "not trimmed: "
          + said.unseen()
          + (said.remedy().isEmpty() ? "" : "; " + said.remedy());
    }
    return "trimmed: RSS "
        + Megabytes.text(source.ledger(before).rssBytes())
        + " -> "
        + Megabytes.text(source.ledger(after).rssBytes())
        + "; the JVM says: "
        + said.value();
  }

  private void writePage(Diagnosis diagnosis, String commandLine) throws StartException {
    Path page = settings.html();
    if (page == null) {
      return;
    }
    try {
      Files.writeString(page, DoctorHtml.of(diagnosis, commandLine));
    } catch (IOException e) {
      throw new StartException("--html: cannot write " + page + ": " + e.getMessage(), e);
    }
  }

  private void print(Diagnosis diagnosis, String trimmed) {
    if (settings.json()) {
      out.println(new String(DoctorJson.bytes(diagnosis), StandardCharsets.UTF_8));
      if (!trimmed.isEmpty()) {
        err.println("weir: " + trimmed);
      }
    } else {
      out.print(TextReport.of(diagnosis, isTerminal(), widthChars()));
      if (!trimmed.isEmpty()) {
        out.println("\n" + trimmed);
      }
    }
    out.flush();
  }

  /** Does a person read it, on something that knows colours and block characters? */
  @SuppressWarnings("SystemConsoleNull") // JDK 25's own console is null again without a terminal
  private boolean isTerminal() {
    return System.getenv("NO_COLOR") == null
        && !"dumb".equals(System.getenv("TERM"))
        && out.charset().equals(StandardCharsets.UTF_8)
        && System.console() != null
        && System.console().isTerminal();
  }

  private static int widthChars() {
    String columns = System.getenv("COLUMNS");
    try {
      return columns == null ? WIDTH_CHARS_DEFAULT : Integer.parseInt(columns);
    } catch (NumberFormatException e) {
      return WIDTH_CHARS_DEFAULT;
    }
  }

  /** For the page alone: the beginning of it, or nothing where it may not be seen. */
  private static String commandLine(long pid) {
    try (InputStream in = Files.newInputStream(Path.of("/proc", Long.toString(pid), "cmdline"))) {
      byte[] words = in.readNBytes(COMMAND_LINE_BYTES_MAX);
      return new String(words, StandardCharsets.UTF_8).replace('\0', ' ').strip();
    } catch (IOException e) {
      return "";
    }
  }
}
