package io.weir.cli;

import io.weir.doctor.DoctorSettings;
import io.weir.load.Quantity;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The options of {@code doctor}. */
final class DoctorOptions {
  /** Linux numbers processes up to 2^22 (PID_MAX_LIMIT, proc_sys_kernel(5)). */
  private static final int PID_MAX = 1 << 22;

  /** Less would look at nothing but the looks. */
  private static final int INTERVAL_MILLIS_MIN = 100;

  private static final int WATCH_MILLIS_MIN = 1_000;
  private static final String DAYS = "24 days";

  private DoctorOptions() {}

  static Options all() {
    return new Options(
            "doctor",
            "weir doctor PID [OPTION...] | weir doctor --self URL",
            "Tells a leak from buffering from memory that malloc keeps, for any Linux process, from"
                + " outside.",
            "Exit codes: 0 healthy, 10 leak suspect, 11 buffering, 12 kept by an allocator or runtime,",
            "13 kernel or files, 14 other, 20 too early or cannot see; 1 failed, 2 wrong usage.")
        .operand("PID", "The process to look at; weir doctor $(pgrep -n node) finds one by name.")
        .value(
            "--watch",
            "TIME",
            "Look again and again for so long, or until Ctrl-C: growth needs 12s at least.")
        .value("--interval", "TIME", "1s", "Between two looks of a watch.")
        .flag("--json", "Print one JSON object.")
        .value("--html", "FILE", "Write a page with charts, too; it needs no other file.")
        .flag("--no-attach", "Ask a JVM nothing: look from outside alone.")
        .flag("--trim", "Have a JVM give back what its malloc keeps; for others say how.")
        .value("--self", "URL", "Show the ledger of a Weir that serves; URL is its admin address.");
  }

  static DoctorSettings read(Given given) throws UsageException {
    URI self = self(given);
    String word = given.operand();
    if (self == null && word == null) {
      throw new UsageException("give the PID of a process, or --self URL");
    }
    if (self != null && word != null) {
      throw new UsageException("PID and --self exclude each other");
    }
    return new DoctorSettings(
        word == null ? 0 : pid(word),
        given.has("--watch") ? millis(given, "--watch", WATCH_MILLIS_MIN, "1s") : 0,
        millis(given, "--interval", INTERVAL_MILLIS_MIN, "100ms"),
        given.has("--json"),
        html(given),
        !given.has("--no-attach"),
        given.has("--trim"),
        self);
  }

  private static long pid(String word) throws UsageException {
    long pid;
    try {
      pid = Quantity.count(word);
    } catch (IllegalArgumentException _) {
      throw new UsageException("'" + word + "' is not a PID, a number such as 4711");
    }
    if (pid < 1 || pid > PID_MAX) {
      throw new UsageException("PID " + word + " is not between 1 and " + PID_MAX);
    }
    return pid;
  }

  private static long millis(Given given, String name, int min, String minText)
      throws UsageException {
    return given.number(name, Quantity::millis, min, Integer.MAX_VALUE, minText, DAYS);
  }

  private static @Nullable Path html(Given given) throws UsageException {
    String file = given.text("--html");
    if (file == null) {
      return null;
    }
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw Given.complaint("--html", e);
    }
  }

  private static @Nullable URI self(Given given) throws UsageException {
    String text = given.text("--self");
    if (text == null) {
      return null;
    }
    try {
      URI uri = new URI(text);
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean host = uri.getHost() != null && uri.getPort() <= 65_535;
      if (http && host && uri.getQuery() == null && uri.getFragment() == null) {
        return uri;
      }
    } catch (URISyntaxException _) {
      // The message below says what would be right.
    }
    throw new UsageException("--self: '" + text + "' is not a URL such as http://127.0.0.1:3002");
  }
}
