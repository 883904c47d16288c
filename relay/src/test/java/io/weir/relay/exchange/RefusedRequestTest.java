package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are refused over the wire: the origin sees nothing of them. */
final class RefusedRequestTest {
  private static final String START = "POST / HTTP/1.1\r\nHost: a\r\n";

  /** Behind each, a second request that a smuggler would want to get through. */
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

  record Case(int status, String request) {
    @Override
    public String toString() {
      return status + " " + request.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(400, START + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        new Case(400, START + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
        new Case(400, START + "Content-Length: 5, 5\r\n\r\n"),
        new Case(400, START + "Content-Length: +5\r\n\r\n"),
        new Case(400, START + "Content-Length: -1\r\n\r\n"),
        new Case(400, START + "Content-Length: 0x5\r\n\r\n"),
        new Case(400, START + "Content-Length: \r\n\r\n"),
        new Case(400, START + "Content-Length: 99999999999999999999\r\n\r\n"),
        new Case(400, START + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        new Case(400, START + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"),
        new Case(400, START + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        new Case(
            400,
            START + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        new Case(501, START + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        new Case(501, START + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        new Case(501, START + "Transfer-Encoding: identity\r\n\r\n"),
        new Case(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        new Case(400, START + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        new Case(400, START + "Content-Length : 5\r\n\r\n"),
        new Case(400, START + "X: 1\r\n Content-Length: 5\r\n\r\n"),
        new Case(400, START + "X: 1\r\n\tfolded\r\n\r\n"),
        new Case(400, START + "X: a\rb\r\n\r\n"),
        new Case(400, START + "X: a\nY: b\r\n\r\n"),
        new Case(400, START + "X: a\0b\r\n\r\n"),
        new Case(400, START + ": empty\r\n\r\n"),
        new Case(400, START + "no colon\r\n\r\n"),
        new Case(400, "GET / HTTP/1.1\nHost: a\n\n"),
        new Case(400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        new Case(400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        new Case(400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        new Case(400, "GET / HTTP/1.1\r\n\r\n"),
        new Case(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        new Case(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        new Case(400, "GET / HTTP/1.1\r\nHost: a@b/c\r\n\r\n"),
        new Case(505, "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
        new Case(501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
        new Case(501, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void head_thatReadersCouldDisagreeOn_isRefused(Case refused) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).threads(1).start()) {
      try (RawClient client = relay.client()) {
        client.write(refused.request() + SMUGGLED);
        client.halfClose();
        String answer = client.readToEnd().text();
        assertThat(answer).startsWith("HTTP/1.1 " + refused.status() + " ");
        assertThat(RawConnection.header(answer, "Connection")).isEqualTo("close");
        assertThat(RawConnection.header(answer, "Weir-Error")).isNotNull();
        assertThat(answer).doesNotContain("HTTP/1.1 200 ").containsOnlyOnce("Weir-Error: ");
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the connection closed");
      assertThat(origin.heads()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "g\r\n",
        "-1\r\nx\r\n",
        "+1\r\nx\r\n",
        "0x1\r\nx\r\n",
        "1 \r\nx\r\n",
        " 1\r\nx\r\n",
        "1\nx\r\n",
        "1\rx\r\n",
        "1\r\nxy\r\n",
        "1\r\nx\n",
        "1;a=\nb\r\nx\r\n",
        "\r\n",
        "fffffffffffffffff\r\nx",
        "ffffffffffffffff\r\nx",
        "0\r\nX : 1\r\n\r\n",
        "0\r\nX: 1\r\n folded\r\n\r\n",
        "0\r\n\n",
      })
  void chunk_thatReadersCouldDisagreeOn_isRefused(String chunk) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).threads(1).start()) {
      try (RawClient client = relay.client()) {
        client.write(START + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + chunk + SMUGGLED);
        client.halfClose();
        String answer = client.readToEnd().text();
        assertThat(answer).startsWith("HTTP/1.1 400 ");
        assertThat(RawConnection.header(answer, "Weir-Error")).isEqualTo("bad-framing");
        assertThat(answer).doesNotContain("HTTP/1.1 200 ").containsOnlyOnce("Weir-Error: ");
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the connection closed");
      // The first head and the good chunk may have gone; the request never ended there.
      List<String> targets = KeepAliveTest.targets(origin);
      assertThat(targets.size()).isLessThanOrEqualTo(1);
      assertThat(targets).doesNotContain("/smuggled");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void head_ofAMegabyte_is431(boolean raw) throws Exception {
    String request = "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(1 << 20) + "\r\n\r\n";
    assertRefused(raw, request, "HTTP/1.1 431 ");
    String fields = "X: 1\r\n".repeat(101);
    assertRefused(raw, "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", "HTTP/1.1 431 ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void target_beyondTheLimit_is414(boolean raw) throws Exception {
    String request = "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    assertRefused(raw, request, "HTTP/1.1 414 ");
  }

  private static void assertRefused(boolean raw, String request, String start) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write(request);
        assertThat(client.readHead()).startsWith(start).contains("Connection: close\r\n");
        client.halfClose();
        assertThat(client.awaitEof()).isTrue();
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the connection closed");
      assertThat(origin.accepted()).isZero();
    }
  }

  @Test
  void head_ofExactlyTheLimit_passes() throws Exception {
    String start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    String request = start + "x".repeat(32 * 1024 - start.length() - 4) + "\r\n\r\n";
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      try (RawClient client = relay.client()) {
        client.write(request);
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      relay.awaitIdle();
    }
  }
}
