package io.weir.bench;

import io.weir.load.Quantity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The options of {@code bench}: {@code --name VALUE}, {@code --name=VALUE}, and switches. */
final class BenchOptions {
  private static final int ROUNDS_MAX = 1_000;
  private static final int SECONDS_MAX = 3_600;
  private static final String SIZE = "400m";
  private static final long SIZE_MAX = 1L << 40;
  private static final List<String> SWITCHES = List.of("--quick", "--full", "--paths");
  private static final List<String> VALUES =
      List.of(
          "--rounds", "--seconds", "--peers", "--workloads", "--out", "--weir-options", "--size");

  private final Map<String, String> given = new HashMap<>();

  private BenchOptions() {}

  static String usage() {
    return """
    Usage: weir bench [OPTION...]
    Runs Weir and the other proxies that are installed here, each in its turn, under the same load;
    prints the figures, and writes them with charts to weir-bench.html, and as a table and a picture
    for a README to weir-bench.md and weir-bench.svg. It says beforehand how long it will take.

      --quick                 1 round of 2 seconds, to see it work.
      --full                  5 rounds of 20 seconds of all workloads: hours.
      --rounds N              How often each proxy is measured (default: 3, but once under
                              workloads that are about memory).
      --seconds N             How long, each time (default: 4).
      --paths                 Every way into a proxy instead: TLS, HTTP/2, CONNECT, SOCKS5, TCP; one
                              table path by path, in weir-bench-paths.md too.
      --size SIZE             Of each of its 16 downloads (default: 400m).
      --peers NAME,...        Of %s (default: all that are installed).
      --workloads NAME,...    Of %s
                              (default: %s).
      --out DIR               Where to write these files (default: here).
      --weir-options "..."    More options of weir serve, split at spaces.
      --help                  Show this text.
    """
        .formatted(
            names(Peers.all(), Peer::name),
            names(Workload.all(), Workload::name),
            names(Workload.usual(false), Workload::name));
  }

  private static <T> String names(List<T> all, Function<T, String> name) {
    return String.join(", ", all.stream().map(name).toList());
  }

  /** Reads the words behind the command. */
  static Settings read(List<String> words) throws UsageException {
    BenchOptions options = new BenchOptions();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      if (SWITCHES.contains(name)) {
        if (equals >= 0) {
          throw new UsageException(name + " takes no value");
        }
        options.put(name, "");
      } else if (!VALUES.contains(name)) {
        throw new UsageException(unknown(word));
      } else if (equals >= 0) {
        options.put(name, word.substring(equals + 1));
      } else if (i + 1 < words.size() && isValue(name, words.get(i + 1))) {
        options.put(name, words.get(++i));
      } else {
        throw new UsageException(name + " needs a value");
      }
    }
    return options.settings("weir bench " + String.join(" ", words));
  }

  /** What follows an option is its value, unless it is an option itself, of ours. */
  private static boolean isValue(String name, String next) {
    return name.equals("--weir-options") || !next.startsWith("--");
  }

  private static String unknown(String word) {
    if (!word.startsWith("-")) {
      return "'" + word + "' belongs to no option";
    }
    List<String> all = new ArrayList<>(SWITCHES);
    all.addAll(VALUES);
    return "unknown option " + word + "; there are " + String.join(", ", all);
  }

  private void put(String name, String value) throws UsageException {
    if (given.putIfAbsent(name, value) != null) {
      throw new UsageException(name + " is given twice");
    }
  }

  private Settings settings(String command) throws UsageException {
    boolean quick = given.containsKey("--quick");
    boolean full = given.containsKey("--full");
    if (quick && full) {
      throw new UsageException("--quick and --full exclude each other");
    }
    boolean paths = given.containsKey("--paths");
    if (paths && full) {
      throw new UsageException("--paths and --full exclude each other");
    }
    if (given.containsKey("--size") && !paths) {
      throw new UsageException("--size belongs to --paths");
    }
    List<Workload> workloads = paths ? Workload.paths(size()) : Workload.all();
    List<Peer> peers = paths ? Peers.ofPaths() : Peers.all();
    int rounds = count("--rounds", quick ? 1 : full ? 5 : 3, ROUNDS_MAX);
    int seconds = count("--seconds", quick ? 2 : full ? 20 : 4, SECONDS_MAX);
    return new Settings(
        command.strip(),
        rounds,
        given.containsKey("--rounds"),
        seconds,
        quick ? 1_000 : 2_000,
        chosen("--peers", peers, peers, Peer::name),
        chosen("--workloads", workloads, paths ? workloads : Workload.usual(full), Workload::name),
        folder(),
        List.of(given.getOrDefault("--weir-options", "").strip().split(" +", -1)).stream()
            .filter(option -> !option.isEmpty())
            .toList());
  }

  private long size() throws UsageException {
    try {
      long bytes = Quantity.bytes(given.getOrDefault("--size", SIZE));
      if (bytes >= 1 && bytes <= SIZE_MAX) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      throw new UsageException("--size: " + e.getMessage());
    }
    throw new UsageException("--size: it is between 1 and 1t");
  }

  private int count(String name, int otherwise, int max) throws UsageException {
    String text = given.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      long value = Quantity.count(text);
      if (value >= 1 && value <= max) {
        return (int) value;
      }
    } catch (IllegalArgumentException e) {
      throw new UsageException(name + ": " + e.getMessage());
    }
    throw new UsageException(name + ": " + text + " is not between 1 and " + max);
  }

  /** In the order in which all are listed, whatever the user's order. */
  private <T> List<T> chosen(
      String name, List<T> all, List<T> otherwise, Function<T, String> nameOf)
      throws UsageException {
    String text = given.get(name);
    if (text == null) {
      return otherwise;
    }
    List<String> wanted = List.of(text.split(",", -1));
    for (String word : wanted) {
      if (all.stream().noneMatch(known -> nameOf.apply(known).equals(word))) {
        throw new UsageException(name + ": '" + word + "' is not one of " + names(all, nameOf));
      }
    }
    return all.stream().filter(known -> wanted.contains(nameOf.apply(known))).toList();
  }

  private Path folder() throws UsageException {
    String text = given.getOrDefault("--out", ".");
    Path folder = Path.of(text);
    if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new UsageException("--out: '" + text + "' is not a folder that can be written to");
    }
    return folder;
  }
}
