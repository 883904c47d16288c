package io.weir.lab;

import io.weir.bench.Guarded;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The lab's main class. Exit codes: 0 done, whatever the verdicts; 1 an experiment could not be
 * run; 2 wrong usage.
 */
public final class Lab {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private Lab() {}

  /** Runs it and exits. */
  public static void main(String[] args) throws InterruptedException {
    System.exit(run(Arrays.asList(args), System.out, System.err));
  }

  /** Runs it and returns the exit code. */
  static int run(List<String> args, PrintStream out, PrintStream err) throws InterruptedException {
    if (args.contains("--help") || args.contains("-h")) {
      out.print(LabOptions.usage());
      return DONE;
    }
    if (args.contains("--list")) {
      out.print(LabOptions.list());
      return DONE;
    }
    try {
      Settings settings = LabOptions.read(args);
      String glibc =
          System.getProperty("os.name").equals("Linux") ? NativeMalloc.glibcVersion() : "";
      if (glibc.isEmpty()) {
        err.println(
            "weir lab: it is about glibc's malloc, and reads /proc: it needs Linux with glibc.");
        return FAILED;
      }
      Runtime.getRuntime().addShutdownHook(new Thread(Lab::end, "end"));
      return run(settings, new Live(out, isTerminal()), err);
    } catch (UsageException e) {
      err.println("weir lab: " + e.getMessage() + "\nTry 'weir lab --help'.");
      return WRONG_USAGE;
    }
  }

  private static int run(Settings settings, Live live, PrintStream err)
      throws InterruptedException {
    long start = System.nanoTime();
    List<Result> results = new ArrayList<>();
    boolean failed = false;
    for (Experiment experiment : settings.experiments()) {
      live.say("\n" + experiment.name() + ": " + experiment.claim());
      Result result;
      try {
        result = experiment.run(settings, live);
      } catch (IOException | IllegalStateException e) {
        if (Guarded.ending()) {
          return FAILED;
        }
        err.println("weir lab: " + experiment.name() + ": " + e.getMessage());
        result = Result.skipped(experiment, "It could not be run: " + e.getMessage());
        failed = true;
      }
      results.add(result);
      TextReport.of(result).forEach(live::say);
    }
    long seconds = (System.nanoTime() - start) / 1_000_000_000;
    try {
      live.say("");
      Report.write(settings, results, seconds).forEach(path -> live.say("written: " + path));
    } catch (IOException e) {
      err.println("weir lab: the report cannot be written: " + e.getMessage());
      failed = true;
    }
    return failed ? FAILED : DONE;
  }

  /** Does a person read it, on something that knows cursor movements? */
  @SuppressWarnings("SystemConsoleNull") // JDK 25's own console is null again without a terminal
  private static boolean isTerminal() {
    return !"dumb".equals(System.getenv("TERM"))
        && System.console() != null
        && System.console().isTerminal();
  }

  /** Also at Ctrl-C and SIGTERM: nothing of ours is left. */
  private static void end() {
    Guarded.endAll();
    Child.endAll();
  }
}
