package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.forward.Rules;
import io.weir.relay.forward.Users;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.crypto.bcrypt.BCrypt;

/** Clients that are connected to the places that they name. */
final class ForwardTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(23);
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final long HELD_BYTES_MAX = 40L << 20;

  @TempDir private @Nullable Path folder;

  private static RelayFixture.Builder forward(Rules rules, @Nullable Users users) {
    return RelayFixture.serving(
        origin ->
            EntrySettings.forward(
                new ForwardSettings(rules, users, origin, false, true, -1, true)));
  }

  private static RelayFixture.Builder forward(String... allow) {
    return forward(Rules.of(List.of(allow), List.of()), null);
  }

  private static RelayFixture.Builder local() {
    return forward("127.0.0.0/8:*", "localhost:*");
  }

  private static RawOrigin.Script answering() {
    return connection -> {
      while (!connection.readHead().isEmpty()) {
        connection.write(OK);
      }
    };
  }

  private static String get(int port, String more) {
    return "GET http://127.0.0.1:" + port + "/ HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
  }

  private static String connect(String authority, String more) {
    return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + more + "\r\n";
  }

  private static String error(String head) {
    return String.valueOf(RawConnection.header(head, "Weir-Error"));
  }

  private static String answer(RawClient client, String request) throws IOException {
    client.write(request);
    String head = client.readHead();
    client.readBody(head);
    return head;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void request_inAbsoluteForm_isRelayedWithoutWhatWasForUs(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay = OriginFaultsTest.start(raw, local());
        RawClient client = relay.client()) {
      client.write(
          "GET http://127.0.0.1:"
              + origin.port()
              + "/a?b HTTP/1.1\r\nHost: other\r\nProxy-Connection: keep-alive\r\n"
              + "Proxy-Authorization: Basic YTpi\r\nX-Forwarded-For: 192.0.2.7\r\n"
              + "Connection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readExactly(2)).asString().isEqualTo("ok");
      assertThat(origin.heads().getFirst())
          .startsWith("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:" + origin.port() + "\r\n")
          .contains("X-End: 2\r\n", "Via: 1.1 weir\r\n", "X-Forwarded-For: 192.0.2.7\r\n")
          .doesNotContainIgnoringCase("proxy-", "x-hop", "forwarded-host", "forwarded-proto");
      client.close();
      relay.awaitIdle();
    }
  }

  @Test
  void connections_toOneOrigin_serveManyRequests() throws Exception {
    try (RawOrigin one = RawOrigin.start(answering());
        RawOrigin two = RawOrigin.start(answering());
        RelayFixture relay = local().threads(1).start()) {
      for (int i = 0; i < 3; i++) {
        try (RawClient client = relay.client()) {
          for (RawOrigin origin : List.of(one, two, one)) {
            assertThat(answer(client, get(origin.port(), ""))).startsWith("HTTP/1.1 200 ");
          }
        }
      }
      assertThat(one.accepted()).isEqualTo(1);
      assertThat(two.accepted()).isEqualTo(1);
      assertThat(one.heads()).hasSize(6);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET / HTTP/1.1, 400, target-form, ask for http://HOST/PATH",
    "OPTIONS * HTTP/1.1, 400, target-form, ''",
    "GET https://127.0.0.1/ HTTP/1.1, 400, target-form, CONNECT HOST:443",
    "GET http://127.1/ HTTP/1.1, 400, bad-host, four decimal parts",
    "GET http://0x7f.1/ HTTP/1.1, 400, bad-host, ''",
    "GET http://%31%32%37.0.0.1/ HTTP/1.1, 400, bad-host, ''",
    "GET http://a..b/ HTTP/1.1, 400, bad-host, ''",
    "GET http://u@127.0.0.1/ HTTP/1.1, 400, bad-host, ''",
    "GET http://127.0.0.1:0/ HTTP/1.1, 400, bad-host, ''",
    "GET http://10.0.0.1/ HTTP/1.1, 403, forbidden, do not allow 10.0.0.1:80",
    "GET http://[::ffff:10.0.0.1]/ HTTP/1.1, 403, forbidden, do not allow 10.0.0.1:80",
    "GET http://[::1]/ HTTP/1.1, 403, forbidden, ''",
    "GET http://10.0.0.1./ HTTP/1.1, 403, forbidden, do not allow 10.0.0.1:80",
    "CONNECT 10.0.0.1:443 HTTP/1.1, 403, forbidden, ''",
    "CONNECT 192.0.2.1:443 HTTP/1.1, 403, forbidden, ''",
    "CONNECT 127.0.0.1 HTTP/1.1, 400, target-form, HOST:PORT",
    "CONNECT 127.0.0.1: HTTP/1.1, 400, target-form, HOST:PORT",
    "CONNECT 127.1:80 HTTP/1.1, 400, bad-host, ''",
    "CONNECT http://127.0.0.1:80 HTTP/1.1, 400, bad-request, ''",
    "CONNECT /x HTTP/1.1, 400, bad-request, ''",
    "TRACE http://127.0.0.1/ HTTP/1.1, 501, method-not-served, ''",
  })
  void place_thatCannotBeServed_isRefusedWithTheReason(
      String line, int status, String word, String sentence) throws Exception {
    try (RelayFixture relay = local().start();
        RawClient client = relay.client()) {
      client.write(line + "\r\nHost: x\r\n\r\n");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 " + status + " ");
      assertThat(error(head)).isEqualTo(word);
      String body = new String(client.readBody(head), ISO_8859_1);
      assertThat(body).contains(sentence);
      assertThat(relay.awaitEnd(1).status()).isEqualTo(status);
      if (status == 403) { // nothing is wrong with the connection
        assertThat(answer(client, connect("10.0.0.2:443", ""))).startsWith("HTTP/1.1 403 ");
      }
    }
  }

  // --- CONNECT ----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void tunnel_whoseSidesEndOneAfterTheOther_passesTheRest(boolean raw, boolean clientFirst)
      throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.write("first");
          if (clientFirst) {
            assertThat(connection.readToEnd().text()).isEqualTo("early late");
            connection.write(" last");
          } else {
            connection.halfClose();
            assertThat(connection.readToEnd().text()).isEqualTo("early late");
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = OriginFaultsTest.start(raw, local())) {
      String authority = "127.0.0.1:" + origin.port();
      try (RawClient client = relay.client()) {
        client.write(connect(authority, "") + "early"); // before the far side stands
        assertThat(client.readHead()).isEqualTo("HTTP/1.1 200 Connection established\r\n\r\n");
        if (clientFirst) {
          client.write(" late");
          client.halfClose();
          assertThat(client.readToEnd().text()).isEqualTo("first last");
        } else {
          assertThat(client.readToEnd().text()).isEqualTo("first");
          client.write(" late");
          client.halfClose();
        }
        origin.awaitIdle();
      }
      relay.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isNull();
      assertThat(end.method()).isEqualTo("CONNECT");
      assertThat(end.target()).isEqualTo(authority);
      assertThat(end.status()).isEqualTo(200);
      assertThat(end.downloadedBytes()).isEqualTo(clientFirst ? 10 : 5);
      assertThat(end.uploadedBytes()).isEqualTo(10);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnel_withMuchInBothDirections_passesEveryByte(boolean raw) throws Exception {
    long length = 20_000_003;
    RawOrigin.Script script =
        connection -> {
          CompletableFuture<Void> sent = sending(connection, length);
          assertThat(connection.readSeeded(SEQUENCE, 1, length)).isEqualTo(-1);
          sent.join();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = OriginFaultsTest.start(raw, local())) {
      try (RawClient client = relay.client()) {
        client.write(connect("localhost:" + origin.port(), ""));
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        CompletableFuture<Void> sent = sending(client, length);
        assertThat(client.readSeeded(SEQUENCE, 1, length)).isEqualTo(-1);
        sent.join();
        origin.awaitIdle();
      }
      relay.awaitIdle();
      assertThat(origin.failures()).isEmpty();
    }
  }

  private static CompletableFuture<Void> sending(RawConnection to, long length) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            to.write(SEQUENCE, 1, length);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        work -> Thread.ofVirtual().start(work));
  }

  @ParameterizedTest
  @CsvSource({"true,rst", "true,fin", "false,rst", "false,fin"})
  void tunnel_whoseClientLeaves_leavesNothing(boolean raw, String how) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  try {
                    connection.write(SEQUENCE, 0, 1L << 40);
                  } catch (IOException e) {
                    // what the client's leaving comes to
                  }
                });
        RelayFixture relay = OriginFaultsTest.start(raw, local())) {
      RawClient client = relay.client();
      client.write(connect("127.0.0.1:" + origin.port(), ""));
      client.readHead();
      client.readExactly(100_000);
      if (how.equals("rst")) {
        client.reset();
      }
      client.close();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void clientThatReadsNothing_stopsTheOrigin_andGetsAllAfterwards(boolean raw, boolean tunnel)
      throws Exception {
    int size = 64 << 20;
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 23);
        RelayFixture relay = OriginFaultsTest.start(raw, local());
        RawClient client = relay.client()) {
      String authority = "127.0.0.1:" + origin.port();
      if (tunnel) {
        client.write(connect(authority, ""));
        client.readHead();
      }
      client.write(
          "GET "
              + (tunnel ? "" : "http://" + authority)
              + "/bytes/"
              + size
              + " HTTP/1.1\r\n"
              + "Host: x\r\nConnection: close\r\n\r\n");
      ClientFaultsTest.awaitStandstill(origin);
      assertThat(origin.counters().bytesWritten()).isLessThan(HELD_BYTES_MAX);
      byte[] body = client.readBody(client.readHead());
      assertThat(body).hasSize(size);
      assertThat(SEQUENCE.mismatch(body, 0, body.length, 0)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnel_toNobody_isRefusedAndTheConnectionIsKept(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(RawConnection::readToEnd);
        NameServer names = new NameServer();
        RelayFixture relay = OriginFaultsTest.start(raw, local().nameServer(names.address()));
        RawClient client = relay.client()) {
      names.code = 3;
      assertThat(error(answer(client, connect("127.0.0.1:1", "")))).isEqualTo("origin-unreachable");
      assertThat(relay.awaitEnd(1).status()).isEqualTo(502);
      assertThat(error(answer(client, connect("none.test:443", ""))))
          .isEqualTo("origin-name-unknown");
      client.write(connect("127.0.0.1:" + origin.port(), ""));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      client.close();
      origin.awaitIdle();
      relay.awaitIdle();
    }
  }

  @Test
  void upgrade_throughAbsoluteForm_isATunnel() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          + "Connection: Upgrade\r\n\r\nhello");
                  assertThat(connection.readToEnd().text()).isEqualTo("frame");
                });
        RelayFixture relay = local().start();
        RawClient client = relay.client()) {
      client.write(get(origin.port(), "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      client.write("frame");
      client.halfClose();
      assertThat(client.readToEnd().text()).isEqualTo("hello");
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      client.close();
      relay.awaitIdle();
    }
  }

  // --- Names ------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void name_thatLeadsHome_isForbiddenUnlessNamed(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        NameServer names = new NameServer("127.0.0.1")) {
      String place = "rebound.test:" + origin.port();
      String request = "GET http://" + place + "/ HTTP/1.1\r\nHost: x\r\n\r\n";
      for (String[] allow : new String[][] {{}, {"*:*"}, {"*.test:*"}, {"0.0.0.0/0:*"}}) {
        try (RelayFixture relay =
                OriginFaultsTest.start(raw, forward(allow).nameServer(names.address()));
            RawClient client = relay.client()) {
          assertThat(error(answer(client, request))).isEqualTo("forbidden");
          assertThat(error(answer(client, connect(place, "")))).isEqualTo("forbidden");
          relay.awaitFailure(Reason.FORBIDDEN, 2);
        }
      }
      assertThat(origin.accepted()).isZero();
      try (RelayFixture relay =
              OriginFaultsTest.start(raw, forward("rebound.test:*").nameServer(names.address()));
          RawClient client = relay.client()) {
        assertThat(answer(client, request)).startsWith("HTTP/1.1 200 ");
      }
    }
  }

  @Test
  void name_thatLeadsElsewhereLater_isJudgedAnew() throws Exception {
    try (RawOrigin origin = RawOrigin.start(RawConnection::readToEnd);
        NameServer names = new NameServer("127.0.0.1");
        RelayFixture relay =
            forward("127.0.0.1:*").nameServer(names.address()).threads(1).start()) {
      String request = connect("rebound.test:" + origin.port(), "");
      try (RawClient client = relay.client()) {
        client.write(request);
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      names.addresses = List.of("127.0.0.9");
      RelayFixture.await(
          () -> {
            try (RawClient client = relay.client()) {
              client.write(request);
              return client.readHead().startsWith("HTTP/1.1 403 ");
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          },
          "the new address is judged");
      names.addresses = List.of("127.0.0.9", "127.0.0.1");
      RelayFixture.await(
          () -> {
            try (RawClient client = relay.client()) {
              client.write(request);
              return client.readHead().startsWith("HTTP/1.1 200 ");
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          },
          "of two addresses, the one that is allowed is connected to");
      relay.awaitIdle();
    }
  }

  @Test
  void names_moreThanAreKept_areAllServed() throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        NameServer names = new NameServer("127.0.0.1");
        RelayFixture relay = forward("127.0.0.1:*").nameServer(names.address()).threads(1).start();
        RawClient client = relay.client()) {
      for (int i = 0; i < 300; i++) {
        String request =
            "GET http://n" + i + ".test:" + origin.port() + "/ HTTP/1.1\r\nHost: x\r\n\r\n";
        assertThat(answer(client, request)).startsWith("HTTP/1.1 200 ");
        RelayFixture.await(() -> origin.openNow() <= 64 + 2, "the one that rests longest closed");
      }
      assertThat(answer(client, get(origin.port(), ""))).startsWith("HTTP/1.1 200 ");
    }
  }

  // --- Users ------------------------------------------------------------------------------------

  private Users users(int connectionsMax) throws IOException {
    Path file = java.util.Objects.requireNonNull(folder).resolve("users");
    Files.writeString(file, "ann:" + BCrypt.hashpw("secret", BCrypt.gensalt("$2y", 5)) + "\n");
    return Users.of(file, connectionsMax);
  }

  private static String basic(String pair) {
    String text = Base64.getEncoder().encodeToString(pair.getBytes(ISO_8859_1));
    return "Proxy-Authorization: Basic " + text + "\r\n";
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void user_whoIsNotKnown_isAskedForName_andThenServed(boolean raw) throws Exception {
    Rules rules = Rules.of(List.of("127.0.0.1:*"), List.of());
    try (RawOrigin origin = RawOrigin.start(answering());
        Users users = users(9);
        RelayFixture relay = OriginFaultsTest.start(raw, forward(rules, users));
        RawClient client = relay.client()) {
      int port = origin.port();
      for (String more :
          List.of(
              "", "Proxy-Authorization: Bearer x\r\n", basic("ann:wrong"), basic("bob:secret"))) {
        for (String request :
            List.of(
                get(port, more), connect("127.0.0.1:" + port, more), connect("10.0.0.1:1", more))) {
          String head = answer(client, request);
          assertThat(head).startsWith("HTTP/1.1 407 ");
          assertThat(RawConnection.header(head, "Proxy-Authenticate"))
              .isEqualTo("Basic realm=\"weir\", charset=\"UTF-8\"");
        }
      }
      relay.awaitFailure(Reason.PROXY_AUTHENTICATION, 12);
      assertThat(origin.accepted()).isZero();
      for (int i = 0; i < 3; i++) {
        assertThat(answer(client, get(port, basic("ann:secret")))).startsWith("HTTP/1.1 200 ");
      }
      assertThat(answer(client, connect("10.0.0.1:1", basic("ann:secret"))))
          .startsWith("HTTP/1.1 403 ");
      assertThat(origin.heads()).allMatch(head -> !head.contains("Proxy-"));
      client.write(connect("127.0.0.1:" + port, basic("ann:secret")));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      client.close();
      relay.awaitIdle();
      assertThat(relay.ends().stream().map(ExchangeEnd::user)).contains("ann", (String) null);
      assertThat(relay.ends().getLast().user()).isEqualTo("ann");
    }
  }

  @Test
  void user_withAsMuchUnderWayAsMayBe_isRefusedMore() throws Exception {
    Rules rules = Rules.of(List.of("127.0.0.1:*"), List.of());
    try (RawOrigin origin = RawOrigin.start(RawConnection::readToEnd);
        Users users = users(2);
        RelayFixture relay = forward(rules, users).start();
        RawClient one = relay.client();
        RawClient two = relay.client();
        RawClient three = relay.client()) {
      String request = connect("127.0.0.1:" + origin.port(), basic("ann:secret"));
      for (RawClient client : List.of(one, two)) {
        client.write(request);
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      String head = answer(three, request);
      assertThat(head).startsWith("HTTP/1.1 429 ");
      assertThat(RawConnection.header(head, "Retry-After")).isEqualTo("1");
      one.close();
      relay.awaitEnd(2);
      for (int i = 0; i < 3; i++) { // a refusal by the far side counts once, too
        answer(three, connect("127.0.0.1:1", basic("ann:secret")));
      }
      three.write(request);
      assertThat(three.readHead()).startsWith("HTTP/1.1 200 ");
      two.close();
      three.close();
      relay.awaitIdle();
    }
  }

  @Test
  void client_thatLeavesWhileItsPasswordIsChecked_leavesNothing() throws Exception {
    try (Users users = users(2);
        RelayFixture relay = forward(Rules.PUBLIC, users).start()) {
      for (int i = 0; i < 50; i++) {
        RawClient client = relay.client();
        client.write(get(80, basic("ann:wrong" + i)));
        if (i % 2 == 0) {
          client.reset();
        }
        client.close();
      }
      RelayFixture.await(() -> relay.totals().connections() == 50, "accepted");
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "closed");
    }
  }
}
