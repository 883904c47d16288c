package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Persistence on both sides (RFC 9112, 9.3): pipelining, the pool, and stale connections. */
final class KeepAliveTest {
  private static final String GET = "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n";

  /** Answers each request with its target, however many come on a connection. */
  static void echoTargets(RawConnection connection) throws IOException {
    for (String head = connection.readHead(); !head.isEmpty(); head = connection.readHead()) {
      connection.readBody(head);
      String target = head.split(" ", 3)[1];
      connection.write(
          "HTTP/1.1 200 OK\r\nContent-Length: " + target.length() + "\r\n\r\n" + target);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requests_oneAfterTheOther_shareOneConnectionOnEachSide(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        for (int i = 0; i < 20; i++) {
          client.write(GET.formatted(i));
          assertThat(answer(client)).isEqualTo("/" + i);
        }
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(1);
      assertThat(relay.totals().connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requests_pipelinedInOneWrite_areAnsweredInOrder(boolean raw) throws Exception {
    int count = 1000;
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < count; i++) {
          all.append(GET.formatted(i));
        }
        client.write(all.toString());
        for (int i = 0; i < count; i++) {
          assertThat(answer(client)).isEqualTo("/" + i);
        }
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void request_pipelinedBehindABody_isAnsweredNext(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write(
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /"
                + "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;x=y\r\nGET /\r\n0\r\nT: 1\r\n\r\n"
                + "GET /c HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(answer(client)).isEqualTo("/a");
        assertThat(answer(client)).isEqualTo("/b");
        assertThat(answer(client)).isEqualTo("/c");
      }
      relay.awaitIdle();
      assertThat(origin.heads()).hasSize(3);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requests_writtenByteByByte_areUnderstood(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        String two =
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3;e=\"q\"\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-T: v\r\n\r\n"
                + "GET /b HTTP/1.1\r\nHost: a\r\n\r\n";
        for (int i = 0; i < two.length(); i++) {
          client.write(two.substring(i, i + 1));
        }
        assertThat(answer(client)).isEqualTo("/a");
        assertThat(answer(client)).isEqualTo("/b");
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void heads_toAClientThatReadsLate_arriveWhole(boolean raw) throws Exception {
    int count = 600;
    RawOrigin.Script script =
        connection -> {
          for (String head = connection.readHead(); !head.isEmpty(); ) {
            String target = head.split(" ", 3)[1];
            int pad = Integer.parseInt(target.substring(1)) % 997;
            connection.write(
                "HTTP/1.1 204 No Content\r\nX-Target: "
                    + target
                    + "\r\nX-Pad: "
                    + "p".repeat(pad)
                    + "\r\n\r\n");
            head = connection.readHead();
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).narrow().start()) {
      try (RawClient client = relay.narrowClient()) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < count; i++) {
          all.append(GET.formatted(i));
        }
        client.write(all.toString());
        for (int i = 0; i < count; i++) {
          String head = client.readHead();
          assertThat(RawConnection.header(head, "X-Target")).isEqualTo("/" + i);
          assertThat(RawConnection.header(head, "X-Pad")).hasSize(i % 997);
        }
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void pipeliningClient_thatNeverReads_holdsTheOriginBack(boolean raw) throws Exception {
    String body = "b".repeat(64 * 1024);
    RawOrigin.Script script =
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + body);
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .raw(raw)
                .timeouts(new Timeouts(5_000, 5_000, 5_000, 5_000, 500, 5_000))
                .start()) {
      try (RawClient client = relay.narrowClient()) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 500; i++) {
          all.append(GET.formatted(i));
        }
        client.write(all.toString());
        // It is cut when it has taken nothing for the send timeout.
        relay.awaitFailure(Reason.SEND_TIMEOUT, 1);
      }
      relay.awaitIdle();
      // What sockets hold at most, tcp_wmem and tcp_rmem, is far below the 32 MB asked for.
      assertThat(relay.totals().downloadedBytes()).isLessThan(16L << 20);
      assertThat(origin.heads().size()).isLessThan(400);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void staleConnection_underASafeRequest_isReplacedOnce(boolean raw) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          connection.readHead();
          if (connection.index() == 0) {
            return; // takes the second request and closes without a word
          }
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).threads(1).start()) {
      try (RawClient client = relay.client()) {
        client.write(GET.formatted(1));
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        client.write(GET.formatted(2));
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(2);
      assertThat(targets(origin)).containsExactly("/1", "/2", "/2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE"})
  void staleConnection_underAnUnsafeRequest_isAnError(String method) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          connection.readHead();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).threads(1).start()) {
      try (RawClient client = relay.client()) {
        client.write(GET.formatted(1));
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        client.write(method + " /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 502 ");
        assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("origin-closed");
        client.readBody(head);
      }
      relay.awaitIdle();
      assertThat(targets(origin)).containsExactly("/1", "/2");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void freshConnection_thatClosesWithoutAWord_isNotTriedAgain(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(RawConnection::readHead);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write(GET.formatted(1));
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 502 ");
        client.readBody(head);
        client.write(GET.formatted(2)); // the client's connection goes on
        assertThat(client.readHead()).startsWith("HTTP/1.1 502 ");
      }
      relay.awaitIdle();
      assertThat(targets(origin)).containsExactly("/1", "/2");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void originsClose_whileItsConnectionWaits_isNoticed(boolean raw) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).threads(1).start()) {
      try (RawClient client = relay.client()) {
        for (int i = 0; i < 30; i++) {
          client.write("POST /" + i + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
          String head = client.readHead();
          client.readBody(head);
          if (head.startsWith("HTTP/1.1 200 ")) {
            origin.awaitIdle();
          }
        }
      }
      relay.awaitIdle();
      // A close that crosses the next request cannot be seen in time; most are.
      assertThat(relay.totals().failures(Reason.ORIGIN_CLOSED)).isLessThan(15);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void pool_withALimitOfIdleConnections_closesTheOthers(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay =
            RelayFixture.to(origin.port()).raw(raw).threads(1).idleConnectionsMax(1).start()) {
      try (RawClient one = relay.client();
          RawClient two = relay.client()) {
        one.write("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
        two.write("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
        origin.awaitHeads(2);
        one.write("x");
        two.write("x");
        assertThat(answer(one)).isEqualTo("/1");
        assertThat(answer(two)).isEqualTo("/2");
        RelayFixture.await(() -> origin.openNow() == 1, "one connection kept");
      }
      relay.awaitIdle();
    }
  }

  /** Two requests at the same time, again and again, where one connection may wait. */
  private static int connectionsFor(int rounds, int places) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .threads(1)
                .memory(new MemorySettings(1 << 24, places, 16))
                .idleConnectionsMax(1)
                .start()) {
      try (RawClient one = relay.client();
          RawClient two = relay.client()) {
        for (int round = 1; round <= rounds; round++) {
          one.write("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
          two.write("POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
          origin.awaitHeads(2 * round);
          one.write("x");
          two.write("x");
          assertThat(answer(one)).isEqualTo("/1");
          assertThat(answer(two)).isEqualTo("/2");
        }
        RelayFixture.await(() -> origin.openNow() == 1, "one connection kept");
      }
      relay.awaitIdle();
      return origin.accepted();
    }
  }

  @Test
  void pool_underASteadyLoad_keepsMoreWhileThereIsRoom() throws Exception {
    assertThat(connectionsFor(20, 100)).isLessThan(21);
  }

  @Test
  void pool_whereClientsMayNeedTheRoom_closesTheOthersAtOnce() throws Exception {
    assertThat(connectionsFor(20, 3)).isEqualTo(21);
  }

  @Test
  void connectionsInRoomThatWasLent_giveWayToClients() throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .threads(1)
                .memory(new MemorySettings(1 << 24, 8, 16))
                .idleConnectionsMax(1)
                .start()) {
      atOnce(relay, origin, 6, 6);
      atOnce(relay, origin, 8, 14);
      assertThat(relay.totals().failures(Reason.OVERLOADED)).isZero();
    }
  }

  /** Clients that ask at the same time and leave. */
  private static void atOnce(RelayFixture relay, RawOrigin origin, int count, int headsSoFar)
      throws Exception {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      RawClient client = relay.client();
      client.write("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
      clients.add(client);
    }
    origin.awaitHeads(headsSoFar);
    for (RawClient client : clients) {
      client.write("x");
    }
    for (RawClient client : clients) {
      assertThat(answer(client)).isEqualTo("/1");
      client.awaitEof();
      client.close();
    }
    RelayFixture.await(() -> relay.totals().openConnections() == 0, "no client is left");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void pool_afterTheIdleTimeout_closesItsConnections(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay =
            RelayFixture.to(origin.port()).raw(raw).originIdleMillis(100).start()) {
      try (RawClient client = relay.client()) {
        client.write(GET.formatted(1));
        assertThat(answer(client)).isEqualTo("/1");
        origin.awaitIdle();
        client.write(GET.formatted(2));
        assertThat(answer(client)).isEqualTo("/2");
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oldClient_isClosedUnlessItAsksForMore(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(KeepAliveTest::echoTargets);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        String head = client.readHead();
        assertThat(RawConnection.header(head, "Connection")).isEqualTo("keep-alive");
        client.readBody(head);
        client.write("GET /2 HTTP/1.0\r\n\r\n");
        assertThat(answer(client)).isEqualTo("/2");
        assertThat(client.awaitEof()).isTrue();
      }
      try (RawClient client = relay.client()) {
        client.write("GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        String head = client.readHead();
        assertThat(RawConnection.header(head, "Connection")).isEqualTo("close");
        client.readBody(head);
        assertThat(client.awaitEof()).isTrue();
      }
      relay.awaitIdle();
      assertThat(origin.heads()).allMatch(head -> head.contains(" HTTP/1.1\r\n"));
    }
  }

  private static String answer(RawClient client) throws IOException {
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 200 ");
    return new String(client.readBody(head), java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  static List<String> targets(RawOrigin origin) {
    return origin.heads().stream().map(head -> head.split(" ", 3)[1]).toList();
  }
}
