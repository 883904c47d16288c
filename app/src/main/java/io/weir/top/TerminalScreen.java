package io.weir.top;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/**
 * The screen on a terminal. Whatever ends it, {@link #restore} puts the terminal back: the user,
 * Ctrl-C, a signal, a failure.
 *
 * <p>Confined to the main thread, but for {@link #restore}, which a signal's thread may call.
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
  private final AtomicBoolean restored = new AtomicBoolean();

  private TerminalScreen(Terminal terminal, Screen screen, Polling polling) {
    this.terminal = terminal;
    this.screen = screen;
    this.polling = polling;
    this.found = terminal.getAttributes();
    this.display = new Display(terminal, true);
  }

  /** Shows the screen until the user ends it. */
  static void show(Screen screen, Polling polling) throws IOException {
    try (Terminal terminal =
        TerminalBuilder.builder().system(true).dumb(false).providers("ffm,exec").build()) {
      TerminalScreen shown = new TerminalScreen(terminal, screen, polling);
      Thread hook = new Thread(shown::restore, "restore");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        shown.enter();
        shown.run();
      } finally {
        shown.restore();
        unhook(hook);
      }
    }
  }

  private static void unhook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook has run, or does nothing any more.
    }
  }

  private void enter() {
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

  private void restore() {
    if (restored.compareAndSet(false, true)) {
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

  private void draw(int width, int height) {
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
