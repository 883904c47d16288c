package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.exchange.FrameClient.Answer;
import io.weir.relay.exchange.FrameClient.Frame;
import io.weir.relay.http.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of HTTP/2 relayed to an origin that speaks HTTP/1.1, frame by frame. */
final class Http2RelayTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(11);
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final int NO_ERROR = 0;
  private static final int INTERNAL_ERROR = 2;
  private static final int CANCEL = 8;

  private static RawOrigin answering(String answer) throws Exception {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write(answer);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void get_withSeveralStreams_isAnsweredOnEach(boolean raw) throws Exception {
    try (RawOrigin origin = answering(OK);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (FrameClient client = FrameClient.connect(relay.port())) {
        for (int stream = 1; stream < 20; stream += 2) {
          client.get(stream, "/" + stream);
          Answer answer = client.answer(stream);
          assertThat(answer.status()).isEqualTo("200");
          assertThat(answer.text()).isEqualTo("ok");
          assertThat(answer.head().get("content-length")).hasToString("2");
        }
      }
      relay.awaitIdle();
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "closed");
      assertThat(origin.heads().getFirst()).startsWith("GET /1 HTTP/1.1\r\n");
      assertThat(relay.totals().connections()).isEqualTo(1);
      assertThat(relay.totals().exchanges()).isEqualTo(10);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET | HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n | 200",
        "HEAD | HTTP/1.1 200 OK\\r\\nContent-Length: 7\\r\\n\\r\\n | 200",
        "GET | HTTP/1.1 204 No Content\\r\\n\\r\\n | 204",
        "GET | HTTP/1.1 304 Not Modified\\r\\nContent-Length: 9\\r\\n\\r\\n | 304",
        "GET | HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n | 200",
      })
  void response_withoutContent_endsTheStream(String method, String answer, String status)
      throws Exception {
    try (RawOrigin origin = answering(answer.replace("\\r", "\r").replace("\\n", "\n"));
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, true, method, "/");
      Answer got = client.answer(1);
      assertThat(got.whole()).isTrue();
      assertThat(got.status()).isEqualTo(status);
      assertThat(got.body()).isEmpty();
      assertThat(got.head().contains("transfer-encoding")).isFalse();
      assertThat(got.head().contains("connection")).isFalse();
    }
  }

  @Test
  void interimResponses_andTrailers_arePassedOn() throws Exception {
    String answer =
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            + "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 7\r\nContent-Length: 3\r\n\r\n";
    try (RawOrigin origin = answering(answer);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, true, "GET", "/", "te", "trailers");
      Answer got = client.answer(1);
      assertThat(got.text()).isEqualTo("hello world");
      List<Http2Headers> heads = got.heads();
      assertThat(heads).hasSize(3);
      assertThat(heads.getFirst().status()).hasToString("103");
      assertThat(heads.getFirst().get("link")).hasToString("</a>");
      assertThat(heads.get(1).status()).hasToString("200");
      assertThat(heads.getLast().get("x-sum")).hasToString("7");
      assertThat(heads.getLast().size()).isEqualTo(1);
      assertThat(origin.heads().getFirst()).contains("TE: trailers\r\n");
    }
  }

  /** Windows of all sizes by turns: looks at the source end within size lines, too. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void download_inSmallChunks_intoAWindowThatOpensInSteps_isWhole(boolean raw) throws Exception {
    int chunks = 100_000;
    int length = chunks * 61;
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          ByteArrayOutputStream text = new ByteArrayOutputStream();
          text.writeBytes(
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(US_ASCII));
          byte[] chunk = "3d\r\n%61s\r\n".formatted("").getBytes(US_ASCII);
          for (int i = 0; i < chunks; i++) {
            SEQUENCE.fill(chunk, 4, 61, i * 61L);
            text.writeBytes(chunk);
          }
          text.writeBytes("0\r\nX-Sum: 7\r\n\r\n".getBytes(US_ASCII));
          connection.write(text.toByteArray());
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start();
        FrameClient client = FrameClient.connect(relay.port(), 4, 1_000)) {
      client.window(0, 1 << 28);
      client.get(1, "/");
      byte[] got = inSteps(client);
      assertThat(got).hasSize(length);
      assertThat(SEQUENCE.mismatch(got, 0, length, 0)).isNegative();
    }
  }

  /** Reads a stream that ends with trailers; more window is given when all of it was used. */
  private static byte[] inSteps(FrameClient client) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int granted = 1_000;
    for (int step = 0; ; ) {
      Frame frame = Objects.requireNonNull(client.read(), "the connection ended");
      assertThat(frame.type()).isNotEqualTo(FrameClient.RST_STREAM);
      if (frame.type() == FrameClient.HEADERS) {
        client.decode(frame);
      } else if (frame.type() == FrameClient.DATA) {
        body.writeBytes(frame.payload());
      }
      if (frame.end()) {
        return body.toByteArray();
      }
      if (body.size() == granted) {
        int more = step++ % 2 == 0 ? 40_000 : 1_000;
        granted += more;
        client.window(1, more);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,false", "true,true", "false,false"})
  void download_ofMuch_isWhole(boolean raw, boolean chunked) throws Exception {
    int length = 20_000_003;
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length;
          connection.write("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n");
          if (!chunked) {
            connection.write(SEQUENCE, 0, length);
            return;
          }
          for (long at = 0; at < length; ) {
            long piece = Math.min(1 + (at * 31) % 30_000, length - at);
            connection.write(Long.toHexString(piece) + "\r\n");
            connection.write(SEQUENCE, at, piece);
            connection.write("\r\n");
            at += piece;
          }
          connection.write("0\r\n\r\n");
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.get(1, "/");
      Answer got = client.answer(1);
      assertThat(got.whole()).isTrue();
      assertThat(got.body()).hasSize(length);
      assertThat(SEQUENCE.mismatch(got.body(), 0, length, 0)).isNegative();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void upload_ofMuch_isWhole(boolean raw, boolean withLength) throws Exception {
    int length = 3_000_017;
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          byte[] body = connection.readBody(head);
          assertThat(body).hasSize(length);
          assertThat(SEQUENCE.mismatch(body, 0, length, 0)).isNegative();
          connection.write(OK);
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.await(FrameClient.SETTINGS);
      String[] more = withLength ? new String[] {"content-length", "" + length} : new String[0];
      client.request(1, false, "POST", "/up", more);
      send(client, 1, length);
      assertThat(client.answer(1).text()).isEqualTo("ok");
      assertThat(origin.failures()).isEmpty();
      String head = origin.heads().getFirst();
      assertThat(RawConnection.header(head, "Transfer-Encoding"))
          .isEqualTo(withLength ? null : "chunked");
    }
  }

  /** Sends the sequence as the windows allow, in pieces of every size. */
  private static void send(FrameClient client, int stream, int length) throws Exception {
    int streamWindow = 2560;
    int connectionWindow = 65_535;
    int at = 0;
    while (at < length) {
      int room = Math.min(Math.min(streamWindow, connectionWindow), length - at);
      int piece = Math.min(room, 1 + (at * 7 + 13) % 16_000);
      if (piece > 0) {
        byte[] data = new byte[piece];
        SEQUENCE.fill(data, at);
        at += piece;
        streamWindow -= piece;
        connectionWindow -= piece;
        client.data(stream, data, at == length);
        continue;
      }
      Frame update = client.await(FrameClient.WINDOW_UPDATE);
      if (update.stream() == 0) {
        connectionWindow += update.number();
      } else {
        streamWindow += update.number();
      }
    }
  }

  @Test
  void trailersOfARequest_followItsChunks() throws Exception {
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          assertThat(RawConnection.header(head, "Transfer-Encoding")).isEqualTo("chunked");
          StringBuilder all = new StringBuilder();
          String line = connection.readLine();
          while (!line.isEmpty()) {
            all.append(line).append('|');
            line = connection.readLine();
          }
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + all.length() + "\r\n\r\n" + all);
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, false, "POST", "/");
      client.data(1, "hello".getBytes(ISO_8859_1), false);
      client.fields(1, true, "x-sum", "7", "authorization", "no");
      assertThat(client.answer(1).text()).isEqualTo("5|hello|0|x-sum: 7|");
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void originThatBreaks_resetsTheStream_andNoOther(boolean chunked, boolean reset)
      throws Exception {
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          if (head.startsWith("GET /good")) {
            connection.write(OK);
            return;
          }
          String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 99999";
          connection.write("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n" + "5\r\nhello\r\n");
          if (reset) {
            connection.reset();
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.get(1, "/bad");
      assertThat(client.answer(1).resetCode()).isPositive();
      client.get(3, "/good");
      assertThat(client.answer(3).text()).isEqualTo("ok");
      relay.awaitIdle();
      assertThat(relay.ends().getFirst().reason()).isNotNull();
    }
  }

  @Test
  void stalledStream_besideOthers_stopsNone() throws Exception {
    long length = 64L << 20;
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          if (head.startsWith("GET /small")) {
            connection.write(OK);
            return;
          }
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n");
          connection.write(SEQUENCE, 0, length);
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      try (FrameClient client = FrameClient.connect(relay.port(), 4, 1000)) {
        client.window(0, 1 << 28);
        for (int stream = 1; stream < 40; stream += 2) {
          client.get(stream, "/stalled"); // never gets more window than 1000 bytes
        }
        for (int stream = 101; stream < 141; stream += 2) {
          client.get(stream, "/small");
          assertThat(client.answer(stream, false).text()).isEqualTo("ok");
        }
        RelayFixture.await(() -> relay.totals().openExchanges() == 20, "the stalled ones alone");
        client.abort();
      }
      relay.awaitIdle();
      relay.awaitFailure(Reason.CLIENT_GONE, 20);
    }
  }

  @Test
  void clientThatResetsAStream_freesTheOrigin() throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.get(1, "/");
      client.await(FrameClient.HEADERS);
      client.reset(1, CANCEL);
      relay.awaitFailure(Reason.CLIENT_GONE, 1);
      origin.awaitIdle();
    }
  }

  @Test
  void answerBeforeTheRequestHasEnded_isWhole_andStopsTheRequest() throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, false, "POST", "/");
      Answer got = client.answer(1);
      assertThat(got.status()).isEqualTo("403");
      assertThat(got.text()).isEqualTo("no");
      assertThat(client.await(FrameClient.RST_STREAM).number()).isEqualTo(NO_ERROR);
      client.data(1, new byte[100], false); // was on its way: to be ignored
      client.get(3, "/");
      assertThat(client.answer(3).status()).isEqualTo("403");
    }
  }

  @Test
  void drain_letsStreamsEnd_thenCloses() throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n");
          connection.write(SEQUENCE, 0, 200_000);
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.get(1, "/");
      client.await(FrameClient.DATA);
      relay.server().drain();
      Frame goAway = client.await(FrameClient.GOAWAY);
      assertThat(goAway.goAwayCode()).isEqualTo(NO_ERROR);
      client.get(3, "/late"); // beyond what the GOAWAY names: ignored
      client.window(0, 200_000);
      client.window(1, 200_000);
      List<Frame> rest = client.readToEnd();
      assertThat(rest.stream().filter(f -> f.stream() == 1 && f.end()).count()).isEqualTo(1);
      assertThat(rest).noneMatch(f -> f.stream() == 3 && f.type() != FrameClient.RST_STREAM);
    }
  }

  @Test
  void clientThatEndsItsSide_getsItsAnswer() throws Exception {
    try (RawOrigin origin = answering(OK);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.get(1, "/");
      client.halfClose();
      assertThat(client.answer(1, false).text()).isEqualTo("ok");
      client.readToEnd();
    }
  }

  @Test
  void webSocket_byExtendedConnect_passesBothWays() throws Exception {
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          assertThat(head).startsWith("GET /chat HTTP/1.1\r\n");
          String key = String.valueOf(RawConnection.header(head, "Sec-WebSocket-Key"));
          connection.write(
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  + "Sec-WebSocket-Accept: "
                  + accept(key)
                  + "\r\n\r\n");
          assertThat(new String(connection.readExactly(5), ISO_8859_1)).isEqualTo("hello");
          connection.write("world");
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, false, "CONNECT", "/chat", ":protocol", "websocket");
      Http2Headers head = client.decode(client.await(FrameClient.HEADERS));
      assertThat(head.status()).hasToString("200");
      assertThat(head.contains("upgrade")).isFalse();
      client.data(1, "hello".getBytes(ISO_8859_1), false);
      assertThat(new String(client.await(FrameClient.DATA).payload(), ISO_8859_1))
          .isEqualTo("world");
      client.data(1, new byte[0], true);
      assertThat(client.answer(1).whole()).isTrue();
      assertThat(origin.failures()).isEmpty();
    }
  }

  /** What comes in one read with a reset is passed on; then the origin sees a break. */
  @Test
  void dataWithTheirReset_reachTheOriginOfATunnel() throws Exception {
    byte[] data = new byte[1_021];
    SEQUENCE.fill(data, 0);
    RawOrigin.Script script =
        connection -> {
          String key =
              String.valueOf(RawConnection.header(connection.readHead(), "Sec-WebSocket-Key"));
          connection.write(
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  + "Sec-WebSocket-Accept: "
                  + accept(key)
                  + "\r\n\r\n");
          assertThat(connection.readSeeded(SEQUENCE, 0, data.length)).isEqualTo(-1);
          assertThat(connection.awaitEof()).as("ended in order").isFalse();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, false, "CONNECT", "/chat", ":protocol", "websocket");
      assertThat(client.decode(client.await(FrameClient.HEADERS)).status()).hasToString("200");
      client.write(
          FrameClient.framed(FrameClient.DATA, 0, 1, data),
          FrameClient.framed(FrameClient.RST_STREAM, 0, 1, FrameClient.number(CANCEL)));
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
      assertThat(relay.awaitEnd(1).uploadedBytes()).isEqualTo(data.length);
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "wrong key"})
  void webSocket_thatTheOriginDoesNotTake_isReset(String answer) throws Exception {
    String switching =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: abc\r\n\r\n";
    try (RawOrigin origin = answering(answer.startsWith("HTTP") ? answer : switching);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.request(1, false, "CONNECT", "/chat", ":protocol", "websocket");
      assertThat(client.answer(1).whole()).isFalse();
      relay.awaitIdle();
    }
  }

  private static String accept(String key) throws Exception {
    byte[] text = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(ISO_8859_1);
    byte[] digest = java.security.MessageDigest.getInstance("SHA-1").digest(text);
    return java.util.Base64.getEncoder().encodeToString(digest);
  }

  @Test
  void originThatFailsBeforeItsHead_isAnsweredByUs() throws Exception {
    try (RawOrigin origin = RawOrigin.start(RawConnection::readHead);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.get(1, "/");
      Answer got = client.answer(1);
      assertThat(got.status()).isEqualTo("502");
      assertThat(got.head().get("weir-error")).hasToString("origin-closed");
      assertThat(got.resetCode()).isNotEqualTo(INTERNAL_ERROR);
    }
  }
}
