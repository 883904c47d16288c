package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class ChunkScannerPropertyTest {
  private static final String HEAD =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String NEXT = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  /** One chunk as it stands on the wire. */
  record Chunk(String data, int zeros, boolean upperCase, String extension) {
    String wire() {
      String size = Integer.toHexString(data.length());
      String digits = "0".repeat(zeros) + (upperCase ? size.toUpperCase(Locale.ROOT) : size);
      return digits + extension + "\r\n" + data + "\r\n";
    }
  }

  @Provide
  Arbitrary<Chunk> chunks() {
    Arbitrary<String> data =
        Arbitraries.strings().withChars("\r\n0a;\"\u00ff").ofMinLength(1).ofMaxLength(40);
    Arbitrary<String> extensions =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just("")),
            Tuple.of(1, Arbitraries.of(";a", ";a=b", ";a=\"b;\\\"c\"", ";a;b=\"\"")));
    return Combinators.combine(
            data, Arbitraries.integers().between(0, 3), Arbitraries.of(true, false), extensions)
        .as(Chunk::new);
  }

  private static String wire(List<Chunk> chunks, boolean trailers) {
    StringBuilder wire = new StringBuilder();
    chunks.forEach(chunk -> wire.append(chunk.wire()));
    return wire.append(trailers ? "0\r\nT: u\r\n\r\n" : "00\r\n\r\n").toString();
  }

  private static String data(List<Chunk> chunks) {
    StringBuilder data = new StringBuilder();
    chunks.forEach(chunk -> data.append(chunk.data()));
    return data.toString();
  }

  @Property(tries = 300, seed = "20260807")
  void body_inAnySplit_givesTheSameData(
      @ForAll @Size(max = 8) List<@From("chunks") Chunk> chunks,
      @ForAll boolean trailers,
      @ForAll @IntRange(min = 1, max = 60) int step,
      @ForAll @IntRange(max = 3) int offset) {
    String wire = wire(chunks, trailers);
    byte[] b = bytes("\r\n0".substring(0, offset) + wire + NEXT);
    for (BodyReader.Mode mode : BodyReader.Mode.values()) {
      BodyReader.Result result = BodyReader.read(b, offset, b.length, step, mode);
      assertThat(result.verdict()).isEqualTo("OK");
      assertThat(result.bytes()).isEqualTo(wire.length());
      assertThat(result.data()).isEqualTo(data(chunks));
    }
  }

  @Property(tries = 300, seed = "20260808")
  void body_withoutExtensionsAndTrailers_passesByteForByte(
      @ForAll @Size(max = 8) List<@From("chunks") Chunk> drawn,
      @ForAll @IntRange(min = 1, max = 60) int step) {
    List<Chunk> chunks =
        drawn.stream().map(c -> new Chunk(c.data(), c.zeros(), c.upperCase(), "")).toList();
    String wire = wire(chunks, false);
    byte[] b = bytes(wire + NEXT);
    ChunkScanner scanner = new ChunkScanner();
    int p = 0;
    // The end passes once it is wholly in sight, though it was held back before.
    for (int seen = step; !scanner.done(); seen += step) {
      p = scanner.pass(b, p, Math.min(seen, b.length));
      assertThat(scanner.faulted()).isFalse();
    }
    assertThat(p).isEqualTo(wire.length());
  }

  @Property(tries = 300, seed = "20260809")
  void body_reframed_isReadByTheOracleAsTheSameData(
      @ForAll @Size(max = 8) List<@From("chunks") Chunk> chunks,
      @ForAll boolean trailers,
      @ForAll @IntRange(min = 1, max = 60) int step) {
    byte[] b = bytes(wire(chunks, trailers));
    ChunkScanner scanner = new ChunkScanner();
    StringBuilder reframed = new StringBuilder(HEAD);
    byte[] out = new byte[200];
    int p = 0;
    for (int seen = step; !scanner.done(); seen += step) {
      int to = Math.min(seen, b.length);
      int before;
      do {
        before = p;
        p = scanner.toData(b, p, to);
        int n = (int) Math.min(scanner.dataLeft(), to - p);
        if (n > 0) {
          int line = ChunkScanner.writeSizeLineBefore(out, 50, n);
          reframed.append(text(out, line, 50)).append(text(b, p, p + n)).append("\r\n");
          scanner.dataTaken(n);
          p += n;
        }
      } while (p > before);
      if (scanner.lastChunkAhead() && scanner.parseEnd(b, p, to) > 0) {
        reframed.append(text(out, 0, scanner.writeEnd(out, 0)));
      }
    }
    byte[] message = bytes(reframed + NEXT);
    List<Oracle.Message> messages = Oracle.requests(message, 0, message.length);
    assertThat(messages).hasSize(2);
    assertThat(messages.get(0).body()).isEqualTo(data(chunks));
    assertThat(messages.get(0).trailers().get("T")).isEqualTo(trailers ? "u" : null);
  }
}
