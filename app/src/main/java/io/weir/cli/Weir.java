package io.weir.cli;

/** The program's main class. */
public final class Weir {
  private static final int EXIT_DONE = 0;
  private static final int EXIT_USAGE = 2;

  private Weir() {}

  /** Runs one command and exits with the code of {@code docs} (0 done, 1 failed, 2 wrong usage). */
  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("train")) {
      System.exit(EXIT_DONE);
    }
    System.err.println("Usage: weir COMMAND [OPTION...]");
    System.exit(EXIT_USAGE);
  }
}
