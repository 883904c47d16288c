package io.weir.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Origin and readers for a relay in another process, which steers it line by line.
 *
 * <pre>
 *   out: origin PORT
 *   in:  relay PORT [PATH]        readers start on http://127.0.0.1:PORT/ (or PATH)
 *   out: readers=.. ok=.. failed=.. bytes=.. fast_bytes=..    once a second
 *   in:  stop                     or the end of input
 *   out: summary slow=.. ...
 * </pre>
 */
final class Demo {
  private final int slowCount;
  private final int fastCount;
  private final long rate;
  private final long seed;
  private final PrintStream out;

  /**
   * Of the origin's and the readers' sockets. The kernel grants TCP a share of the memory, about 9
   * % of it (tcp_mem, tcp(7)); a thousand slow transfers with buffers that grow would fill it.
   */
  private static final int SOCKET_BUFFER_BYTES = 128 * 1024;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private @Nullable Readers slow;
  private @Nullable Readers fast;

  Demo(int slowCount, int fastCount, long rateBytesPerSecond, long seed, PrintStream out) {
    this.slowCount = slowCount;
    this.fastCount = fastCount;
    this.rate = rateBytesPerSecond;
    this.seed = seed;
    this.out = out;
  }

  /** Runs until the input ends or says stop; true if no reader failed. */
  boolean run(BufferedReader commands) throws IOException, InterruptedException {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Thread ticker = new Thread(this::tick, "demo-progress");
    ticker.setDaemon(true);
    Origin.Options buffers = new Origin.Options(SOCKET_BUFFER_BYTES, 0);
    try (Origin origin = Origin.start(free, seed, buffers)) {
      say("origin " + origin.port());
      String command = commands.readLine();
      while (command != null && !command.trim().equals("stop")) {
        String error = obey(command.trim().split(" ", -1));
        if (error.isEmpty() && ticker.getState() == Thread.State.NEW) {
          ticker.start();
        } else if (!error.isEmpty()) {
          say("error " + error);
        }
        command = commands.readLine();
      }
      return finish(ticker);
    } finally {
      stopped.countDown();
      close(slow);
      close(fast);
    }
  }

  private static void close(@Nullable Readers readers) {
    if (readers != null) {
      readers.close();
    }
  }

  private String obey(String[] words) throws IOException {
    if (!words[0].equals("relay") || words.length < 2 || words.length > 3) {
      return "\"" + String.join(" ", words) + "\" is neither relay PORT [PATH] nor stop";
    }
    if (slow != null || fast != null) {
      return "the readers run already";
    }
    String path = words.length == 3 ? words[2] : "/";
    try {
      int port = (int) Math.min(Quantity.count(words[1]), Integer.MAX_VALUE);
      InetSocketAddress relay = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      slow = start(relay, path, slowCount, rate);
      fast = start(relay, path, fastCount, 0);
      return "";
    } catch (IllegalArgumentException e) {
      return "relay " + words[1] + ": " + e.getMessage();
    }
  }

  private @Nullable Readers start(
      InetSocketAddress relay, String path, int count, long rateBytesPerSecond) throws IOException {
    if (count == 0) {
      return null;
    }
    return Readers.start(
        new Readers.Plan(relay, path, count, rateBytesPerSecond, SOCKET_BUFFER_BYTES, seed));
  }

  private void tick() {
    try {
      while (!stopped.await(1, TimeUnit.SECONDS)) {
        say(progressLine());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String progressLine() {
    Readers.Progress slowly = progress(slow);
    Readers.Progress fastly = progress(fast);
    return "readers="
        + (slowly.open() + fastly.open())
        + (" ok=" + (slowly.ok() + fastly.ok()))
        + (" failed=" + (slowly.failed() + fastly.failed()))
        + (" bytes=" + (slowly.bytes() + fastly.bytes()))
        + (" fast_bytes=" + fastly.bytes());
  }

  private static Readers.Progress progress(@Nullable Readers readers) {
    return readers == null ? new Readers.Progress(0, 0, 0, 0) : readers.progress();
  }

  private boolean finish(Thread ticker) throws InterruptedException {
    stopped.countDown();
    if (ticker.getState() != Thread.State.NEW) {
      ticker.join();
    }
    boolean good = true;
    Readers slowly = slow;
    if (slowly != null) {
      Readers.Summary summary = slowly.stop();
      say(line("summary slow", slowCount, summary));
      good = summary.progress().failed() == 0;
    }
    Readers fastly = fast;
    if (fastly != null) {
      Readers.Summary summary = fastly.stop();
      say(line("summary fast", fastCount, summary));
      good &= summary.progress().failed() == 0;
    }
    return good;
  }

  /** Returns a summary as one line. */
  static String line(String name, int count, Readers.Summary summary) {
    Readers.Progress progress = summary.progress();
    StringBuilder line = new StringBuilder(200);
    line.append(name).append('=').append(count);
    line.append(" ok=").append(progress.ok()).append(" failed=").append(progress.failed());
    line.append(" open=").append(progress.open()).append(" bytes=").append(progress.bytes());
    line.append(" seconds=").append(Math.round(summary.seconds() * 100) / 100.0);
    line.append(" rate_min=").append(summary.rateMin());
    line.append(" rate_max=").append(summary.rateMax());
    for (Map.Entry<String, Long> reason : summary.reasons().entrySet()) {
      line.append(" reason=\"").append(reason.getValue()).append(" x ").append(reason.getKey());
      line.append('"');
    }
    return line.toString();
  }

  private synchronized void say(String line) {
    out.println(line);
    out.flush();
  }
}
