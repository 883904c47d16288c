package io.weir.lab;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Shows samples while they come: one line drawn again and again on a terminal, a line a second
 * otherwise. One thread.
 */
final class Live {
  private static final String HEIGHTS = "▁▂▃▄▅▆▇█";
  private static final int CELLS = 40;

  /** A line that is longer than the terminal is wide is cut by it: DECAWM. */
  private static final String NO_WRAP = "\033[?7l";

  private static final String WRAP = "\033[?7h";
  private static final String UP = "\033[A\r";

  private static final double PLAIN_SECONDS = 1;

  private final PrintStream out;
  private final boolean terminal;

  Live(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** A line that stays. */
  void say(String line) {
    out.println(line);
    out.flush();
  }

  /** A new run. */
  Recorder record(String name, String title, String unit, List<String> series) {
    say("  " + title);
    return new Recorder(name, title, unit, series, true);
  }

  /** A run beside another, not shown. */
  Recorder silent(String name, String title, String unit, List<String> series) {
    return new Recorder(name, title, unit, series, false);
  }

  /** Takes the samples of one run. */
  final class Recorder {
    private final String name;
    private final String title;
    private final String unit;
    private final List<String> series;
    private final List<Trace.Sample> samples = new ArrayList<>();
    private final boolean shown;
    private final long startNanos = System.nanoTime();
    private String phase = "";
    private String lastPhase = "";
    private double lastLine = -PLAIN_SECONDS;

    private Recorder(String name, String title, String unit, List<String> series, boolean shown) {
      this.name = name;
      this.title = title;
      this.unit = unit;
      this.series = series;
      this.shown = shown;
    }

    /** What the run does from now on. */
    void phase(String word) {
      phase = word;
    }

    boolean isEmpty() {
      return samples.isEmpty();
    }

    double seconds() {
      return (System.nanoTime() - startNanos) / 1e9;
    }

    /** One sample, shown. */
    void add(long... values) {
      List<Long> all = new ArrayList<>();
      for (long value : values) {
        all.add(value);
      }
      samples.add(new Trace.Sample(seconds(), phase, List.copyOf(all)));
      if (shown) {
        show(all);
      }
    }

    private void show(List<Long> values) {
      boolean due = seconds() - lastLine >= PLAIN_SECONDS || !phase.equals(lastPhase);
      if (!terminal && !due) {
        return;
      }
      lastLine = seconds();
      lastPhase = phase;
      StringBuilder line = new StringBuilder();
      line.append(String.format(Locale.ROOT, "    %5.1f s  %-10s", lastLine, phase));
      for (int i = 0; i < values.size(); i++) {
        String number = unit.equals(Trace.MB) ? Units.mb(values.get(i)) : "" + values.get(i);
        line.append("  ").append(series.get(i)).append(' ').append(number);
      }
      if (terminal) {
        out.print(NO_WRAP + "\r\033[K" + line + "\n\033[K      " + sparkline() + UP + WRAP);
        out.flush();
      } else {
        say(line.toString());
      }
    }

    private String sparkline() {
      long most = samples.stream().mapToLong(s -> s.values().getFirst()).max().orElse(1);
      int cells = Math.min(CELLS, samples.size());
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < cells; i++) {
        int at = (int) ((i + 1L) * samples.size() / cells) - 1;
        double share = (double) samples.get(at).values().getFirst() / Math.max(1, most);
        line.append(HEIGHTS.charAt(Math.clamp(Math.round(share * 7), 0, 7)));
      }
      return line.toString();
    }

    /** All of it. */
    Trace end() {
      if (terminal && shown) {
        out.print("\n\n");
      }
      return new Trace(name, title, unit, List.copyOf(series), List.copyOf(samples));
    }
  }
}
