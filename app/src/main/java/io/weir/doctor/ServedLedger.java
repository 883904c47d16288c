package io.weir.doctor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.weir.memory.doctor.Megabytes;
import io.weir.server.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The ledger that a serving Weir shows of itself under {@code /memory}. */
final class ServedLedger {
  private static final int CONNECT_MILLIS_MAX = 2_000;
  private static final int READ_MILLIS_MAX = 5_000;

  /** A ledger takes a few kilobytes; whatever else answers there is not read to its end. */
  private static final int BODY_BYTES_MAX = 1 << 20;

  private static final String PAGE = "/memory";
  private static final int NAME_CHARS = 20;
  private static final int PERCENT_CHARS = 5;
  private static final JsonFactory JSON = new JsonFactory();

  private record Row(String name, long bytes) {}

  private final List<Row> rows = new ArrayList<>();
  private long pid;
  private long rssBytes = -1;
  private long chargeBytes = -1;

  private ServedLedger() {}

  /**
   * Asks for it.
   *
   * @param admin the address of the admin pages
   * @throws StartException where there is no such answer; the message names the address
   */
  static byte[] fetch(URI admin) throws StartException {
    String base = admin.toString();
    String start = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    String url = start.endsWith(PAGE) ? start : start + PAGE;
    HttpURLConnection connection = null;
    try {
      connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
      connection.setConnectTimeout(CONNECT_MILLIS_MAX);
      connection.setReadTimeout(READ_MILLIS_MAX);
      connection.setInstanceFollowRedirects(false);
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new StartException(
            "--self: " + url + " answers " + connection.getResponseCode() + ", not 200");
      }
      try (InputStream in = connection.getInputStream()) {
        return body(url, in);
      }
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new StartException("--self: no answer from " + url + ": " + why, e);
    } finally {
      if (connection != null) {
        connection.disconnect();
      }
    }
  }

  private static byte[] body(String url, InputStream in) throws IOException, StartException {
    byte[] body = in.readNBytes(BODY_BYTES_MAX + 1);
    if (body.length > BODY_BYTES_MAX) {
      throw new StartException("--self: " + url + " answers more than 1 MiB: no ledger");
    }
    return body;
  }

  /**
   * The ledger as text.
   *
   * @throws StartException where it is none
   */
  static String text(URI admin, byte[] body) throws StartException {
    ServedLedger ledger = new ServedLedger();
    try (JsonParser json = JSON.createParser(new String(body, StandardCharsets.UTF_8))) {
      ledger.read(json);
    } catch (IOException e) {
      throw new StartException("--self: what " + admin + " answers is no ledger", e);
    }
    if (ledger.rows.isEmpty() || ledger.chargeBytes < 0) {
      throw new StartException("--self: what " + admin + " answers is no ledger");
    }
    return ledger.text(admin);
  }

  private void read(JsonParser json) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      return;
    }
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "pid" -> pid = json.getValueAsLong();
        case "rss_bytes" -> rssBytes = json.getValueAsLong();
        case "charge_bytes" -> chargeBytes = json.getValueAsLong();
        case "ledger" -> readRows(json);
        default -> json.skipChildren();
      }
    }
  }

  private void readRows(JsonParser json) throws IOException {
    while (json.nextToken() == JsonToken.START_OBJECT) {
      String name = "";
      long bytes = 0;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "name" -> name = json.getValueAsString("");
          case "bytes" -> bytes = json.getValueAsLong();
          default -> json.skipChildren();
        }
      }
      rows.add(new Row(plain(name), bytes));
    }
  }

  private static String plain(String name) {
    StringBuilder plain = new StringBuilder();
    name.chars().limit(NAME_CHARS).forEach(c -> plain.append(c < ' ' || c > '~' ? '?' : (char) c));
    return plain.toString();
  }

  private String text(URI admin) {
    StringBuilder text = new StringBuilder(1024);
    text.append("Weir at ").append(admin).append(" (PID ").append(pid).append(")\n\n");
    line(text, "RSS", rssBytes, "");
    line(text, "charge", chargeBytes, "");
    text.append("\nWhere it is\n");
    for (Row row : rows) {
      String percent = Megabytes.percent(row.bytes(), chargeBytes) + " %";
      String pad = " ".repeat(Math.max(0, PERCENT_CHARS - percent.length()));
      line(text, row.name(), row.bytes(), pad + percent);
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String name, long bytes, String share) {
    String size = Megabytes.text(bytes);
    text.append("  ").append(name).append(" ".repeat(Math.max(1, NAME_CHARS - name.length())));
    text.append(" ".repeat(Math.max(0, 12 - size.length()))).append(size);
    text.append(share.isEmpty() ? "" : "  ").append(share).append('\n');
  }
}
