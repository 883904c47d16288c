package io.weir.server;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * {@code weir serve}: serves until SIGTERM or Ctrl-C, then drains and exits: 0 if nothing was cut,
 * else 1. A second signal ends at once with 1. SIGHUP opens the access log anew, and reads
 * certificates, keys and users anew.
 *
 * <p>The main thread prints the line of each second; the signal's thread drains and exits, so that
 * a standard output that nobody reads delays nothing.
 */
public final class ServeCommand {
  private final PrintStream out;
  private final PrintStream err;
  private final Serving serving;
  private final int drainMillis;
  private final CountDownLatch ending = new CountDownLatch(1);
  private final AtomicBoolean signalled = new AtomicBoolean();

  private ServeCommand(Serving serving, int drainMillis, PrintStream out, PrintStream err) {
    this.serving = serving;
    this.drainMillis = drainMillis;
    this.out = out;
    this.err = err;
  }

  /**
   * Serves. Returns only by way of an exit of the JVM.
   *
   * @param quiet without the line of each second
   * @throws StartException if it cannot begin
   */
  public static void run(ServeSettings settings, boolean quiet, PrintStream out, PrintStream err)
      throws StartException, InterruptedException {
    Serving serving = Serving.start(settings);
    ServeCommand command = new ServeCommand(serving, settings.drainMillis(), out, err);
    Signals.on("TERM", command::signal);
    Signals.on("INT", command::signal);
    Signals.on("HUP", serving::reload);
    err.println(readyLine(serving, settings));
    command.everySecond(quiet ? null : command.statusLine());
    Thread.currentThread().join();
  }

  /** What a rehearsal asks the relay and its admin pages. */
  public interface Questions {
    /** Asks them all. */
    void ask(InetSocketAddress relay, InetSocketAddress admin) throws IOException;
  }

  /**
   * Does once what {@link #run} does, with questions in the place of a user.
   *
   * @return the exit code
   * @throws IOException if a question has no answer
   */
  public static int rehearse(ServeSettings settings, PrintStream err, Questions questions)
      throws StartException, IOException, InterruptedException {
    Serving serving = Serving.start(settings);
    try (serving) {
      Signals.on("HUP", serving::reload);
      err.println(readyLine(serving, settings));
      InetSocketAddress admin = Objects.requireNonNull(serving.adminAddress());
      questions.ask(serving.addresses().getFirst(), admin);
      err.println(
          StatusLine.ofThisProcess(System.nanoTime()).next(serving.totals(), System.nanoTime()));
      return drain(serving, settings.drainMillis(), err);
    }
  }

  /** What listens where, in one line. */
  static String readyLine(Serving serving, ServeSettings settings) {
    StringBuilder line = new StringBuilder(256).append("weir: listening on ");
    boolean first = true;
    for (InetSocketAddress address : serving.addresses()) {
      line.append(first ? "" : ", ").append(ListenAddress.text(address));
      first = false;
    }
    line.append(", relaying ").append(settings.origin()).append("; ");
    PlanText.appendSummary(line, settings.plan());
    InetSocketAddress admin = serving.adminAddress();
    if (admin != null) {
      line.append("; admin on http://").append(ListenAddress.text(admin)).append('/');
    }
    return line.toString();
  }

  private @Nullable StatusLine statusLine() {
    try {
      return StatusLine.ofThisProcess(System.nanoTime());
    } catch (IOException e) {
      System.getLogger("io.weir")
          .log(System.Logger.Level.WARNING, "no status line: {0}", e.getMessage());
      return null;
    }
  }

  /** Looks for a recording, and prints the line unless there is none to print. */
  private void everySecond(@Nullable StatusLine status) throws InterruptedException {
    boolean heard = status != null;
    while (!ending.await(1, TimeUnit.SECONDS)) {
      serving.lookForRecording();
      heard = heard && !out.checkError(); // whoever read the lines may leave; this also flushes
      if (heard && status != null) {
        out.println(status.next(serving.totals(), System.nanoTime()));
      }
    }
  }

  private void signal() {
    if (!signalled.compareAndSet(false, true)) {
      Runtime.getRuntime().halt(1);
    }
    int code = 1;
    try {
      ending.countDown();
      code = drain(serving, drainMillis, err);
    } catch (InterruptedException e) {
      err.println("weir: interrupted while draining");
    } finally {
      System.exit(code);
    }
  }

  /** Drains, says what became of it, and returns the exit code. */
  static int drain(Serving serving, int drainMillis, PrintStream err) throws InterruptedException {
    int cut = serving.drain(drainMillis);
    serving.close();
    err.println(cut == 0 ? "weir: drained, nothing cut" : cutLine(cut, drainMillis));
    return cut == 0 ? 0 : 1;
  }

  static String cutLine(int cut, int drainMillis) {
    String after = drainMillis % 1000 == 0 ? drainMillis / 1000 + "s" : drainMillis + "ms";
    return "weir: cut " + cut + (cut == 1 ? " exchange" : " exchanges") + " after " + after;
  }
}
