package io.weir.memory.doctor;

import io.weir.memory.census.Census;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.probe.MemoryUse;
import java.util.ArrayList;
import java.util.List;

/**
 * A diagnosis as text: the answer in one line, the numbers, the ledger as bars, the findings, what
 * was not seen, what it cost. Plain ASCII where it does not go to a terminal.
 */
public final class TextReport {
  /** Narrower, a table does not fit; wider, a line is hard to read. */
  private static final int WIDTH_CHARS_MIN = 60;

  private static final int WIDTH_CHARS_MAX = 100;
  private static final int NAME_CHARS = 18;
  private static final int BYTES_CHARS = 12;
  private static final int INDENT_CHARS = 4;

  /** Rows that would have no bar and say nothing. */
  private static final long ROW_BYTES_MIN = 50_000;

  private static final double NANOS_PER_MILLI = 1e6;

  private static final String BOLD = "\u001b[1m";
  private static final String RED = "\u001b[31m";
  private static final String YELLOW = "\u001b[33m";
  private static final String GREEN = "\u001b[32m";
  private static final String PLAIN = "\u001b[0m";

  private final StringBuilder text = new StringBuilder(4096);
  private final boolean terminal;
  private final int widthChars;

  private TextReport(boolean terminal, int widthChars) {
    this.terminal = terminal;
    this.widthChars = Math.clamp(widthChars, WIDTH_CHARS_MIN, WIDTH_CHARS_MAX);
  }

  /**
   * The whole report. Any thread.
   *
   * @param terminal with colours and block characters
   * @param widthChars of the terminal; what is out of bounds is brought within them
   */
  public static String of(Diagnosis diagnosis, boolean terminal, int widthChars) {
    TextReport report = new TextReport(terminal, widthChars);
    report.answer(diagnosis.findings().getFirst());
    report.numbers(diagnosis);
    report.ledger(diagnosis);
    for (Finding finding : diagnosis.findings()) {
      report.finding(finding);
    }
    report.unseen(diagnosis);
    report.cost(diagnosis);
    return report.text.toString();
  }

  private void answer(Finding first) {
    String colour =
        switch (first.verdict().exitCode()) {
          case 0 -> GREEN;
          case 10, 11 -> RED;
          default -> YELLOW;
        };
    String word = first.verdict().word();
    text.append(terminal ? BOLD + colour : "").append(word).append(terminal ? PLAIN : "");
    text.append("  ").append(first.sentence()).append('\n');
  }

  private void numbers(Diagnosis diagnosis) {
    Ledger ledger = diagnosis.ledger();
    text.append('\n');
    number("RSS", ledger.rssBytes(), "");
    if (ledger.pssBytes() >= 0) {
      number("PSS", ledger.pssBytes(), "shared pages divided");
    }
    number("charge", ledger.chargeBytes(), ledger.chargeSource());
    switch (diagnosis.last().census()) {
      case Census.Counted counted -> {
        number("live", counted.liveBytes(), "malloc, handed out");
        number("kept", counted.freeResidentBytes(), "malloc, freed and resident");
        number("trimmable", counted.trimmableBytes(), "of kept, what malloc_trim gives back");
      }
      case Census.OtherAllocator other -> word("allocator", Signs.plain(other.name()));
      case Census.Uncounted _ -> word("live, kept", "not counted");
    }
    long kernel = 0;
    for (LedgerRow row : ledger.rows()) {
      kernel += isKernel(row.kind()) ? row.bytes() : 0;
    }
    number("kernel", kernel, "sockets, pipes, page tables, objects");
    MemoryUse memory = diagnosis.last().memory().value();
    if (memory != null && memory.swapBytes() > 0) {
      number("in swap", memory.swapBytes(), "not in RSS");
    }
  }

  private static boolean isKernel(LedgerRow.Kind kind) {
    return switch (kind) {
      case SOCKETS, PIPES, PAGE_TABLES, KERNEL_OBJECTS -> true;
      default -> false;
    };
  }

  private void number(String name, long bytes, String remark) {
    left("  " + name, NAME_CHARS);
    right(Megabytes.text(bytes), BYTES_CHARS);
    text.append(remark.isEmpty() ? "" : "   ").append(remark).append('\n');
  }

  private void word(String name, String value) {
    left("  " + name, NAME_CHARS);
    right("-", BYTES_CHARS);
    text.append("   ").append(value).append('\n');
  }

  private void ledger(Diagnosis diagnosis) {
    List<LedgerRow> rows = diagnosis.ledger().rows();
    heading("Where it is");
    if (diagnosis.ledgers().size() < 3) {
      bars(rows, diagnosis.ledger().chargeBytes());
      return;
    }
    for (LedgerRow row : rows) {
      if (isShown(row)) {
        growthRow(diagnosis, row);
      }
    }
  }

  private void bars(List<LedgerRow> rows, long chargeBytes) {
    int barChars = widthChars - NAME_CHARS - BYTES_CHARS - 8;
    for (LedgerRow row : rows) {
      if (isShown(row)) {
        rowStart(row);
        String percent = Megabytes.percent(row.bytes(), chargeBytes) + " %";
        right(percent, 6);
        text.append("  ");
        text.append(Charts.bar(row.bytes(), Math.max(1, chargeBytes), barChars, terminal));
        endLine();
      }
    }
  }

  /** What is unaccounted is a row, however small. */
  private static boolean isShown(LedgerRow row) {
    return Math.abs(row.bytes()) >= ROW_BYTES_MIN || row.kind() == LedgerRow.Kind.UNACCOUNTED;
  }

  private void rowStart(LedgerRow row) {
    left("  " + Signs.plain(row.name()), NAME_CHARS);
    right(Megabytes.text(row.bytes()), BYTES_CHARS);
  }

  /** With what it gained over the watch, and how. */
  private void growthRow(Diagnosis diagnosis, LedgerRow row) {
    long[] sizes =
        diagnosis.ledgers().stream().mapToLong(ledger -> ledger.bytes(row.kind())).toArray();
    rowStart(row);
    right(Megabytes.signed(sizes[sizes.length - 1] - sizes[0]), BYTES_CHARS);
    int rest = widthChars - NAME_CHARS - 2 * BYTES_CHARS - 4;
    int sparkChars = Math.min(rest / 2, 30);
    text.append("  ");
    left(Charts.sparkline(sizes, sparkChars, terminal), Math.min(sizes.length, sparkChars) + 2);
    long charge = Math.max(1, diagnosis.ledger().chargeBytes());
    text.append(Charts.bar(row.bytes(), charge, rest - sparkChars - 2, terminal));
    endLine();
  }

  private void finding(Finding finding) {
    heading(finding.verdict().word() + "  " + Megabytes.text(finding.bytes()));
    wrap("", finding.sentence());
    for (String line : finding.arithmetic()) {
      wrap("- ", line);
    }
    if (!finding.harmlessWhen().isEmpty()) {
      wrap("harmless when: ", finding.harmlessWhen());
    }
    if (!finding.wrongIf().isEmpty()) {
      wrap("wrong if: ", finding.wrongIf());
    }
    for (String next : finding.next()) {
      next(next);
    }
  }

  /** A command stays on one line, and each line of the remark is one: both can be pasted. */
  private void next(String next) {
    int end = next.indexOf(Finding.REMARK);
    String start = "  next: ";
    if (end < 0) {
      wrap("next: ", next);
    } else if (start.length() + next.length() <= widthChars) {
      text.append(start).append(next).append('\n');
    } else {
      text.append(start).append(next, 0, end).append('\n');
      String indent = " ".repeat(INDENT_CHARS) + "# ";
      for (String line :
          lines(indent + next.substring(end + Finding.REMARK.length()), widthChars, indent)) {
        text.append(line).append('\n');
      }
    }
  }

  private void unseen(Diagnosis diagnosis) {
    List<Unseen> unseen = Unseen.of(diagnosis.last());
    if (!unseen.isEmpty()) {
      heading("Not seen");
    }
    for (Unseen one : unseen) {
      wrap(one.probe() + ": ", Signs.plain(one.sentence()));
      if (!one.remedy().isEmpty()) {
        wrap("  to see it: ", Signs.plain(one.remedy()));
      }
    }
  }

  private void cost(Diagnosis diagnosis) {
    int looks = diagnosis.looks().size();
    long millis = Math.round(Unseen.costNanos(diagnosis.last()) / NANOS_PER_MILLI);
    text.append('\n').append(looks).append(looks == 1 ? " look" : " looks");
    if (looks > 1) {
      text.append(" in ").append(Signs.seconds(diagnosis.watchNanos() / 1e9));
    }
    text.append("; the last one took ").append(millis).append(" ms");
    if (diagnosis.last().census() instanceof Census.Counted counted) {
      text.append(" and read ").append(Megabytes.text(counted.readBytes()));
    }
    text.append('\n');
  }

  private void heading(String words) {
    text.append('\n').append(terminal ? BOLD : "").append(words);
    text.append(terminal ? PLAIN : "").append('\n');
  }

  /** Words after a mark, indented, broken at spaces. */
  private void wrap(String mark, String words) {
    String start = "  " + mark;
    String indent = " ".repeat(INDENT_CHARS);
    for (String line : lines(start + words, widthChars, indent)) {
      text.append(line).append('\n');
    }
  }

  static List<String> lines(String words, int widthChars, String indent) {
    List<String> lines = new ArrayList<>();
    String rest = words;
    while (rest.length() > widthChars) {
      int space = rest.lastIndexOf(' ', widthChars);
      if (space <= indent.length()) {
        break;
      }
      lines.add(rest.substring(0, space));
      rest = indent + rest.substring(space + 1);
    }
    lines.add(rest);
    return lines;
  }

  private void left(String words, int chars) {
    text.append(words).append(" ".repeat(Math.max(1, chars - words.length())));
  }

  private void right(String words, int chars) {
    text.append(" ".repeat(Math.max(1, chars - words.length()))).append(words);
  }

  private void endLine() {
    while (text.charAt(text.length() - 1) == ' ') {
      text.setLength(text.length() - 1);
    }
    text.append('\n');
  }
}
