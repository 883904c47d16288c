package io.weir.top;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code /flows} says, as of one moment. Fields that are not known here are passed over, and
 * those that are missing count as 0, so that another version's answer can be read.
 *
 * @param flows the exchanges under way, as many as were told
 * @param omitted exchanges that were not told
 * @param totals counts and bytes since the start, by their names
 * @param failures by reason, those that occurred
 * @param memory budget and steps, by their names
 * @param atNanos when it was read, as of {@link System#nanoTime}
 */
record Glance(
    List<Flow> flows,
    long omitted,
    Map<String, Long> totals,
    Map<String, Long> failures,
    Map<String, Long> memory,
    long atNanos) {
  private static final JsonFactory JSON = new JsonFactory();

  /** One exchange under way; see the page for its fields. */
  record Flow(
      long id,
      String peer,
      String method,
      long status,
      String phase,
      String waitsFor,
      long downloadedBytes,
      long uploadedBytes,
      long leaseBytes,
      long heldBytes,
      long ageMillis) {
    /** Bytes of both bodies so far. */
    long bytes() {
      return downloadedBytes + uploadedBytes;
    }
  }

  long total(String name) {
    return totals.getOrDefault(name, 0L);
  }

  long memory(String name) {
    return memory.getOrDefault(name, 0L);
  }

  /**
   * Reads the page.
   *
   * @throws IOException where it is another one
   */
  static Glance read(byte[] page, long atNanos) throws IOException {
    List<Flow> flows = new ArrayList<>();
    Map<String, Long> totals = new LinkedHashMap<>();
    Map<String, Long> failures = new LinkedHashMap<>();
    Map<String, Long> memory = new LinkedHashMap<>();
    long omitted = 0;
    boolean whole = false;
    try (JsonParser json = JSON.createParser(page)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no JSON object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        JsonToken value = json.nextToken();
        if (field.equals("flows") && value == JsonToken.START_ARRAY) {
          readFlows(json, flows);
          whole = true;
        } else if (field.equals("omitted")) {
          omitted = json.getValueAsLong();
        } else if (field.equals("totals") && value == JsonToken.START_OBJECT) {
          readNumbers(json, totals, failures);
        } else if (field.equals("memory") && value == JsonToken.START_OBJECT) {
          readNumbers(json, memory, new LinkedHashMap<>());
        } else {
          json.skipChildren();
        }
      }
    }
    if (!whole || totals.isEmpty()) {
      throw new IOException("neither flows nor totals in it");
    }
    return new Glance(flows, omitted, totals, failures, memory, atNanos);
  }

  /** Numbers by their names; of objects among them, only {@code failures}. */
  private static void readNumbers(
      JsonParser json, Map<String, Long> numbers, Map<String, Long> failures) throws IOException {
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      if (value.isNumeric()) {
        numbers.put(name, json.getValueAsLong());
      } else if (name.equals("failures") && value == JsonToken.START_OBJECT) {
        readNumbers(json, failures, new LinkedHashMap<>());
      } else {
        json.skipChildren();
      }
    }
  }

  private static void readFlows(JsonParser json, List<Flow> to) throws IOException {
    while (json.nextToken() == JsonToken.START_OBJECT) {
      Map<String, String> words = new LinkedHashMap<>();
      Map<String, Long> numbers = new LinkedHashMap<>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (value.isNumeric()) {
          numbers.put(name, json.getValueAsLong());
        } else if (value == JsonToken.VALUE_STRING) {
          words.put(name, plain(json.getText()));
        } else {
          json.skipChildren();
        }
      }
      to.add(flow(words, numbers));
    }
  }

  private static Flow flow(Map<String, String> words, Map<String, Long> numbers) {
    return new Flow(
        numbers.getOrDefault("id", 0L),
        words.getOrDefault("peer", ""),
        words.getOrDefault("method", ""),
        numbers.getOrDefault("status", 0L),
        words.getOrDefault("phase", ""),
        words.getOrDefault("waits_for", ""),
        numbers.getOrDefault("downloaded_bytes", 0L),
        numbers.getOrDefault("uploaded_bytes", 0L),
        numbers.getOrDefault("lease_bytes", 0L),
        numbers.getOrDefault("held_bytes", -1L),
        numbers.getOrDefault("age_ms", 0L));
  }

  /** What others wrote must not steer the terminal. */
  static String plain(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    text.chars().forEach(c -> plain.append(c < ' ' || c > '~' ? '?' : (char) c));
    return plain.toString();
  }
}
