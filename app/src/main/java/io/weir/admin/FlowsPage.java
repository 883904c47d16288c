package io.weir.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.relay.exchange.FlowRow;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.Totals;
import io.weir.relay.http.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * {@code /flows} as JSON: one row for each exchange under way, then the totals of all loops.
 *
 * <pre>
 *   {"flows":[{"id":7,"peer":"127.0.0.1:40312","method":"GET","status":200,"phase":"response",
 *              "waits_for":"client","downloaded_bytes":1,"uploaded_bytes":0,"age_ms":5}],
 *    "omitted":0,
 *    "totals":{"connections":1,...,"failures":{"client-gone":1}},
 *    "memory":{"memory_bytes":...,"budget_bytes":...,"shrinks":0,...,"send_timeouts":0}}
 * </pre>
 */
final class FlowsPage {
  /** Rows shown: 200 bytes each, in a heap of 16 MiB; what is left out is counted. */
  static final int ROWS_MAX = 4096;

  private static final int ROW_BYTES_TYPICAL = 200;
  private static final int TOTALS_BYTES_TYPICAL = 800;
  private static final JsonFactory JSON = new JsonFactory();

  private FlowsPage() {}

  static byte[] json(List<FlowRow> rows, Totals totals, Leased leased, long memoryBytes) {
    int shown = rows.size();
    ByteArrayOutputStream bytes =
        new ByteArrayOutputStream(TOTALS_BYTES_TYPICAL + shown * ROW_BYTES_TYPICAL);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeArrayFieldStart("flows");
      for (FlowRow row : rows) {
        write(json, row);
      }
      json.writeEndArray();
      json.writeNumberField("omitted", Math.max(0, totals.openExchanges() - shown));
      write(json, totals);
      write(json, leased, memoryBytes);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("an array took no byte", e);
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, FlowRow row) throws IOException {
    json.writeStartObject();
    json.writeNumberField("id", row.id());
    json.writeStringField("peer", row.peer());
    json.writeStringField("method", row.method());
    json.writeNumberField("status", row.status());
    json.writeStringField("phase", row.phase());
    json.writeStringField("waits_for", row.waitsFor());
    json.writeNumberField("downloaded_bytes", row.downloadedBytes());
    json.writeNumberField("uploaded_bytes", row.uploadedBytes());
    json.writeNumberField("lease_bytes", row.leaseBytes());
    json.writeNumberField("held_bytes", row.heldBytes());
    json.writeNumberField("age_ms", row.ageMillis());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Leased leased, long memoryBytes)
      throws IOException {
    json.writeObjectFieldStart("memory");
    json.writeNumberField("memory_bytes", memoryBytes);
    json.writeNumberField("budget_bytes", leased.budgetBytes());
    json.writeNumberField("leased_bytes", leased.leasedBytes());
    json.writeNumberField("leased_bytes_max", leased.leasedBytesMax());
    json.writeNumberField("unproven_bytes", leased.unprovenBytes());
    json.writeNumberField("growths", leased.growths());
    json.writeNumberField("shrinks", leased.shrinks());
    json.writeNumberField("scarce_looks", leased.scarceLooks());
    json.writeNumberField("stopped_sources", leased.stoppedSources());
    json.writeNumberField("waits", leased.waits());
    json.writeNumberField("idle_closed", leased.idleClosed());
    json.writeNumberField("refused", leased.refused());
    json.writeNumberField("reset_stalled", leased.resetStalled());
    json.writeNumberField("send_timeouts", leased.sendTimeouts());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Totals totals) throws IOException {
    json.writeObjectFieldStart("totals");
    json.writeNumberField("connections", totals.connections());
    json.writeNumberField("open_connections", totals.openConnections());
    json.writeNumberField("exchanges", totals.exchanges());
    json.writeNumberField("open_exchanges", totals.openExchanges());
    json.writeNumberField("open_flows", totals.openFlows());
    json.writeNumberField("downloaded_bytes", totals.downloadedBytes());
    json.writeNumberField("uploaded_bytes", totals.uploadedBytes());
    json.writeObjectFieldStart("failures");
    for (Reason reason : Reason.values()) {
      if (totals.failures(reason) > 0) {
        json.writeNumberField(reason.word(), totals.failures(reason));
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }
}
