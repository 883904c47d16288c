package io.weir.bench;

import io.weir.load.Origin;
import io.weir.load.Quantity;
import io.weir.load.Readers;
import io.weir.load.Way;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Main class of the processes that make the load: one is the origin, one the readers, so that the
 * CPU of neither is the proxy's. Both live as long as the bench, and their code is compiled when
 * the first proxy is measured. They are steered line by line, and end with their standard input.
 *
 * <pre>
 *   origin    out: ports PORT PORT_WITH_SMALL_SEND_BUFFERS
 *
 *   readers   in:  readers PORT PATH COUNT RATE RECEIVE_BUFFER once|again WAY   out: started NUMBER
 *             in:  requests PORT PATH COUNT keep|close                       out: started NUMBER
 *             in:  probe PORT PATH COUNT MILLIS                              out: started NUMBER
 *             in:  mark NUMBER   out: mark NANOS BYTES ANSWERS FAILED P50_MS P90_MS P99_MS REASONS
 *             in:  stop NUMBER   out: the last mark
 *             for whatever is wrong: error WHY
 * </pre>
 */
public final class LoadProcess {
  static final long SEED = 1;
  private static final int SMALL_SEND_BUFFER_BYTES = 64 * 1024;

  static final String STARTED = "started ";

  private final Map<Integer, Load> loads = new HashMap<>();
  private int last;

  private LoadProcess() {}

  /** A load that runs. */
  interface Load {
    /** How far it is. */
    Mark mark() throws InterruptedException;

    /** Ends it, with all its connections closed. */
    void stop() throws InterruptedException;
  }

  /**
   * How far a load is.
   *
   * @param nanos when this was, on the process' own clock
   * @param bytes of bodies that came, all right
   * @param answers since the mark before, of requests; of readers, whole bodies so far
   * @param failed so far
   * @param p50Millis of the answers since the mark before
   * @param p90Millis of the answers since the mark before
   * @param p99Millis of the answers since the mark before
   * @param reasons of failures, empty if there is none
   */
  record Mark(
      long nanos,
      long bytes,
      long answers,
      long failed,
      double p50Millis,
      double p90Millis,
      double p99Millis,
      String reasons) {

    String line() {
      return "mark %d %d %d %d %s %s %s %s"
          .formatted(nanos, bytes, answers, failed, p50Millis, p90Millis, p99Millis, reasons);
    }

    static Mark parse(String line) throws IOException {
      String[] words = line.split(" ", 9);
      if (words.length < 9 || !words[0].equals("mark")) {
        throw new IOException("the load says: " + line);
      }
      return new Mark(
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]),
          Double.parseDouble(words[5]),
          Double.parseDouble(words[6]),
          Double.parseDouble(words[7]),
          words[8]);
    }
  }

  /** Runs one of the two until its standard input ends. */
  public static void main(String[] args) throws IOException, InterruptedException {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    if (args.length == 1 && args[0].equals("origin")) {
      origin(commands);
    } else {
      new LoadProcess().readers(commands);
    }
    System.exit(0);
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void origin(BufferedReader commands) throws IOException {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (Origin wide = Origin.start(free, SEED);
        Origin small = Origin.start(free, SEED, new Origin.Options(SMALL_SEND_BUFFER_BYTES, 0))) {
      say("ports " + wide.port() + " " + small.port());
      while (commands.readLine() != null) {
        // Nothing is said to an origin: it ends with its input.
      }
    }
  }

  private void readers(BufferedReader commands) throws IOException, InterruptedException {
    String line = commands.readLine();
    while (line != null) {
      try {
        say(obey(line.split(" ", -1)));
      } catch (IOException | IllegalArgumentException | IllegalStateException e) {
        say("error " + e.getMessage());
      }
      line = commands.readLine();
    }
  }

  private String obey(String... words) throws IOException, InterruptedException {
    if (words.length == 2) {
      int number = (int) Quantity.count(words[1]);
      Load running = loads.get(number);
      if (running != null && words[0].equals("mark")) {
        return running.mark().line();
      }
      if (running != null && words[0].equals("stop")) {
        loads.remove(number);
        running.stop();
        return running.mark().line();
      }
    }
    if (words.length < 5) {
      throw new IllegalArgumentException("not now, or not at all: " + String.join(" ", words));
    }
    loads.put(++last, start(words));
    return STARTED + last;
  }

  private static Load start(String... words) throws IOException {
    int port = (int) Quantity.count(words[1]);
    InetSocketAddress proxy = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    String path = words[2];
    int count = (int) Quantity.count(words[3]);
    if (words[0].equals("requests")) {
      return Requests.start(proxy, path, count, words[4].equals("close"));
    }
    if (words[0].equals("probe")) {
      return Requests.probe(proxy, path, count, Quantity.count(words[4]));
    }
    int receive = (int) Quantity.bytes(words[5]);
    Readers.Plan plan =
        new Readers.Plan(
            proxy, path, count, Quantity.bytes(words[4]), receive, SEED, Way.parse(words[7]));
    boolean again = words[6].equals("again");
    return new Streams(again ? Readers.startAgainAndAgain(plan) : Readers.start(plan));
  }

  static String joined(Map<String, Long> reasons) {
    StringBuilder text = new StringBuilder();
    reasons.forEach(
        (reason, count) ->
            text.append(text.isEmpty() ? "" : ", ").append(count).append(" x ").append(reason));
    return text.toString().replace('\n', ' ');
  }

  /** Readers of bodies. */
  private static final class Streams implements Load {
    private final Readers readers;
    private boolean stopped;

    Streams(Readers readers) {
      this.readers = readers;
    }

    @Override
    public Mark mark() throws InterruptedException {
      Readers.Progress progress = readers.progress();
      boolean ended = stopped || progress.open() == 0;
      String reasons = ended ? joined(readers.stop().reasons()) : "";
      return new Mark(
          System.nanoTime(), progress.bytes(), progress.ok(), progress.failed(), 0, 0, 0, reasons);
    }

    @Override
    public void stop() throws InterruptedException {
      stopped = true;
      readers.stop();
    }
  }
}
