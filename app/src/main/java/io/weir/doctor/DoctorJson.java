package io.weir.doctor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.weir.memory.census.Census;
import io.weir.memory.doctor.Diagnosis;
import io.weir.memory.doctor.Finding;
import io.weir.memory.doctor.Unseen;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.LedgerRow;
import io.weir.memory.ledger.Look;
import io.weir.memory.probe.MemoryUse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Looks and diagnoses as one JSON object. Names are a contract: fields are added, never renamed.
 *
 * <pre>
 *   {"pid":4711,"name":"node","rss_bytes":1,"pss_bytes":1,"charge_bytes":1,
 *    "charge_source":"computed","allocator":"glibc",
 *    "malloc":{"live_bytes":1,"free_bytes":1,"trimmable_bytes":1,"self_check":true,...},
 *    "ledger":[{"name":"malloc live","kind":"MALLOC_LIVE","bytes":1},...],
 *    "verdicts":[{"verdict":"BUFFERING","bytes":1,"sentence":"...","arithmetic":["..."],
 *                 "harmless_when":"...","wrong_if":"...","next":["..."]}],
 *    "exit_code":11,"unseen":[{"probe":"...","sentence":"...","remedy":"..."}],
 *    "looks":2,"watch_ms":500,"cost_ms":46,"series":[{"at_ms":0,"rss_bytes":1,...}]}
 * </pre>
 *
 * <p>Where malloc could not be counted, {@code malloc} has no numbers: {@code self_check} is false
 * and {@code why} says so. Any thread.
 */
public final class DoctorJson {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int BYTES_TYPICAL = 4096;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private DoctorJson() {}

  /** A look alone, without verdicts: what {@code /memory} shows. */
  public static byte[] bytes(Look look, Ledger ledger) {
    return object(
        json -> {
          facts(json, look, ledger);
          unseen(json, look);
        });
  }

  /** A whole diagnosis. */
  public static byte[] bytes(Diagnosis diagnosis) {
    return object(
        json -> {
          facts(json, diagnosis.last(), diagnosis.ledger());
          verdicts(json, diagnosis.findings());
          json.writeNumberField("exit_code", diagnosis.exitCode());
          unseen(json, diagnosis.last());
          json.writeNumberField("looks", diagnosis.looks().size());
          json.writeNumberField("watch_ms", diagnosis.watchNanos() / NANOS_PER_MILLI);
          series(json, diagnosis);
        });
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static byte[] object(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BYTES_TYPICAL);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("an array took no byte", e);
    }
    return bytes.toByteArray();
  }

  private static void facts(JsonGenerator json, Look look, Ledger ledger) throws IOException {
    json.writeNumberField("pid", look.pid());
    json.writeStringField("name", look.status().name());
    json.writeStringField("executable", look.status().executable());
    json.writeNumberField("threads", look.status().threads());
    json.writeNumberField("rss_bytes", ledger.rssBytes());
    json.writeNumberField("pss_bytes", ledger.pssBytes());
    json.writeNumberField("charge_bytes", ledger.chargeBytes());
    json.writeStringField("charge_source", ledger.chargeSource());
    MemoryUse memory = look.memory().value();
    if (memory != null) {
      json.writeNumberField("swap_bytes", memory.swapBytes());
      json.writeNumberField("lazy_free_bytes", memory.lazyFreeBytes());
      json.writeNumberField("huge_page_bytes", memory.hugeBytes());
    }
    malloc(json, look.census());
    json.writeArrayFieldStart("ledger");
    for (LedgerRow row : ledger.rows()) {
      json.writeStartObject();
      json.writeStringField("name", row.name());
      json.writeStringField("kind", row.kind().name());
      json.writeNumberField("bytes", row.bytes());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("cost_ms", Unseen.costNanos(look) / NANOS_PER_MILLI);
  }

  private static void malloc(JsonGenerator json, Census census) throws IOException {
    String allocator =
        switch (census) {
          case Census.Counted _ -> "glibc";
          case Census.OtherAllocator other -> other.name();
          case Census.Uncounted _ -> "unknown";
        };
    json.writeStringField("allocator", allocator);
    json.writeObjectFieldStart("malloc");
    switch (census) {
      case Census.Counted counted -> counted(json, counted);
      case Census.OtherAllocator other -> uncounted(json, "not glibc's malloc: " + other.library());
      case Census.Uncounted uncounted -> uncounted(json, uncounted.why());
    }
    json.writeEndObject();
  }

  private static void counted(JsonGenerator json, Census.Counted counted) throws IOException {
    json.writeNumberField("live_bytes", counted.liveBytes());
    json.writeNumberField("free_bytes", counted.freeBytes());
    json.writeNumberField("trimmable_bytes", counted.trimmableBytes());
    json.writeBooleanField("self_check", true);
    json.writeNumberField("resident_bytes", counted.residentBytes());
    json.writeNumberField("kept_resident_bytes", counted.freeResidentBytes());
    json.writeNumberField("mmapped_bytes", counted.mmapped().bytes());
    json.writeNumberField("arenas", counted.arenas().size());
    json.writeNumberField("retries", counted.retries());
  }

  private static void uncounted(JsonGenerator json, String why) throws IOException {
    json.writeBooleanField("self_check", false);
    json.writeStringField("why", why);
  }

  private static void verdicts(JsonGenerator json, List<Finding> findings) throws IOException {
    json.writeArrayFieldStart("verdicts");
    for (Finding finding : findings) {
      json.writeStartObject();
      json.writeStringField("verdict", finding.verdict().word());
      json.writeNumberField("bytes", finding.bytes());
      json.writeStringField("sentence", finding.sentence());
      texts(json, "arithmetic", finding.arithmetic());
      json.writeStringField("harmless_when", finding.harmlessWhen());
      json.writeStringField("wrong_if", finding.wrongIf());
      texts(json, "next", finding.next());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void texts(JsonGenerator json, String name, List<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  private static void unseen(JsonGenerator json, Look look) throws IOException {
    json.writeArrayFieldStart("unseen");
    for (Unseen one : Unseen.of(look)) {
      json.writeStartObject();
      json.writeStringField("probe", one.probe());
      json.writeStringField("sentence", one.sentence());
      json.writeStringField("remedy", one.remedy());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void series(JsonGenerator json, Diagnosis diagnosis) throws IOException {
    long start = diagnosis.looks().getFirst().atNanos();
    json.writeArrayFieldStart("series");
    for (int i = 0; i < diagnosis.looks().size(); i++) {
      Look look = diagnosis.looks().get(i);
      json.writeStartObject();
      json.writeNumberField("at_ms", (look.atNanos() - start) / NANOS_PER_MILLI);
      json.writeNumberField("rss_bytes", diagnosis.ledgers().get(i).rssBytes());
      json.writeNumberField("charge_bytes", diagnosis.ledgers().get(i).chargeBytes());
      if (look.census() instanceof Census.Counted counted) {
        json.writeNumberField("live_bytes", counted.liveBytes());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
