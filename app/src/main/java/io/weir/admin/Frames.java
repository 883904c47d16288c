package io.weir.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.memory.doctor.Finding;
import io.weir.memory.ledger.LedgerRow;
import io.weir.relay.exchange.Leased;
import io.weir.relay.exchange.Totals;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Samples as the live page reads them. Each frame is whole: whoever missed one needs nothing of it.
 *
 * <pre>
 *   data: {"at_ms":1,"started_ms":1,"memory_bytes":1,"rss_bytes":1,"charge_bytes":1,...,
 *          "rows":[1,2,...],"steps":[0,0,...],
 *          "verdict":{"word":"HEALTHY","sentence":"...","age_ms":1}}
 *
 *   {"kinds":["jvm heap",...],"steps":["scarce",...],
 *    "samples":[[at_ms,rss,charge,flows,moved,[rows],[steps]],...]}
 * </pre>
 *
 * @param memoryBytes what {@code --memory} says, or its default
 * @param write whether a flow may be closed
 * @param startedMillis of this process, so that the page sees that it is another one
 */
record Frames(long memoryBytes, boolean write, long startedMillis) {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int FRAME_BYTES_TYPICAL = 1536;
  private static final int SAMPLE_BYTES_TYPICAL = 200;

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static byte[] object(int bytesTypical, String before, String after, Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(bytesTypical);
    bytes.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("an array took no byte", e);
    }
    bytes.writeBytes(after.getBytes(StandardCharsets.US_ASCII));
    return bytes.toByteArray();
  }

  /** One event. JSON has no line breaks, so it is one line of data. */
  byte[] frame(
      Sample sample,
      Totals totals,
      Leased leased,
      SelfLook self,
      Watchers watchers,
      long flowsPauseMillis) {
    return object(
        FRAME_BYTES_TYPICAL,
        "data: ",
        "\n\n",
        json -> {
          json.writeNumberField("at_ms", sample.atMillis());
          json.writeNumberField("started_ms", startedMillis);
          json.writeBooleanField("write", write);
          json.writeNumberField("watchers", watchers.count());
          json.writeNumberField("dropped_frames", watchers.dropped());
          json.writeNumberField("flows_pause_ms", flowsPauseMillis);
          memory(json, sample, leased);
          counts(json, sample, totals);
          verdict(json, self);
        });
  }

  private void memory(JsonGenerator json, Sample sample, Leased leased) throws IOException {
    json.writeNumberField("memory_bytes", memoryBytes);
    json.writeNumberField("rss_bytes", sample.beat().rssBytes());
    json.writeNumberField("charge_bytes", sample.beat().chargeBytes());
    json.writeNumberField("live_bytes", sample.beat().liveBytes());
    json.writeNumberField("kernel_bytes", sample.beat().kernelBytes());
    json.writeNumberField("budget_bytes", leased.budgetBytes());
    json.writeNumberField("leased_bytes", leased.leasedBytes());
    numbers(json, "rows", sample.rows());
  }

  private static void counts(JsonGenerator json, Sample sample, Totals totals) throws IOException {
    json.writeNumberField("flows", sample.flows());
    json.writeNumberField("exchanges", totals.exchanges());
    json.writeNumberField("open_exchanges", totals.openExchanges());
    json.writeNumberField("open_connections", totals.openConnections());
    json.writeNumberField("moved_bytes", totals.downloadedBytes() + totals.uploadedBytes());
    json.writeNumberField("moved_bytes_per_second", sample.movedBytesPerSecond());
    numbers(json, "steps", sample.steps());
  }

  private static void verdict(JsonGenerator json, SelfLook self) throws IOException {
    Finding finding = self.finding();
    if (finding != null) {
      json.writeObjectFieldStart("verdict");
      json.writeStringField("word", finding.verdict().word());
      json.writeStringField("sentence", finding.sentence());
      json.writeNumberField("age_ms", self.ageMillis());
      json.writeEndObject();
    }
    if (!self.obstacle().isEmpty()) {
      json.writeStringField("obstacle", self.obstacle());
    }
  }

  /** The samples so far, and what their numbers are called. */
  byte[] history(List<Sample> samples) {
    return object(
        FRAME_BYTES_TYPICAL + SAMPLE_BYTES_TYPICAL * samples.size(),
        "",
        "\n",
        json -> {
          json.writeArrayFieldStart("kinds");
          for (LedgerRow.Kind kind : LedgerRow.Kind.values()) {
            json.writeString(kind.words());
          }
          json.writeEndArray();
          json.writeArrayFieldStart("steps");
          for (Steps step : Steps.values()) {
            json.writeString(step.words());
          }
          json.writeEndArray();
          json.writeArrayFieldStart("samples");
          for (Sample sample : samples) {
            sample(json, sample);
          }
          json.writeEndArray();
        });
  }

  private static void sample(JsonGenerator json, Sample sample) throws IOException {
    json.writeStartArray();
    json.writeNumber(sample.atMillis());
    json.writeNumber(sample.beat().rssBytes());
    json.writeNumber(sample.beat().chargeBytes());
    json.writeNumber(sample.flows());
    json.writeNumber(sample.movedBytesPerSecond());
    json.writeArray(sample.rows(), 0, sample.rows().length);
    json.writeArray(sample.steps(), 0, sample.steps().length);
    json.writeEndArray();
  }

  private static void numbers(JsonGenerator json, String name, long[] numbers) throws IOException {
    json.writeFieldName(name);
    json.writeArray(numbers, 0, numbers.length);
  }
}
