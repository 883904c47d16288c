package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.NarrowSockets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bodies whose framing changes or must not change on the way, past peers with small receive buffers
 * so that the relay's writes are cut in every place.
 */
final class ReframingTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(77);

  /** With narrow buffers the kernel may wait 40 ms for an acknowledgement every few kB. */
  private static final int BODY_BYTES = 150_000;

  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nTrailer: X-End\r\nTransfer-Encoding: chunked\r\n\r\n";

  /** A chunked body of the sequence in chunks of random sizes; an extension on every n-th. */
  private static byte[] chunked(int length, int extensionEvery, String trailers) {
    Random random = new Random(length + extensionEvery);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int chunks = 0;
    for (int done = 0; done < length; chunks++) {
      int bound = random.nextInt(8) == 0 ? 20_000 : 40;
      byte[] data = new byte[Math.min(length - done, 1 + random.nextInt(bound))];
      SEQUENCE.fill(data, done);
      boolean extended = extensionEvery > 0 && chunks % extensionEvery == extensionEvery - 1;
      String size = Integer.toHexString(data.length);
      out.writeBytes((size + (extended ? ";a=\"b;c\"" : "") + "\r\n").getBytes(ISO_8859_1));
      out.writeBytes(data);
      out.writeBytes("\r\n".getBytes(ISO_8859_1));
      done += data.length;
    }
    out.writeBytes(("0\r\n" + trailers + "\r\n").getBytes(ISO_8859_1));
    return out.toByteArray();
  }

  private static RawOrigin answering(String head, byte[] body, boolean keep) throws IOException {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write(head);
            connection.write(body);
            if (!keep) {
              return;
            }
          }
        });
  }

  private static void check(byte[] body, int length) {
    assertThat(body).hasSize(length);
    assertThat(SEQUENCE.mismatch(body, 0, length, 0)).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void chunkedResponse_withoutExtensions_passesUnchanged(boolean raw, boolean narrow)
      throws Exception {
    byte[] wire = chunked(BODY_BYTES, 0, "");
    try (RawOrigin origin = answering(CHUNKED, wire, true);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = narrow ? relay.narrowClient() : relay.client()) {
        for (int i = 0; i < 2; i++) {
          client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
          assertThat(client.readHead()).contains("Transfer-Encoding: chunked\r\n");
          assertThat(client.readExactly(wire.length)).isEqualTo(wire);
        }
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,1", "true,7", "true,1000", "false,1", "false,7"})
  void chunkedResponse_withExtensions_isFramedAnew(boolean raw, int every) throws Exception {
    byte[] wire = chunked(BODY_BYTES, every, "X-End: 1\r\nContent-Length: 4\r\nX-Two: 2\r\n");
    try (RawOrigin origin = answering(CHUNKED, wire, true);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = relay.narrowClient()) {
        for (int i = 0; i < 2; i++) {
          client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
          assertThat(client.readHead()).contains("Trailer: X-End\r\n");
          String trailers = readChunked(client, BODY_BYTES);
          assertThat(trailers).isEqualTo("X-End: 1\r\nX-Two: 2\r\n");
        }
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  /** Reads a chunked body of the sequence, in which no extension may be; returns its trailers. */
  private static String readChunked(RawConnection from, int length) throws IOException {
    int done = 0;
    for (String line = from.readLine(); !line.equals("0"); line = from.readLine()) {
      assertThat(line).matches("[0-9a-fA-F]+");
      int size = Integer.parseInt(line, 16);
      assertThat(from.readSeeded(SEQUENCE, done, size)).isEqualTo(-1);
      assertThat(from.readLine()).isEmpty();
      done += size;
    }
    assertThat(done).isEqualTo(length);
    StringBuilder trailers = new StringBuilder();
    for (String line = from.readLine(); !line.isEmpty(); line = from.readLine()) {
      trailers.append(line).append("\r\n");
    }
    return trailers.toString();
  }

  @ParameterizedTest
  @CsvSource({"true,0", "true,3", "false,0", "false,3"})
  void chunkedResponse_toAnOldClient_isDataUntilTheClose(boolean raw, int every) throws Exception {
    byte[] wire = chunked(BODY_BYTES, every, "X-End: 1\r\n");
    try (RawOrigin origin = answering(CHUNKED, wire, true);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = relay.narrowClient()) {
        client.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        String head = client.readHead();
        assertThat(head).doesNotContain("Transfer-Encoding").doesNotContain("keep-alive");
        RawConnection.Ending ending = client.readToEnd();
        assertThat(ending.reset()).isFalse();
        check(ending.bytes(), BODY_BYTES);
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,0", "true,1", "false,0", "false,1"})
  void responseUntilClose_isChunkedForNewAndPlainForOldClients(boolean raw, int minor)
      throws Exception {
    byte[] wire = new byte[BODY_BYTES];
    SEQUENCE.fill(wire, 0);
    try (RawOrigin origin = answering("HTTP/1.1 200 OK\r\n\r\n", wire, false);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = relay.narrowClient()) {
        client.write("GET / HTTP/1." + minor + "\r\nHost: a\r\n\r\n");
        String head = client.readHead();
        assertThat(RawConnection.header(head, "Transfer-Encoding"))
            .isEqualTo(minor == 1 ? "chunked" : null);
        if (minor == 1) {
          assertThat(readChunked(client, BODY_BYTES)).isEmpty();
          client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); // the connection is kept
          assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
          readChunked(client, BODY_BYTES);
        } else {
          RawConnection.Ending ending = client.readToEnd();
          assertThat(ending.reset()).isFalse();
          check(ending.bytes(), BODY_BYTES);
        }
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,0", "true,5", "false,0", "false,5"})
  void chunkedRequest_toANarrowOrigin_isFramedAnewWithItsTrailers(boolean raw, int every)
      throws Exception {
    byte[] wire = chunked(BODY_BYTES, every, "X-End: 1\r\nAuthorization: no\r\nX-Two: 2\r\n");
    AtomicReference<String> trailers = new AtomicReference<>("");
    RawOrigin.Script script =
        connection -> {
          for (int i = 0; i < 2; i++) {
            connection.readHead();
            trailers.set(readChunked(connection, BODY_BYTES));
            connection.write("HTTP/1.1 204 No Content\r\n\r\n");
          }
        };
    try (RawOrigin origin = RawOrigin.start(script, RelayFixture.NARROW_RECEIVE_BYTES);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = relay.client()) {
        for (int i = 0; i < 2; i++) {
          client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
          origin.awaitHeads(i + 1);
          NarrowSockets.sendBuffers(RelayFixture.NARROW_BYTES); // the one to the origin too
          client.write(wire);
          assertThat(client.readHead()).startsWith("HTTP/1.1 204 ");
        }
      }
      relay.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      assertThat(trailers.get()).isEqualTo("X-End: 1\r\nX-Two: 2\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void response_writtenByteByByte_arrivesWhole(boolean raw) throws Exception {
    String wire =
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            + CHUNKED
            + "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-End: 1\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz";
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          int second = wire.lastIndexOf("HTTP/1.1 200");
          writeSlowly(connection, wire.substring(0, second));
          connection.readHead();
          writeSlowly(connection, wire.substring(second));
          connection.readHead();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = relay.client()) {
        client.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 103 ");
        String head = client.readHead();
        assertThat(new String(client.readBody(head), ISO_8859_1)).isEqualTo("abcdefg");
        client.write("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
        head = client.readHead();
        assertThat(new String(client.readBody(head), ISO_8859_1)).isEqualTo("xyz");
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  private static void writeSlowly(RawConnection connection, String text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      connection.write(text.substring(i, i + 1));
    }
  }
}
