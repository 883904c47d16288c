package io.weir.top;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * What {@code /memory} says.
 *
 * @param rssBytes resident set, -1 where it is not told
 * @param chargeBytes what a container's limit would count, -1 where it is not told
 * @param verdict the weightiest verdict's sentence, empty where there is none
 */
record MemoryGlance(long rssBytes, long chargeBytes, String verdict) {
  static final MemoryGlance NONE = new MemoryGlance(-1, -1, "");

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Reads the page.
   *
   * @throws IOException where it is no JSON
   */
  static MemoryGlance read(byte[] page) throws IOException {
    long rssBytes = -1;
    long chargeBytes = -1;
    String verdict = "";
    try (JsonParser json = JSON.createParser(page)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no JSON object");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        JsonToken value = json.nextToken();
        if (field.equals("rss_bytes")) {
          rssBytes = json.getValueAsLong(-1);
        } else if (field.equals("charge_bytes")) {
          chargeBytes = json.getValueAsLong(-1);
        } else if (field.equals("verdicts") && value == JsonToken.START_ARRAY) {
          verdict = firstVerdict(json);
        } else {
          json.skipChildren();
        }
      }
    }
    return new MemoryGlance(rssBytes, chargeBytes, verdict);
  }

  private static String firstVerdict(JsonParser json) throws IOException {
    String word = "";
    String sentence = "";
    boolean first = true;
    while (json.nextToken() == JsonToken.START_OBJECT) {
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        JsonToken value = json.nextToken();
        if (first && value == JsonToken.VALUE_STRING && field.equals("verdict")) {
          word = Glance.plain(json.getText());
        } else if (first && value == JsonToken.VALUE_STRING && field.equals("sentence")) {
          sentence = Glance.plain(json.getText());
        } else {
          json.skipChildren();
        }
      }
      first = false;
    }
    return word.isEmpty() ? sentence : word + "  " + sentence;
  }
}
