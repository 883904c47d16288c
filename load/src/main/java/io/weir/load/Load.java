package io.weir.load;

import io.weir.load.CommandLine.WrongUsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Main class: origin, readers and demo as programs of their own.
 *
 * <pre>
 *   origin [--listen HOST:PORT] [--seed S]
 *   readers URL --count N [--rate 20k] [--seconds N] [--seed S] [--receive-buffer 16k] [--way WAY]
 *   demo --readers N --fast K --rate 20k --seed S
 * </pre>
 *
 * <p>Exit codes: 0 done, 1 failed, 2 wrong usage. {@code origin} runs until it is ended; {@code
 * demo} until its standard input ends, so that it cannot outlive the process that started it.
 */
public final class Load {
  /** Seed where none is given; origin and readers must have the same. */
  public static final long SEED = 1;

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final int HTTP_PORT = 80;

  /** More than the ports that one address has to connect from. */
  private static final long READERS_MAX = 100_000;

  private static final long SECONDS_MAX = 86_400 * 365L;

  private static final String USAGE =
      """
      usage: origin [--listen HOST:PORT] [--seed S]
             readers URL --count N [--rate 20k] [--seconds N] [--seed S] [--receive-buffer 16k]
                     [--way plain|tls|tls1.2|h2:STREAMS|absolute:HOST:PORT|connect:HOST:PORT|
                            socks4a:HOST:PORT|socks5:HOST:PORT, joined by +]
             demo --readers N --fast K --rate 20k [--seed S]
      """;

  private Load() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] args) throws InterruptedException {
    System.exit(run(Arrays.asList(args), System.in, System.out, System.err));
  }

  /**
   * Runs a command.
   *
   * @param in read by {@code demo} alone
   * @return exit code
   * @throws InterruptedException if the thread is interrupted while the command runs
   */
  public static int run(List<String> args, InputStream in, PrintStream out, PrintStream err)
      throws InterruptedException {
    try {
      String command = args.isEmpty() ? "" : args.getFirst();
      List<String> rest = args.isEmpty() ? args : args.subList(1, args.size());
      return switch (command) {
        case "origin" -> origin(rest, out);
        case "readers" -> readers(rest, out);
        case "demo" -> demo(rest, in, out);
        default -> {
          err.print("\"" + command + "\" is no command\n" + USAGE);
          yield WRONG_USAGE;
        }
      };
    } catch (WrongUsageException e) {
      err.print(e.getMessage() + "\n" + USAGE);
      return WRONG_USAGE;
    } catch (IOException e) {
      err.println(e.getMessage());
      return FAILED;
    }
  }

  private static int origin(List<String> args, PrintStream out)
      throws WrongUsageException, IOException, InterruptedException {
    CommandLine line = new CommandLine(args, List.of("--listen", "--seed"), "");
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    InetSocketAddress bind = line.address("--listen", free);
    long seed = line.number("--seed", SEED, 0, Long.MAX_VALUE, Quantity::count);
    try (Origin origin = Origin.start(bind, seed)) {
      out.println("origin listening on " + bind.getHostString() + ":" + origin.port());
      out.flush();
      Thread.currentThread().join(); // until the process is ended
    }
    return OK;
  }

  private static int readers(List<String> args, PrintStream out)
      throws WrongUsageException, IOException, InterruptedException {
    List<String> names =
        List.of("--count", "--rate", "--seconds", "--seed", "--receive-buffer", "--way");
    CommandLine line = new CommandLine(args, names, "the URL");
    int count = (int) line.number("--count", 1, 1, READERS_MAX, Quantity::count);
    long rate = line.number("--rate", 0, 1, Integer.MAX_VALUE, Quantity::bytes);
    long seed = line.number("--seed", SEED, 0, Long.MAX_VALUE, Quantity::count);
    long seconds = line.number("--seconds", SECONDS_MAX, 1, SECONDS_MAX, Quantity::count);
    int receive = (int) line.number("--receive-buffer", 0, 1, Integer.MAX_VALUE, Quantity::bytes);
    Url url = Url.parse(line.word());
    Readers.Plan plan =
        new Readers.Plan(
            url.address(), url.path(), count, rate, receive, seed, line.way("--way", Way.PLAIN));
    Readers.Summary summary;
    try (Readers readers = Readers.start(plan)) {
      boolean ended = readers.await(seconds * 1_000);
      summary = readers.stop();
      out.println(Demo.line("readers", count, summary) + " ended=" + ended);
    }
    return summary.progress().failed() == 0 ? OK : FAILED;
  }

  private static int demo(List<String> args, InputStream in, PrintStream out)
      throws WrongUsageException, IOException, InterruptedException {
    List<String> names = List.of("--readers", "--fast", "--rate", "--seed");
    CommandLine line = new CommandLine(args, names, "");
    int slow = (int) line.number("--readers", 100, 0, READERS_MAX, Quantity::count);
    int fast = (int) line.number("--fast", 1, 0, READERS_MAX, Quantity::count);
    long rate = line.number("--rate", 20 * 1024, 1, Integer.MAX_VALUE, Quantity::bytes);
    long seed = line.number("--seed", SEED, 0, Long.MAX_VALUE, Quantity::count);
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
    return new Demo(slow, fast, rate, seed, out).run(commands) ? OK : FAILED;
  }

  /**
   * What a reader asks whom.
   *
   * @param path with its query
   */
  private record Url(InetSocketAddress address, String path) {
    static Url parse(String text) throws WrongUsageException {
      String scheme = "http://";
      if (!text.startsWith(scheme)) {
        throw new WrongUsageException(
            "URL \"" + text + "\" is not like http://127.0.0.1:8080/bytes/1m");
      }
      int slash = text.indexOf('/', scheme.length());
      String authority = text.substring(scheme.length(), slash < 0 ? text.length() : slash);
      String path = slash < 0 ? "/" : text.substring(slash);
      return new Url(CommandLine.address("URL", authority, HTTP_PORT), path);
    }
  }
}
