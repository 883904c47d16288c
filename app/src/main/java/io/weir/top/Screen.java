package io.weir.top;

import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The screen as lines of text: a pure function of what was read, what was chosen, and the size.
 *
 * <pre>
 *   0  where, order, filter             3  steps taken, failures
 *   1  charge against --memory          4  verdict, or that the connection is lost
 *   2  open, rates                      5  the table's header, then its rows, then the keys
 * </pre>
 */
final class Screen {
  /** Index of the table's header. */
  static final int HEADER = 5;

  private static final int WIDE_CHARS = 90;
  private static final int BAR_CHARS = 20;
  private static final String KEYS =
      "q quit  / filter  sort: r rate d MB h held l lease a age s status c client";

  private static final List<String> BYTES = List.of("_bytes", "_bytes_max");

  private final URI admin;

  Screen(URI admin) {
    this.admin = admin;
  }

  /**
   * What was read.
   *
   * @param before the look before, for rates; null at the first
   * @param trouble why there is no newer one, or empty
   */
  record Data(Glance now, @Nullable Glance before, MemoryGlance memory, String trouble) {}

  /** How many rows of the table fit into {@code height} lines. */
  static int page(int height) {
    return Math.max(0, height - HEADER - 2);
  }

  /** At most {@code height} lines of at most {@code width} characters. */
  List<String> lines(Data data, View view, int width, int height) {
    List<Column.Row> rows = rows(data, view);
    List<String> lines = head(data, view, rows.size());
    lines.add(header(view, width));
    int page = page(height);
    int top = view.top(rows.size(), page);
    for (int i = top; i < Math.min(rows.size(), top + page); i++) {
      lines.add(row(rows.get(i), width));
    }
    while (lines.size() < height - 1) {
      lines.add("");
    }
    lines.add(view.typing() ? "filter: " + view.filter() + "_" : KEYS);
    lines.replaceAll(line -> Text.cut(line, width));
    return lines.size() <= height ? lines : lines.subList(0, height);
  }

  /** All of it, for a file or a pipe. */
  List<String> snapshot(Data data, int width) {
    View view = new View();
    List<Column.Row> rows = rows(data, view);
    List<String> lines = head(data, view, rows.size());
    lines.add(header(view, width));
    rows.forEach(row -> lines.add(row(row, width)));
    lines.replaceAll(String::stripTrailing);
    return lines;
  }

  // --- The head ---------------------------------------------------------------------------------

  private List<String> head(Data data, View view, int shown) {
    List<String> lines = new ArrayList<>();
    lines.add("Weir " + admin + filterText(data.now(), view, shown));
    lines.add(memoryLine(data));
    lines.add(trafficLine(data));
    lines.add(stepsLine(data.now()));
    lines.add(data.trouble().isEmpty() ? data.memory().verdict() : "LOST  " + data.trouble());
    return lines;
  }

  private static String filterText(Glance now, View view, int shown) {
    String text = view.filter().isEmpty() ? "" : "  filter: " + view.filter() + " (" + shown + ")";
    return now.omitted() == 0 ? text : text + "  " + now.omitted() + " more are not told";
  }

  private static String memoryLine(Data data) {
    MemoryGlance memory = data.memory();
    long limit = data.now().memory("memory_bytes");
    StringBuilder line = new StringBuilder(96);
    if (memory.chargeBytes() >= 0) {
      line.append("charge ").append(Text.megabytes(memory.chargeBytes()));
      if (limit > 0) {
        line.append(" of ").append(Text.megabytes(limit)).append(" MB ");
        line.append(Text.bar(memory.chargeBytes(), limit, BAR_CHARS));
      } else {
        line.append(" MB");
      }
      line.append("  ");
    }
    if (memory.rssBytes() >= 0) {
      line.append("rss ").append(Text.megabytes(memory.rssBytes())).append("  ");
    }
    line.append("leased ").append(Text.megabytes(data.now().memory("leased_bytes")));
    return line.append(" of ").append(Text.megabytes(data.now().memory("budget_bytes"))).toString();
  }

  private static String trafficLine(Data data) {
    Glance now = data.now();
    return "%d connections  %d exchanges  %d flows  down %s MB/s  up %s MB/s"
        .formatted(
            now.total("open_connections"),
            now.total("open_exchanges"),
            now.total("open_flows"),
            Text.megabytes(totalRate(data, "downloaded_bytes")),
            Text.megabytes(totalRate(data, "uploaded_bytes")));
  }

  private static long totalRate(Data data, String name) {
    Glance before = data.before();
    return before == null
        ? 0
        : rate(data.now().total(name) - before.total(name), before, data.now());
  }

  private static long rate(long bytes, Glance before, Glance now) {
    long nanos = now.atNanos() - before.atNanos();
    return nanos <= 0 ? 0 : Math.max(0, Math.round(bytes * 1e9 / nanos));
  }

  /** What was done when memory got short, whatever it is called, then the failures. */
  private static String stepsLine(Glance now) {
    StringBuilder line = new StringBuilder(96);
    now.memory()
        .forEach(
            (name, count) -> {
              if (BYTES.stream().noneMatch(name::endsWith)) {
                line.append(name.replace('_', ' ')).append(' ').append(count).append("  ");
              }
            });
    now.failures().entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .forEach(e -> line.append(e.getKey()).append(' ').append(e.getValue()).append("  "));
    return line.toString().stripTrailing();
  }

  // --- The table --------------------------------------------------------------------------------

  private static List<Column.Row> rows(Data data, View view) {
    Map<Long, Long> bytesBefore = new HashMap<>();
    Glance before = data.before();
    if (before != null) {
      before.flows().forEach(flow -> bytesBefore.put(flow.id(), flow.bytes()));
    }
    String filter = view.filter().toLowerCase(Locale.ROOT);
    List<Column.Row> rows = new ArrayList<>();
    for (Glance.Flow flow : data.now().flows()) {
      if (filter.isEmpty() || matches(flow, filter)) {
        long since = flow.bytes() - bytesBefore.getOrDefault(flow.id(), 0L);
        rows.add(new Column.Row(flow, before == null ? 0 : rate(since, before, data.now())));
      }
    }
    Comparator<Column.Row> order = view.sort().order();
    rows.sort(view.reversed() ? order.reversed() : order);
    return rows;
  }

  private static boolean matches(Glance.Flow flow, String filter) {
    String all =
        flow.peer()
            + ' '
            + flow.method()
            + ' '
            + flow.status()
            + ' '
            + flow.phase()
            + ' '
            + flow.waitsFor();
    return all.toLowerCase(Locale.ROOT).contains(filter);
  }

  private static boolean shown(Column column, int width) {
    return column != Column.LEASE || width >= WIDE_CHARS;
  }

  private static String header(View view, int width) {
    StringBuilder line = new StringBuilder(width);
    for (Column column : Column.values()) {
      if (shown(column, width)) {
        String mark = column == view.sort() ? (view.reversed() ? "^" : "v") : "";
        Text.append(line, column.title + mark, column.width, column.left).append(' ');
      }
    }
    return line.toString();
  }

  private static String row(Column.Row row, int width) {
    StringBuilder line = new StringBuilder(width);
    for (Column column : Column.values()) {
      if (shown(column, width)) {
        Text.append(line, column.text(row), column.width, column.left).append(' ');
      }
    }
    return line.toString();
  }
}
