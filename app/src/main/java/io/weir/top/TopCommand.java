package io.weir.top;

import io.weir.server.StartException;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;

/**
 * {@code weir top}: on a terminal a screen that is drawn once a second, else one snapshot. The
 * terminal's library is named in {@link TerminalScreen} alone, so a snapshot loads nothing of it.
 */
public final class TopCommand {
  /** Width of a snapshot: all columns. */
  private static final int SNAPSHOT_CHARS = 100;

  /** A rate needs two looks. */
  private static final int SNAPSHOT_MILLIS = 1_000;

  private TopCommand() {}

  /**
   * Shows it until the user ends it.
   *
   * @throws StartException where the first question has no answer of a Weir
   */
  public static void run(TopSettings settings, PrintStream out)
      throws StartException, InterruptedException {
    AdminClient client = AdminClient.of(settings);
    try {
      Screen screen = new Screen(settings.admin());
      Glance first = client.flows();
      Screen.Data data = new Screen.Data(first, null, client.memory(), "");
      if (settings.once() || !onTerminal()) {
        Thread.sleep(SNAPSHOT_MILLIS);
        Screen.Data second = new Screen.Data(client.flows(), first, data.memory(), "");
        screen.snapshot(second, SNAPSHOT_CHARS).forEach(out::println);
        out.flush();
        return;
      }
      try (Polling polling = Polling.start(client, data)) {
        TerminalScreen.show(screen, polling);
      }
    } catch (IOException e) {
      throw new StartException("top: " + (e.getMessage() == null ? e : e.getMessage()), e);
    }
  }

  @SuppressWarnings("SystemConsoleNull") // that of JDK 25 may be null again
  private static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
