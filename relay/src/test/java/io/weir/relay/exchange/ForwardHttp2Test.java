package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.relay.exchange.FrameClient.Answer;
import io.weir.relay.forward.Rules;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of the forward proxy that speak HTTP/2 with it. */
final class ForwardHttp2Test {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final int PROTOCOL_ERROR = 1;

  private static RelayFixture.Builder local() {
    Rules rules = Rules.of(List.of("127.0.0.0/8:*", "localhost:*"), List.of());
    return RelayFixture.serving(
        origin ->
            EntrySettings.forward(new ForwardSettings(rules, null, origin, false, true, -1, true))
                .http2(true));
  }

  private static RawOrigin answering() throws IOException {
    return RawOrigin.start(
        connection -> {
          for (String head = connection.readHead(); !head.isEmpty(); head = connection.readHead()) {
            connection.readBody(head);
            connection.write(OK);
          }
        });
  }

  private static void ask(
      FrameClient client, int stream, String method, String scheme, String authority, String path)
      throws IOException {
    client.fields(
        stream, true, ":method", method, ":scheme", scheme, ":authority", authority, ":path", path);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void request_forAnotherHost_isRelayedThere(boolean raw) throws Exception {
    try (RawOrigin one = answering();
        RawOrigin two = answering();
        RelayFixture relay = OriginFaultsTest.start(raw, local());
        FrameClient client = FrameClient.connect(relay.port())) {
      String first = "127.0.0.1:" + one.port();
      String second = "localhost:" + two.port();
      ask(client, 1, "GET", "http", first, "/a?b");
      assertThat(client.answer(1).text()).isEqualTo("ok");
      ask(client, 3, "GET", "http", second, "/c");
      assertThat(client.answer(3).text()).isEqualTo("ok");
      ask(client, 5, "OPTIONS", "http", first, "*");
      assertThat(client.answer(5).status()).isEqualTo("200");
      client.fields(
          7, false, ":method", "POST", ":scheme", "http", ":authority", second, ":path", "/d");
      client.data(7, "body".getBytes(ISO_8859_1), true);
      assertThat(client.answer(7).text()).isEqualTo("ok");
      assertThat(one.heads())
          .satisfiesExactly(
              head -> assertThat(head).startsWith("GET /a?b HTTP/1.1\r\nHost: " + first + "\r\n"),
              head -> assertThat(head).startsWith("OPTIONS * HTTP/1.1\r\nHost: " + first + "\r\n"));
      assertThat(two.heads())
          .satisfiesExactly(
              head -> assertThat(head).startsWith("GET /c HTTP/1.1\r\nHost: " + second + "\r\n"),
              head -> assertThat(head).startsWith("POST /d HTTP/1.1\r\n"));
      relay.awaitEnd(4);
      assertThat(relay.ends().getFirst().target()).isEqualTo("http://" + first + "/a?b");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https, 127.0.0.1, 400, target-form, CONNECT HOST:443",
    "http, 10.0.0.1, 403, forbidden, do not allow 10.0.0.1:80",
    "http, 127.1, 400, bad-host, four decimal parts",
    "http, a..b, 400, bad-host, ''",
    "http, u@127.0.0.1, 400, bad-host, ''",
    "http, 127.0.0.1/x, 400, bad-host, ''",
  })
  void place_thatCannotBeServed_isRefusedWithTheReason(
      String scheme, String authority, String status, String word, String sentence)
      throws Exception {
    try (RelayFixture relay = local().start();
        FrameClient client = FrameClient.connect(relay.port())) {
      ask(client, 1, "GET", scheme, authority, "/");
      Answer got = client.answer(1);
      assertThat(got.status()).isEqualTo(status);
      assertThat(got.head().get("weir-error")).hasToString(word);
      assertThat(got.text()).contains(sentence);
    }
  }

  @Test
  void path_thatWouldGoOnWithTheHost_isReset() throws Exception {
    try (RawOrigin origin = answering();
        RelayFixture relay = local().start();
        FrameClient client = FrameClient.connect(relay.port())) {
      String port = String.valueOf(origin.port());
      int cut = port.length() - 1;
      ask(client, 1, "GET", "http", "127.0.0.1:" + port.substring(0, cut), port.charAt(cut) + "/");
      Answer got = client.answer(1);
      assertThat(got.resetCode()).isEqualTo(PROTOCOL_ERROR);
      relay.awaitFailure(Reason.HTTP2_MALFORMED, 1);
      assertThat(origin.accepted()).isZero();
    }
  }

  @Test
  void connect_besideRequests_isATunnel() throws Exception {
    RawOrigin.Script echo = connection -> connection.write(connection.readExactly(4));
    try (RawOrigin origin = RawOrigin.start(echo);
        RawOrigin other = answering();
        RelayFixture relay = local().start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.fields(1, false, ":method", "CONNECT", ":authority", "127.0.0.1:" + origin.port());
      assertThat(client.decode(client.await(FrameClient.HEADERS)).status()).hasToString("200");
      ask(client, 3, "GET", "http", "127.0.0.1:" + other.port(), "/");
      assertThat(client.answer(3).text()).isEqualTo("ok");
      client.data(1, "echo".getBytes(ISO_8859_1), true);
      assertThat(client.answer(1).text()).isEqualTo("echo");
      relay.awaitIdle();
    }
  }

  @Test
  void webSocket_toAnotherHost_isATunnel() throws Exception {
    RawOrigin.Script script =
        connection -> {
          String head = connection.readHead();
          assertThat(head).startsWith("GET /chat HTTP/1.1\r\n");
          connection.write(
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  + "Sec-WebSocket-Accept: "
                  + accept(String.valueOf(RawConnection.header(head, "Sec-WebSocket-Key")))
                  + "\r\n\r\n");
          connection.write(connection.readExactly(5));
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = local().start();
        FrameClient client = FrameClient.connect(relay.port())) {
      client.fields(
          1,
          false,
          ":method",
          "CONNECT",
          ":protocol",
          "websocket",
          ":scheme",
          "http",
          ":authority",
          "127.0.0.1:" + origin.port(),
          ":path",
          "/chat");
      Http2Headers head = client.decode(client.await(FrameClient.HEADERS));
      assertThat(head.status()).hasToString("200");
      client.data(1, "hello".getBytes(ISO_8859_1), false);
      assertThat(new String(client.await(FrameClient.DATA).payload(), ISO_8859_1))
          .isEqualTo("hello");
      client.data(1, new byte[0], true);
      assertThat(client.answer(1).whole()).isTrue();
      assertThat(origin.failures()).isEmpty();
    }
  }

  private static String accept(String key) throws Exception {
    byte[] text = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(ISO_8859_1);
    byte[] digest = java.security.MessageDigest.getInstance("SHA-1").digest(text);
    return Base64.getEncoder().encodeToString(digest);
  }
}
