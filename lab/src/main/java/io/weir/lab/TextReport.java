package io.weir.lab;

import java.util.ArrayList;
import java.util.List;

/** An experiment's end in the terminal. */
final class TextReport {
  private TextReport() {}

  static List<String> of(Result result) {
    List<String> lines = new ArrayList<>();
    String number = result.outcome().number();
    lines.add(
        "  => "
            + result.name()
            + ": "
            + result.outcome().verdict().words()
            + (number.isEmpty() ? "" : ": " + number));
    result.outcome().says().forEach(sentence -> lines.add("     " + sentence));
    for (List<String> row : result.table()) {
      StringBuilder line = new StringBuilder("     %-52s".formatted(row.getFirst()));
      row.subList(1, row.size()).forEach(cell -> line.append("%22s".formatted(cell)));
      lines.add(line.toString());
    }
    result.remarks().forEach(remark -> lines.add("     " + remark));
    return lines;
  }
}
