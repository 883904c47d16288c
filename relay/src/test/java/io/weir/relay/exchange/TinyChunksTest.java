package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Bodies in chunks so small that a size line is cut by nearly every segment. The beginning of a
 * line that stays in the socket pins its segment there, until the window closes for good.
 */
final class TinyChunksTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(7);
  private static final int BODY_BYTES = 1_000_000;

  private static byte[] chunked(int chunkBytes) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    byte[] chunk = new byte[chunkBytes];
    for (int done = 0; done < BODY_BYTES; done += chunkBytes) {
      int length = Math.min(chunkBytes, BODY_BYTES - done);
      SEQUENCE.fill(chunk, done);
      wire.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      wire.write(chunk, 0, length);
      wire.writeBytes(new byte[] {'\r', '\n'});
    }
    wire.writeBytes("0\r\nX-End: 1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return wire.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"true,15", "true,100", "true,1000", "false,100"})
  void upload_inTinyChunks_arrivesWhole(boolean raw, int chunkBytes) throws Exception {
    CompletableFuture<byte[]> body = new CompletableFuture<>();
    RawOrigin.Script script =
        connection -> {
          body.complete(connection.readBody(connection.readHead()));
          connection.write("HTTP/1.1 204 No Content\r\n\r\n");
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.write(chunked(chunkBytes));
        assertThat(client.readHead()).startsWith("HTTP/1.1 204 ");
        byte[] arrived = body.get(1, TimeUnit.SECONDS);
        assertThat(arrived).hasSize(BODY_BYTES);
        assertThat(SEQUENCE.mismatch(arrived, 0, arrived.length, 0)).isEqualTo(-1);
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,15", "true,100", "false,100"})
  void download_inTinyChunks_passesByteForByte(boolean raw, int chunkBytes) throws Exception {
    byte[] wire = chunked(chunkBytes);
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.write(wire);
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).contains("Transfer-Encoding: chunked");
        assertThat(client.readExactly(wire.length)).isEqualTo(wire);
      }
      relay.awaitIdle();
    }
  }
}
