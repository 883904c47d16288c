package io.weir.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;

/**
 * The bench's main class. Exit codes: 0 done, 1 a cell or the bench itself failed, 2 wrong usage.
 */
public final class Bench {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private Bench() {}

  /** Runs it and exits. */
  public static void main(String[] args) throws InterruptedException {
    System.exit(run(Arrays.asList(args), System.out, System.err));
  }

  /** Runs it and returns the exit code. */
  static int run(List<String> args, PrintStream out, PrintStream err) throws InterruptedException {
    if (args.contains("--help") || args.contains("-h")) {
      out.print(BenchOptions.usage());
      return DONE;
    }
    try {
      Settings settings = BenchOptions.read(args);
      if (!System.getProperty("os.name").equals("Linux")) {
        err.println("weir bench: it reads /proc, so it needs Linux.");
        return FAILED;
      }
      return new Run(settings, Machine.look(), out).run();
    } catch (UsageException e) {
      err.println("weir bench: " + e.getMessage() + "\nTry 'weir bench --help'.");
      return WRONG_USAGE;
    } catch (IOException e) {
      if (!Guarded.ending()) {
        err.println("weir bench: " + e.getMessage());
      }
      return FAILED;
    }
  }
}
