package io.weir.demo;

import io.weir.server.Figures;
import io.weir.server.ListenAddress;
import io.weir.server.ServeSettings;
import io.weir.server.Serving;
import io.weir.server.Signals;
import io.weir.server.StartException;
import io.weir.server.StatusLine;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The demo: an endless disk image passes through a relay in this process, to readers in another one
 * that check each byte. Thread: the one that runs it; signals only end its wait.
 */
public final class Demo {
  private static final int DONE = 0;
  private static final int FAILED = 1;

  /** The readers have gone: their ends only have to be noticed. */
  private static final long DRAIN_MILLIS = 1000;

  private final DemoSettings settings;
  private final PrintStream out;
  private final PrintStream err;
  private final CountDownLatch ending = new CountDownLatch(1);

  /** Makes the settings of the relay, once the origin's address is known. */
  public interface Relay {
    /** The settings for serving the one resource under {@code url}. */
    ServeSettings to(String url) throws StartException;
  }

  private Demo(DemoSettings settings, PrintStream out, PrintStream err) {
    this.settings = settings;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs until its time is over, or Ctrl-C.
   *
   * @return 0, or 1 if a reader failed
   * @throws StartException if it cannot begin
   */
  public static int run(DemoSettings settings, Relay relay, PrintStream out, PrintStream err)
      throws StartException, InterruptedException {
    Demo demo = new Demo(settings, out, err);
    try (Crowd crowd = Crowd.start(settings)) {
      String url = "http://127.0.0.1:" + crowd.originPort() + "/disk.img";
      try (Serving serving = demo.serve(relay.to(url))) {
        return demo.run(crowd, serving);
      }
    } catch (IOException e) {
      throw new StartException("the demo cannot go on: " + e.getMessage(), e);
    }
  }

  /**
   * The admin pages take another port if theirs is taken; the relay's is what the demo is about.
   */
  private Serving serve(ServeSettings wanted) throws StartException {
    ListenAddress admin = wanted.admin();
    try {
      return Serving.start(wanted);
    } catch (StartException e) {
      if (admin == null || !String.valueOf(e.getMessage()).contains(" " + admin.text() + ":")) {
        throw e;
      }
      err.println("weir: " + e.getMessage() + "; the admin pages take another one");
      return Serving.start(wanted.withAdmin(ListenAddress.parse("127.0.0.1:0")));
    }
  }

  private int run(Crowd crowd, Serving serving) throws IOException, InterruptedException {
    Signals.on("INT", this::signal);
    Signals.on("TERM", this::signal);
    StatusLine status = StatusLine.ofThisProcess(System.nanoTime());
    status.next(serving.totals(), System.nanoTime());
    final long rssAtStartBytes = status.rssBytes();
    InetSocketAddress relay = serving.addresses().getFirst();
    introduce(relay, serving.adminAddress());
    crowd.read(relay.getPort());
    watch(crowd, serving, status);
    long bytes = serving.totals().downloadedBytes();
    status.next(serving.totals(), System.nanoTime());
    boolean died = !crowd.alive();
    Crowd.Tally tally = crowd.stop();
    serving.drain(DRAIN_MILLIS);
    out.print(summary(bytes, rssAtStartBytes, status, tally));
    out.flush();
    if (died || tally.summaries() == 0) {
      err.println("weir: the readers ended before their time");
      return FAILED;
    }
    return tally.failed() == 0 ? DONE : FAILED;
  }

  private void signal() {
    if (ending.getCount() == 0) {
      Runtime.getRuntime().halt(FAILED);
    }
    ending.countDown();
  }

  private void watch(Crowd crowd, Serving serving, StatusLine status) throws InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(settings.seconds());
    boolean endless = settings.seconds() == 0;
    boolean heard = true;
    while (crowd.alive() && !ending.await(1, TimeUnit.SECONDS)) {
      serving.lookForRecording();
      StringBuilder line = status.next(serving.totals(), System.nanoTime()).append("  ");
      Figures.appendGigabytes(line, serving.totals().downloadedBytes()).append(" GB so far");
      heard = heard && !out.checkError();
      if (heard) {
        out.println(line);
      }
      if (!endless && System.nanoTime() - endNanos >= 0) {
        return;
      }
    }
  }

  private void introduce(InetSocketAddress relay, @Nullable InetSocketAddress admin) {
    String url = "http://127.0.0.1:" + relay.getPort() + "/";
    StringBuilder text = new StringBuilder(600);
    text.append("An endless disk image, ").append(settings.readers());
    text.append(" readers that take ").append(settings.rateText()).append("B/s each, and ");
    text.append(settings.fast()).append(" that take all they get.\n");
    text.append("The resident set (rss) is the relay's alone: watch it stay.\n\n");
    if (admin != null) {
      text.append("See it live:  http://").append(ListenAddress.text(admin)).append("/\n\n");
    }
    text.append("Try meanwhile:\n");
    text.append("  curl -o /dev/null ").append(url).append('\n');
    text.append("  curl -s -r 1000000-1000063 ").append(url).append(" | od -A d -t x1 | head\n");
    if (admin != null) {
      text.append("  curl http://").append(ListenAddress.text(admin)).append("/flows\n");
    }
    text.append(settings.seconds() == 0 ? "Ctrl-C ends it.\n" : "");
    out.println(text);
  }

  private String summary(long bytes, long rssAtStartBytes, StatusLine status, Crowd.Tally tally) {
    StringBuilder text = new StringBuilder(400).append('\n');
    Figures.appendGigabytes(text, bytes).append(" GB passed through.\nrss: ");
    Figures.appendMegabytes(text, rssAtStartBytes).append(" MB at the start, ");
    Figures.appendMegabytes(text, status.rssBytesMax()).append(" MB at most, ");
    Figures.appendMegabytes(text, status.rssBytes()).append(" MB at the end.\nreaders: ");
    long all = (long) settings.readers() + settings.fast();
    text.append(all - tally.failed()).append(" right in every byte, ");
    text.append(tally.failed()).append(" failed.");
    if (!tally.reasons().isEmpty()) {
      text.append(' ').append(tally.reasons());
    }
    text.append("\nEach flow was read no faster than its reader took it, so nothing piled up.\n");
    return text.toString();
  }
}
