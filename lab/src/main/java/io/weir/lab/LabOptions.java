package io.weir.lab;

import io.weir.load.Quantity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The command line of {@code lab}: experiments, {@code --name VALUE}, {@code --name=VALUE}. */
final class LabOptions {
  private static final List<String> VALUES =
      List.of("--out", "--body", "--chunk", "--blocks", "--readers", "--rate");
  private static final long BODY_BYTES = 1_000_000_000;
  private static final long BODY_BYTES_QUICK = 200_000_000;
  private static final long BODY_BYTES_MIN = 100_000_000;
  private static final long BODY_BYTES_MAX = 16L << 30;
  private static final long CHUNK_BYTES_MAX = 16 << 20;
  private static final int BLOCKS_MIN = 1_000;
  private static final int BLOCKS_MAX = 20_000_000;
  private static final int READERS_MAX = 20_000;
  private static final long RATE_BYTES_MAX = 1L << 30;

  private final Map<String, String> given = new HashMap<>();
  private final List<Experiment> chosen = new ArrayList<>();

  private LabOptions() {}

  static String usage() {
    return """
    Usage: weir lab [EXPERIMENT...] [OPTION...]
    Runs experiments about memory, each a claim that is measured here: where freed memory stays,
    what back-pressure changes, why RSS cannot tell a leak, and what it does not show. Without a
    name it runs them all, in about three minutes. Writes weir-lab.html, and a CSV for each.

      --list          The experiments and their claims.
      --quick         Smaller sizes: a minute for all of them.
      --out DIR       Where to write to (default: here).
      --body SIZE     Of one transfer, and of malloc's blocks together (1 GB; 100m to 16g).
      --chunk SIZE    Read and written at a time (64k; 1k to 16m).
      --blocks N      That malloc is asked for (250000; 1000 to 20000000).
      --rate SIZE     Bytes a second of the slow reader (100m; 1m to 1g).
      --readers N     Of the experiment about the kernel (1000; 10 to 20000).
      --help          This text.

    In --body and --rate 1m is 1 MiB. Exit codes: 0 done, whatever was found; 1 an experiment could
    not be run; 2 wrong usage.
    """;
  }

  static String list() {
    StringBuilder text = new StringBuilder();
    for (Experiment experiment : Experiments.all()) {
      text.append("  %-10s %s%n".formatted(experiment.name(), experiment.claim()));
    }
    return text.toString();
  }

  static Settings read(List<String> args) throws UsageException {
    LabOptions options = new LabOptions();
    options.parse(args);
    return options.settings("weir lab " + String.join(" ", args));
  }

  private void parse(List<String> args) throws UsageException {
    for (int i = 0; i < args.size(); i++) {
      String word = args.get(i);
      int equals = word.indexOf('=');
      String name = equals > 0 ? word.substring(0, equals) : word;
      if (word.equals("--quick")) {
        put(word, "");
      } else if (VALUES.contains(name)) {
        if (equals < 0 && i + 1 == args.size()) {
          throw new UsageException(name + " needs a value");
        }
        put(name, equals > 0 ? word.substring(equals + 1) : args.get(++i));
      } else if (word.startsWith("-")) {
        throw new UsageException(
            "unknown option " + word + "; there are --list, --quick, " + String.join(", ", VALUES));
      } else {
        choose(word);
      }
    }
  }

  private void choose(String word) throws UsageException {
    for (Experiment experiment : Experiments.all()) {
      if (experiment.name().equals(word)) {
        if (chosen.stream().noneMatch(other -> other.name().equals(word))) {
          chosen.add(experiment);
        }
        return;
      }
    }
    List<String> names = Experiments.all().stream().map(Experiment::name).toList();
    throw new UsageException(
        "there is no experiment '" + word + "'; there are " + String.join(", ", names));
  }

  private void put(String name, String value) throws UsageException {
    if (given.putIfAbsent(name, value) != null) {
      throw new UsageException(name + " is given twice");
    }
  }

  private Settings settings(String command) throws UsageException {
    boolean quick = given.containsKey("--quick");
    long body =
        size("--body", quick ? BODY_BYTES_QUICK : BODY_BYTES, BODY_BYTES_MIN, BODY_BYTES_MAX);
    return new Settings(
        command.strip(),
        chosen.isEmpty() ? Experiments.all() : List.copyOf(chosen),
        quick,
        folder(),
        body,
        size("--chunk", 64 << 10, 1 << 10, CHUNK_BYTES_MAX),
        (int) count("--blocks", quick ? 50_000 : 250_000, BLOCKS_MIN, BLOCKS_MAX),
        (int) count("--readers", 1_000, 10, READERS_MAX),
        size("--rate", 100 << 20, 1 << 20, RATE_BYTES_MAX));
  }

  private long size(String name, long otherwise, long min, long max) throws UsageException {
    String text = given.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return within(name, text, Quantity.bytes(text), min, max);
    } catch (IllegalArgumentException e) {
      throw new UsageException(name + ": " + e.getMessage());
    }
  }

  private long count(String name, long otherwise, long min, long max) throws UsageException {
    String text = given.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return within(name, text, Quantity.count(text), min, max);
    } catch (IllegalArgumentException e) {
      throw new UsageException(name + ": " + e.getMessage());
    }
  }

  private static long within(String name, String text, long value, long min, long max)
      throws UsageException {
    if (value < min || value > max) {
      throw new UsageException(
          name + ": " + text + " is not between " + Units.count(min) + " and " + Units.count(max));
    }
    return value;
  }

  /** Tried before anything runs: a folder that only looks as if it could be written to is found. */
  private Path folder() throws UsageException {
    String text = given.getOrDefault("--out", ".");
    Path folder = Path.of(text);
    if (!Files.isDirectory(folder)) {
      throw new UsageException("--out: '" + text + "' is not a folder");
    }
    Path page = folder.resolve(Report.PAGE);
    if (Files.isDirectory(page) || (Files.exists(page) && !Files.isWritable(page))) {
      throw new UsageException("--out: " + page + " cannot be written to");
    }
    try {
      Files.delete(Files.createTempFile(folder, "weir-lab", ".try"));
    } catch (IOException e) {
      throw new UsageException("--out: '" + text + "' is a folder that cannot be written to");
    }
    return folder;
  }
}
