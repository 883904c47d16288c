package io.weir.top;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;
import org.jline.utils.ShutdownHooks;
import org.jspecify.annotations.Nullable;

/**
 * The screen on a terminal. Whatever ends it, {@link #restore} puts the terminal back: the user,
 * Ctrl-C, a signal, a failure.
 *
 * <p>Confined to the main thread, but for {@link #restore}, which the end of the JVM calls; after
 * it nothing is drawn.
 */
final class TerminalScreen {
  private static final int KEY_MILLIS = 200;

  /** Ctrl-L. */
  private static final int REDRAW = 12;

  /** Between the bytes that one key sends. */
  private static final int SEQUENCE_MILLIS = 50;

  /** Where a terminal does not tell its size. */
  private static final int WIDTH_CHARS = 80;

  private static final int HEIGHT_LINES = 24;

  private final Terminal terminal;
  private final Screen screen;
  private final Polling polling;
  private final Attributes found;
  private final Display display;
  private final View view = new View();
  private final AtomicBoolean ended = new AtomicBoolean();
  private boolean restored;

  private TerminalScreen(Terminal terminal, Screen screen, Polling polling) {
    this.terminal = terminal;
    this.screen = screen;
    this.polling = polling;
    this.found = terminal.getAttributes();
    this.display = new Display(terminal, true);
  }

  /** Shows the screen until the user ends it. */
  static void show(Screen screen, Polling polling) throws IOException {
    AtomicReference<@Nullable TerminalScreen> shown = new AtomicReference<>();
    // The library closes its terminal when the JVM ends, and takes what was added in turn.
    ShutdownHooks.Task task = ShutdownHooks.add(() -> restore(shown.get()));
    try (Terminal terminal =
        TerminalBuilder.builder().system(true).dumb(false).providers("ffm,exec").build()) {
      TerminalScreen fresh = new TerminalScreen(terminal, screen, polling);
      shown.set(fresh);
      try {
        fresh.enter();
        fresh.run();
      } finally {
        fresh.restore();
      }
    } finally {
      ShutdownHooks.remove(task);
    }
  }

  private static void restore(@Nullable TerminalScreen shown) {
    if (shown != null) {
      shown.restore();
    }
  }

  private synchronized void enter() {
    if (restored) {
      return;
    }
    terminal.handle(Terminal.Signal.INT, _ -> ended.set(true));
    Attributes raw = new Attributes(found);
    raw.setLocalFlags(
        EnumSet.of(
            Attributes.LocalFlag.ICANON, Attributes.LocalFlag.ECHO, Attributes.LocalFlag.IEXTEN),
        false);
    raw.setInputFlag(Attributes.InputFlag.ICRNL, false);
    raw.setControlChar(Attributes.ControlChar.VMIN, 0);
    raw.setControlChar(Attributes.ControlChar.VTIME, 1);
    raw.setControlChar(Attributes.ControlChar.VSUSP, 0); // a stopped top would leave it like this
    terminal.setAttributes(raw);
    terminal.puts(Capability.enter_ca_mode);
    terminal.puts(Capability.cursor_invisible);
    terminal.flush();
  }

  private synchronized void restore() {
    if (!restored) {
      restored = true;
      terminal.puts(Capability.exit_ca_mode);
      terminal.puts(Capability.cursor_normal);
      terminal.flush();
      terminal.setAttributes(found);
    }
  }

  private void run() throws IOException {
    NonBlockingReader keys = terminal.reader();
    while (!ended.get() && !view.quit()) {
      Size size = terminal.getSize();
      int width = size.getColumns() > 0 ? size.getColumns() : WIDTH_CHARS;
      int height = size.getRows() > 0 ? size.getRows() : HEIGHT_LINES;
      draw(width, height);
      int key = keys.read(KEY_MILLIS);
      if (key == NonBlockingReader.EOF) {
        return; // the terminal is gone
      }
      if (key == REDRAW) {
        display.clear();
      } else if (key != NonBlockingReader.READ_EXPIRED) {
        view.key(key == View.ESCAPE ? sequence(keys) : key, Screen.page(height));
      }
    }
  }

  /** What follows an escape: an arrow, a page key, or nothing. */
  private static int sequence(NonBlockingReader keys) throws IOException {
    int second = keys.read(SEQUENCE_MILLIS);
    if (second != '[' && second != 'O') {
      return View.ESCAPE;
    }
    int third = keys.read(SEQUENCE_MILLIS);
    int last = third;
    while (last >= ' ' && last <= '?') { // parameters, up to the letter or ~ (ECMA-48, 5.4)
      last = keys.read(SEQUENCE_MILLIS);
    }
    return switch (third) {
      case 'A' -> View.UP;
      case 'B' -> View.DOWN;
      case '5' -> View.PAGE_UP;
      case '6' -> View.PAGE_DOWN;
      default -> 0;
    };
  }

  private synchronized void draw(int width, int height) {
    if (restored) {
      return;
    }
    display.resize(Size.of(width, height));
    List<AttributedString> lines = new ArrayList<>(height);
    Screen.Data data = polling.data();
    for (String line : screen.lines(data, view, width, height)) {
      lines.add(new AttributedString(line, style(lines.size(), data)));
    }
    display.update(lines, -1);
  }

  private static AttributedStyle style(int line, Screen.Data data) {
    return switch (line) {
      case 0 -> AttributedStyle.BOLD;
      case Screen.HEADER -> AttributedStyle.INVERSE;
      case Screen.HEADER - 1 ->
          data.trouble().isEmpty() ? AttributedStyle.DEFAULT : AttributedStyle.BOLD;
      default -> AttributedStyle.DEFAULT;
    };
  }
}
