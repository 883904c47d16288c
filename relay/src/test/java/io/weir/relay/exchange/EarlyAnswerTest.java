package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests with bodies: uploads, Expect, and answers that come before the request has ended. */
final class EarlyAnswerTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(9);

  @ParameterizedTest
  @CsvSource({
    "true,1",
    "true,8191",
    "true,65521",
    "true,3000001",
    "false,1",
    "false,65521",
    "false,3000001"
  })
  void upload_ofAwkwardSize_arrivesByteForByte(boolean raw, int length) throws Exception {
    try (Origin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        byte[] body = new byte[length];
        origin.sequence().fill(body, 0);
        String start = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n";
        client.write(start + new String(body, ISO_8859_1)); // head and body in one write
        String head = client.readHead();
        assertThat(new String(client.readBody(head), ISO_8859_1))
            .contains("\"bytes\":" + length)
            .contains("\"matches\":true");
        client.write("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void echo_whileTheRequestIsStillSent_passesBothWays(boolean raw) throws Exception {
    long length = Boolean.getBoolean("weir.long") ? 500_000_000 : 20_000_003;
    try (Origin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
        CompletableFuture<Void> sent = sending(client, length);
        client.readHead();
        long done = 0;
        for (String line = client.readLine(); !line.equals("0"); line = client.readLine()) {
          long size = Long.parseLong(line, 16);
          assertThat(client.readSeeded(SEQUENCE, done, size)).isEqualTo(-1);
          client.readLine();
          done += size;
        }
        assertThat(done).isEqualTo(length);
        assertThat(client.readLine()).isEmpty();
        sent.join();
        client.write("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void refusal_whileTheClientSends_reachesIt(boolean raw, boolean originReadsOn) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
          if (originReadsOn) {
            connection.awaitEof();
          } // else it closes with unread input, which resets
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        long length = 30_000_000;
        client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
        CompletableFuture<Void> sent = sending(client, length);
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 413 ");
        assertThat(RawConnection.header(head, "Connection")).isEqualTo("close");
        assertThat(new String(client.readBody(head), ISO_8859_1)).isEqualTo("big");
        sent.join(); // what the client still sends is thrown away, not answered by a reset
        client.halfClose();
        assertThat(client.awaitEof()).isTrue();
      }
      relay.awaitIdle();
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the connection closed");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void expectation_isPassedEndToEnd(boolean raw) throws Exception {
    RawOrigin.Script script =
        connection -> {
          for (int i = 0; i < 2; i++) {
            connection.readHead();
            connection.write("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(new String(connection.readExactly(4), ISO_8859_1)).isEqualTo("body");
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        for (int i = 0; i < 2; i++) {
          client.write(
              "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
          assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
          client.write("body");
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 200 ");
          assertThat(RawConnection.header(head, "Connection")).isNull();
        }
      }
      relay.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      assertThat(origin.heads()).allMatch(head -> head.contains("Expect: 100-continue\r\n"));
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,200", "true,417", "false,200", "false,417"})
  void finalAnswer_toAnExpectation_closesTheConnection(boolean raw, int status) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 " + status + " Final\r\nContent-Length: 0\r\n\r\n");
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write(
            "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 " + status + " ");
        assertThat(RawConnection.header(head, "Connection")).isEqualTo("close");
        client.halfClose();
        assertThat(client.readToEnd().bytes()).isEmpty();
      }
      relay.awaitIdle();
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the connection closed");
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void body_beyondTheLimit_isRefused(boolean raw, boolean chunked) throws Exception {
    try (Origin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).bodyBytesMax(1000).start()) {
      try (RawClient client = relay.client()) {
        String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 1001";
        client.write("POST / HTTP/1.1\r\nHost: a\r\n" + framing + "\r\n\r\n");
        String body = "x".repeat(1001);
        client.write(chunked ? "3e9\r\n" + body + "\r\n0\r\n\r\n" : body);
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 413 ");
        assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("body-too-large");
        client.readBody(head);
        client.halfClose();
        assertThat(client.awaitEof()).isTrue();
      }
      relay.awaitFailure(Reason.BODY_TOO_LARGE, 1);
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void body_ofTheLimitInManyChunks_passes(boolean raw) throws Exception {
    try (Origin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).bodyBytesMax(1000).start()) {
      try (RawClient client = relay.client()) {
        client.write("POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.write("1\r\nx\r\n".repeat(1000) + "0\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(new String(client.readBody(head), ISO_8859_1)).contains("\"bytes\":1000");
      }
      relay.awaitIdle();
    }
  }

  private static Origin origin() throws IOException {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 9);
  }

  private static CompletableFuture<Void> sending(RawConnection connection, long length) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            connection.write(SEQUENCE, 0, length);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }
}
