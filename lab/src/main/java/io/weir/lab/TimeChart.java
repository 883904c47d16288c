package io.weir.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A trace as SVG lines over time, for a page that defines the colours. Sizes are in its pixels. */
final class TimeChart {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 300;
  private static final int LEFT = 66;
  private static final int RIGHT = 14;
  private static final int TOP = 26;
  private static final int BOTTOM = 42;
  private static final int TICKS = 4;
  private static final double LETTER_PIXELS = 7.5;

  private final Trace trace;
  private final double top;
  private final double seconds;
  private final StringBuilder svg = new StringBuilder(8192);

  private TimeChart(Trace trace) {
    this.trace = trace;
    long most = 0;
    for (String series : trace.series()) {
      most = Math.max(most, trace.most(series));
    }
    this.top = roundUp(most / scale(), 1, 1.2, 1.6, 2, 3, 4, 6, 8);
    this.seconds = Math.max(0.1, trace.samples().getLast().seconds());
  }

  static String of(Trace trace) {
    return trace.samples().isEmpty() ? "" : new TimeChart(trace).draw();
  }

  private double scale() {
    return trace.unit().equals(Trace.MB) ? 1e6 : 1;
  }

  private String draw() {
    svg.append("<svg role=\"img\" viewBox=\"0 0 ").append(WIDTH).append(' ').append(HEIGHT);
    svg.append("\"><title>").append(escaped(trace.title())).append("</title>\n");
    for (int i = 0; i <= TICKS; i++) {
      double y = HEIGHT - BOTTOM - i * (HEIGHT - BOTTOM - TOP) / (double) TICKS;
      segment("grid", LEFT, y, WIDTH - RIGHT, y);
      text("tick", LEFT - 6, y + 4, "end", number(top * i / TICKS));
    }
    text("tick", 4, TOP - 6, "start", trace.unit());
    phases();
    double step = roundUp(seconds / 8, 1, 2, 5);
    for (double at = 0; at <= seconds; at += step) {
      text("tick", x(at), HEIGHT - BOTTOM + 16, "middle", number(at));
    }
    text("tick", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, "middle", "seconds");
    for (int i = 0; i < trace.series().size(); i++) {
      line(i);
    }
    return svg.append("</svg>\n").toString();
  }

  /** A line where each phase begins, with its word where there is room before the next one. */
  private void phases() {
    List<Trace.Sample> begins = new ArrayList<>();
    for (Trace.Sample sample : trace.samples()) {
      if (begins.isEmpty() || !begins.getLast().phase().equals(sample.phase())) {
        begins.add(sample);
      }
    }
    double free = WIDTH; // up to where, from the right
    for (int i = begins.size() - 1; i >= 0; i--) {
      String word = begins.get(i).phase();
      double begin = x(begins.get(i).seconds());
      segment("phase", begin, TOP, begin, HEIGHT - BOTTOM);
      double width = word.length() * LETTER_PIXELS;
      boolean last = i + 1 == begins.size();
      double x = last ? Math.min(begin + 3, free - width) : begin + 3;
      if (x + width <= free) {
        text("tick", x, TOP - 6, "start", word);
        free = x;
      }
    }
  }

  private void line(int series) {
    List<String> points = new ArrayList<>();
    for (Trace.Sample sample : trace.samples()) {
      long value = sample.values().get(series);
      if (value >= 0) {
        points.add(coordinate(x(sample.seconds())) + "," + coordinate(y(value / scale())));
      }
    }
    svg.append("<polyline class=\"line s").append(series).append("\" points=\"");
    svg.append(String.join(" ", points)).append("\"/>\n");
  }

  private double x(double at) {
    return LEFT + at / seconds * (WIDTH - RIGHT - LEFT);
  }

  private double y(double value) {
    return HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP);
  }

  private void segment(String style, double x1, double y1, double x2, double y2) {
    svg.append("<line class=\"").append(style).append("\" x1=\"").append(coordinate(x1));
    svg.append("\" y1=\"").append(coordinate(y1)).append("\" x2=\"").append(coordinate(x2));
    svg.append("\" y2=\"").append(coordinate(y2)).append("\"/>\n");
  }

  private void text(String style, double x, double y, String anchor, String text) {
    svg.append("<text class=\"").append(style).append("\" text-anchor=\"").append(anchor);
    svg.append("\" x=\"").append(coordinate(x)).append("\" y=\"").append(coordinate(y));
    svg.append("\">").append(escaped(text)).append("</text>\n");
  }

  /** The next of these factors, times a power of ten; 1 for 0. */
  static double roundUp(double value, double... factors) {
    if (value <= 0) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double factor : factors) {
      if (value <= factor * power) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String number(double value) {
    boolean whole = Math.abs(value - Math.rint(value)) < 1e-9;
    return String.format(Locale.ROOT, whole ? "%,.0f" : "%.1f", value);
  }

  private static String coordinate(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** Text for HTML and SVG. */
  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
