package io.weir.bench;

import java.util.Map;

/** All cells as one JSON object, for programs that read a report. */
final class FiguresJson {
  private final StringBuilder json = new StringBuilder(8192);

  private FiguresJson() {}

  /** Returns {@code {"command":..., "machine":{...}, "versions":{...}, "cells":[...]}}. */
  static String of(Report report) {
    FiguresJson made = new FiguresJson();
    made.json.append("{\"command\":");
    made.text(report.settings().command());
    made.json.append(",\"seconds\":").append(report.settings().seconds());
    made.json.append(",\"machine\":");
    made.object(report.machine().facts());
    made.json.append(",\"versions\":");
    made.object(report.versions());
    made.json.append(",\"cells\":[");
    String comma = "";
    for (Result result : report.results().all()) {
      made.json.append(comma).append('\n');
      made.cell(result);
      comma = ",";
    }
    return made.json.append("\n]}").toString();
  }

  private void cell(Result result) {
    json.append("{\"round\":").append(result.round()).append(",\"workload\":");
    text(result.workload().name());
    json.append(",\"connections\":").append(result.workload().connections());
    json.append(",\"peer\":");
    text(result.peer());
    for (Map.Entry<Figure, Double> value : result.values().entrySet()) {
      json.append(",\"").append(value.getKey().key()).append("\":").append(value.getValue());
    }
    if (!result.note().isEmpty()) {
      json.append(",\"note\":");
      text(result.note());
    }
    String error = result.error();
    if (error != null) {
      json.append(",\"error\":");
      text(error);
    }
    json.append('}');
  }

  private void object(Map<String, String> values) {
    json.append('{');
    String comma = "";
    for (Map.Entry<String, String> value : values.entrySet()) {
      json.append(comma);
      text(value.getKey());
      json.append(':');
      text(value.getValue());
      comma = ",";
    }
    json.append('}');
  }

  /** A string (RFC 8259, 7); less-than signs escaped too, since it stands in a page. */
  private void text(String value) {
    json.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || c == '<') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    json.append('"');
  }
}
