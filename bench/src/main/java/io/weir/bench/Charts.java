package io.weir.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Charts as SVG for a page that defines the classes' colours. Sizes are in the page's pixels. */
final class Charts {
  private static final int BAR_HEIGHT = 18;
  private static final int BAR_STEP = 26;
  private static final int NAME_WIDTH = 92;
  private static final int BARS_WIDTH = 220;
  private static final int WIDTH = 420;
  private static final int LINES_WIDTH = 460;
  private static final int LINES_HEIGHT = 260;
  private static final int LEFT = 60;
  private static final int TOP = 14;
  private static final int RIGHT = 100;
  private static final int BOTTOM = 40;

  private Charts() {}

  /**
   * One bar.
   *
   * @param name on its left
   * @param spread its length, and a line from the least to the most
   * @param text on its right
   * @param ours whether it has the accent's colour
   */
  record Bar(String name, Results.Spread spread, String text, boolean ours) {}

  /**
   * One point of a line.
   *
   * @param x above 0, on a logarithmic axis
   * @param y 0 or more
   */
  record Point(double x, double y) {}

  /**
   * One line.
   *
   * @param name at its end
   * @param style the number of its colour, from 0
   * @param points from left to right
   */
  record Line(String name, int style, List<Point> points) {}

  /** Of a chart with so many bars. */
  static int barsHeight(int count) {
    return count * BAR_STEP + 4;
  }

  /** Horizontal bars, from 0. */
  static String bars(String title, List<Bar> bars) {
    double most = bars.stream().mapToDouble(bar -> bar.spread().most()).max().orElse(1);
    double scale = most > 0 ? BARS_WIDTH / most : 0;
    int height = barsHeight(bars.size());
    StringBuilder svg = begin(title, WIDTH, height);
    int y = 2;
    for (Bar bar : bars) {
      double length = bar.spread().median() * scale;
      int middle = y + BAR_HEIGHT / 2;
      text(svg, "name", NAME_WIDTH - 6, middle + 4, "end", bar.name());
      svg.append("<rect class=\"").append(bar.ours() ? "ours" : "theirs").append('"');
      attribute(svg, "x", NAME_WIDTH);
      attribute(svg, "y", y);
      attribute(svg, "width", Math.max(1, length));
      attribute(svg, "height", BAR_HEIGHT);
      svg.append("/>");
      if (bar.spread().most() > bar.spread().least()) {
        double from = NAME_WIDTH + bar.spread().least() * scale;
        segment(svg, "spread", from, middle, NAME_WIDTH + bar.spread().most() * scale, middle);
      }
      double end = NAME_WIDTH + Math.max(length, bar.spread().most() * scale) + 6;
      text(svg, "value", end, middle + 4, "start", bar.text());
      y += BAR_STEP;
    }
    return svg.append("</svg>").toString();
  }

  /**
   * Lines over a logarithmic axis.
   *
   * @param ticks of the horizontal axis, all above 0
   * @param axis what the horizontal axis shows
   */
  static String lines(String title, List<Line> lines, List<Integer> ticks, String axis) {
    double most = 0;
    for (Line line : lines) {
      most = Math.max(most, line.points().stream().mapToDouble(Point::y).max().orElse(0));
    }
    double top = roundUp(most);
    StringBuilder svg = begin(title, LINES_WIDTH, LINES_HEIGHT);
    int bottom = LINES_HEIGHT - BOTTOM;
    for (int i = 0; i <= 4; i++) {
      double y = bottom - i / 4.0 * (bottom - TOP);
      segment(svg, "grid", LEFT, y, LINES_WIDTH - RIGHT, y);
      text(svg, "tick", LEFT - 6, y + 4, "end", number(top * i / 4));
    }
    double[] range = {ticks.getFirst(), ticks.getLast()};
    for (int tick : ticks) {
      double x = x(tick, range);
      text(svg, "tick", x, bottom + 16, "middle", String.format(Locale.ROOT, "%,d", tick));
    }
    text(svg, "tick", (LEFT + LINES_WIDTH - RIGHT) / 2.0, bottom + 34, "middle", axis);
    List<Double> taken = new ArrayList<>();
    for (Line line : lines) {
      line(svg, line, range, top, taken);
    }
    return svg.append("</svg>").toString();
  }

  private static void line(
      StringBuilder svg, Line line, double[] range, double top, List<Double> taken) {
    StringBuilder points = new StringBuilder();
    double lastX = LEFT;
    double lastY = TOP;
    for (Point point : line.points()) {
      lastX = x(point.x(), range);
      lastY = LINES_HEIGHT - BOTTOM - point.y() / top * (LINES_HEIGHT - BOTTOM - TOP);
      points.append(coordinate(lastX)).append(',').append(coordinate(lastY)).append(' ');
      svg.append("<circle class=\"dot s").append(line.style()).append('"');
      attribute(svg, "cx", lastX);
      attribute(svg, "cy", lastY);
      svg.append(" r=\"3\"/>");
    }
    svg.append("<polyline class=\"line s").append(line.style()).append("\" points=\"");
    svg.append(points.toString().strip()).append("\"/>");
    text(svg, "label s" + line.style(), lastX + 8, free(lastY + 4, taken), "start", line.name());
  }

  /** Moves a label down, or up where there is no room, until it covers none before it. */
  private static double free(double wanted, List<Double> taken) {
    double y = wanted;
    for (int tries = 0; tries < 40; tries++) {
      double step = (tries % 2 == 0 ? 1 : -1) * (tries / 2 + 1) * 6.5;
      double now = y;
      if (taken.stream().noneMatch(other -> Math.abs(other - now) < 12)) {
        break;
      }
      y = Math.clamp(wanted + step, TOP, LINES_HEIGHT - 4);
    }
    taken.add(y);
    return y;
  }

  private static double x(double value, double[] range) {
    double width = LINES_WIDTH - RIGHT - LEFT;
    double share =
        range[1] > range[0] ? Math.log(value / range[0]) / Math.log(range[1] / range[0]) : 0.5;
    return LEFT + share * width;
  }

  /** The next 1, 2, 4 or 8 times a power of ten; 1 for 0. */
  static double roundUp(double value) {
    if (value <= 0) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double factor : new double[] {1, 2, 4, 8}) {
      if (value <= factor * power) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String number(double value) {
    if (value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, value < 1 ? "%.2f" : "%.1f", value);
  }

  private static StringBuilder begin(String title, int width, int height) {
    StringBuilder svg = new StringBuilder(2048);
    svg.append("<svg role=\"img\" viewBox=\"0 0 ").append(width).append(' ').append(height);
    svg.append("\" width=\"").append(width).append("\" height=\"").append(height).append("\">");
    return svg.append("<title>").append(escaped(title)).append("</title>");
  }

  private static void segment(
      StringBuilder svg, String style, double x1, double y1, double x2, double y2) {
    svg.append("<line class=\"").append(style).append('"');
    attribute(svg, "x1", x1);
    attribute(svg, "y1", y1);
    attribute(svg, "x2", x2);
    attribute(svg, "y2", y2);
    svg.append("/>");
  }

  private static void text(
      StringBuilder svg, String style, double x, double y, String anchor, String text) {
    svg.append("<text class=\"").append(style).append("\" text-anchor=\"").append(anchor);
    svg.append('"');
    attribute(svg, "x", x);
    attribute(svg, "y", y);
    svg.append('>').append(escaped(text)).append("</text>");
  }

  private static void attribute(StringBuilder svg, String name, double value) {
    svg.append(' ').append(name).append("=\"").append(coordinate(value)).append('"');
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
