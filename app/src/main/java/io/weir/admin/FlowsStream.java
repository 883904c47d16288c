package io.weir.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.relay.exchange.FlowCursor;
import io.weir.relay.exchange.FlowRow;
import io.weir.relay.exchange.HttpServer;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.LocalBody;
import io.weir.relay.exchange.Totals;
import io.weir.relay.http.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The flows as JSON, made while it is sent: some connections of one loop, rendered, taken by the
 * client, then the next. So neither the rows nor their text are ever in memory as a whole, and no
 * loop is asked for more than {@link #CONNECTIONS_AT_ONCE} connections between two of its turns.
 *
 * <pre>
 *   {"flows":[{"id":7,"peer":"127.0.0.1:40312","method":"GET","route":"/disk.img","status":200,
 *              "phase":"response","waits_for":"client","downloaded_bytes":1,"uploaded_bytes":0,
 *              "lease_bytes":1,"held_bytes":1,"user_bytes":0,"age_ms":5}],
 *    "omitted":0,
 *    "totals":{"connections":1,...,"failures":{"client-gone":1}},
 *    "memory":{"memory_bytes":...,"budget_bytes":...,"shrinks":0,...,"send_timeouts":0}}
 *
 *   as a table: {"columns":["id","peer",...],"rows":[[7,"127.0.0.1:40312",...]],"omitted":0,...
 * </pre>
 *
 * <p>Thread: the admin listener's loop; what the relay's loops answer is handed to it.
 */
final class FlowsStream implements LocalBody.Streamed {
  /** Of one loop at once; each costs two system calls and a row. */
  static final int CONNECTIONS_AT_ONCE = 64;

  /** What is left out beyond is counted. */
  private static final long ROWS_MAX = 100_000;

  private static final int PIECE_BYTES_TYPICAL = 16 * 1024;
  private static final byte[] END = {};
  private static final JsonFactory JSON = new JsonFactory();
  private static final String[] COLUMNS = {
    "id",
    "peer",
    "method",
    "route",
    "status",
    "phase",
    "waits_for",
    "downloaded_bytes",
    "uploaded_bytes",
    "lease_bytes",
    "held_bytes",
    "user_bytes",
    "age_ms"
  };

  private final HttpServer relay;
  private final long memoryBytes;
  private final boolean table;
  private final LongConsumer over;
  private final FlowCursor cursor;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(PIECE_BYTES_TYPICAL);
  private final JsonGenerator json;
  private @Nullable Runnable more;
  private @Nullable CompletableFuture<List<FlowRow>> asked;
  private long rows;
  private long renderNanos;
  private boolean ended;

  /**
   * Reads from the beginning.
   *
   * @param memoryBytes what this process may be charged for
   * @param over told at the end what it took of all threads, nanoseconds
   */
  FlowsStream(HttpServer relay, long memoryBytes, boolean table, LongConsumer over) {
    this.relay = relay;
    this.memoryBytes = memoryBytes;
    this.table = table;
    this.over = over;
    this.cursor = relay.flows();
    try {
      json = JSON.createGenerator(bytes);
      json.writeStartObject();
      if (table) {
        json.writeFieldName("columns");
        json.writeArray(COLUMNS, 0, COLUMNS.length);
      }
      json.writeArrayFieldStart(table ? "rows" : "flows");
    } catch (IOException e) {
      throw new UncheckedIOException("an array took no byte", e);
    }
  }

  @Override
  public void begin(Runnable wake) {
    more = wake;
  }

  @Override
  public byte @Nullable [] next() {
    CompletableFuture<List<FlowRow>> answer = asked;
    if (ended) {
      return END;
    }
    if (answer == null) {
      ask();
      return null;
    }
    if (!answer.isDone()) {
      return null;
    }
    long from = System.nanoTime();
    byte[] piece = piece(answer.join());
    renderNanos += System.nanoTime() - from;
    if (!ended) {
      ask();
    }
    return piece.length == 0 ? null : piece;
  }

  private void ask() {
    CompletableFuture<List<FlowRow>> answer = cursor.next(CONNECTIONS_AT_ONCE);
    asked = answer;
    Runnable wake = more;
    if (wake != null) {
      answer.whenComplete((_, _) -> wake.run());
    }
  }

  private byte[] piece(List<FlowRow> some) {
    try {
      for (FlowRow row : some) {
        if (table) {
          writeArray(row);
        } else {
          writeObject(row);
        }
      }
      rows += some.size();
      if (cursor.over() || rows >= ROWS_MAX) {
        finish();
      }
      json.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("an array took no byte", e);
    }
    byte[] piece = bytes.toByteArray();
    bytes.reset();
    return piece;
  }

  private void finish() throws IOException {
    ended = true;
    Totals totals = relay.totals();
    json.writeEndArray();
    json.writeNumberField(
        "omitted", cursor.over() ? 0 : Math.max(0, totals.openExchanges() - rows));
    write(totals);
    write(relay.leased());
    json.writeEndObject();
  }

  @Override
  public void end() {
    more = null;
    over.accept(renderNanos + cursor.costNanos());
  }

  private void writeArray(FlowRow row) throws IOException {
    json.writeStartArray();
    json.writeNumber(row.id());
    json.writeString(row.peer());
    json.writeString(row.method());
    json.writeString(row.route());
    json.writeNumber(row.status());
    json.writeString(row.phase());
    json.writeString(row.waitsFor());
    json.writeNumber(row.downloadedBytes());
    json.writeNumber(row.uploadedBytes());
    json.writeNumber(row.leaseBytes());
    json.writeNumber(row.heldBytes());
    json.writeNumber(row.userBytes());
    json.writeNumber(row.ageMillis());
    json.writeEndArray();
  }

  private void writeObject(FlowRow row) throws IOException {
    json.writeStartObject();
    json.writeNumberField("id", row.id());
    json.writeStringField("peer", row.peer());
    json.writeStringField("method", row.method());
    json.writeStringField("route", row.route());
    json.writeNumberField("status", row.status());
    json.writeStringField("phase", row.phase());
    json.writeStringField("waits_for", row.waitsFor());
    json.writeNumberField("downloaded_bytes", row.downloadedBytes());
    json.writeNumberField("uploaded_bytes", row.uploadedBytes());
    json.writeNumberField("lease_bytes", row.leaseBytes());
    json.writeNumberField("held_bytes", row.heldBytes());
    json.writeNumberField("user_bytes", row.userBytes());
    json.writeNumberField("age_ms", row.ageMillis());
    json.writeEndObject();
  }

  private void write(Leased leased) throws IOException {
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

  private void write(Totals totals) throws IOException {
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
