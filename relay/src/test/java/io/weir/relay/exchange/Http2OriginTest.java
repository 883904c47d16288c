package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An origin that speaks HTTP/2, behind clients that speak HTTP/1.1. */
final class Http2OriginTest {
  private static final int LARGE_BYTES = 5_000_003;

  private static RelayFixture.Builder to(Http2Origin origin) {
    return RelayFixture.to(origin.port()).http2();
  }

  private static String get(RawClient client, String target) throws IOException {
    client.write("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return client.readHead();
  }

  private static void assertSeeded(byte[] body, int size) {
    assertThat(body).hasSize(size);
    assertThat(Http2Origin.BYTES.mismatch(body, 0, size, 0)).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({
    "true,bytes,0",
    "true,bytes,1",
    "true,bytes,65521",
    "true,bytes,5000003",
    "true,open,0",
    "true,open,1",
    "true,open,16385",
    "true,open,5000003",
    "true,trailers,0",
    "true,trailers,5000003",
    "false,bytes,5000003",
    "false,open,5000003",
  })
  void download_ofAnySize_arrivesByteForByte(boolean raw, String kind, int size) throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).raw(raw).start();
        RawClient client = relay.client()) {
      for (int i = 0; i < 2; i++) {
        String head = get(client, "/" + kind + "/" + size);
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertSeeded(client.readBody(head), size);
      }
      client.close();
      relay.awaitIdle();
      assertThat(origin.connections()).isEqualTo(1);
    }
  }

  @Test
  void trailers_afterABody_reachTheClient() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      client.write("GET /trailers/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assertThat(client.readHead()).contains("Transfer-Encoding: chunked");
      assertThat(client.readToEnd().text()).endsWith("0\r\nx-sum: 7\r\ngrpc-status: 0\r\n\r\n");
    }
  }

  @Test
  void response_thatEndsWithItsFields_hasNoContent() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      String head = get(client, "/only");
      assertThat(head).contains("grpc-status: 12", "Content-Length: 0");
      assertThat(get(client, "/early")).startsWith("HTTP/1.1 103 ").contains("link: </x>");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void request_hasItsFieldsAndTe() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      client.write(
          "GET /only?a=b HTTP/1.1\r\nHost: a\r\nX-Mixed: Case\r\nTE: trailers\r\n"
              + "Connection: TE\r\n\r\n");
      client.readHead();
      assertThat(origin.requests().getFirst())
          .startsWith(":method=GET\n:scheme=http\n:authority=127.0.0.1:" + origin.port() + "\n")
          .contains(":path=/only?a=b\n", "x-mixed=Case\n", "te=trailers\n", "via=1.1 weir\n")
          .doesNotContain("connection");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_521, LARGE_BYTES})
  void upload_withLengthAndChunked_arrivesByteForByte(int size) throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
      client.write(Http2Origin.BYTES, 0, size);
      if (size > 0) {
        assertThat(client.readBody(client.readHead())).asString().isEqualTo(size + " -1");
      } else {
        assertThat(client.readHead()).startsWith("HTTP/1.1 404 ");
      }
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int at = 0; at < size; at += 40_000) {
        int piece = Math.min(40_000, size - at);
        client.write(Integer.toHexString(piece) + ";x=y\r\n");
        client.write(Http2Origin.BYTES, at, piece);
        client.write("\r\n");
      }
      client.write("0\r\nX-Sum: 9\r\n\r\n");
      assertThat(client.readBody(client.readHead())).asString().isEqualTo(size + " -1");
      assertThat(origin.trailers()).containsExactly("x-sum=9\n");
    }
  }

  @Test
  void clientThatReadsNothing_stopsItsOwnStreamAlone() throws Exception {
    int size = 64 << 20;
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).start();
        RawClient stalled = relay.client();
        RawClient other = relay.client()) {
      stalled.write("GET /open/" + size + " HTTP/1.1\r\nHost: a\r\n\r\n");
      awaitStandstill(origin);
      assertThat(origin.written()).isLessThan(size / 2);
      for (int i = 0; i < 3; i++) {
        String head = get(other, "/bytes/" + LARGE_BYTES);
        assertSeeded(other.readBody(head), LARGE_BYTES);
      }
      assertThat(origin.connections()).isEqualTo(1);
      assertSeeded(stalled.readBody(stalled.readHead()), size);
    }
  }

  static void awaitStandstill(Http2Origin origin) {
    long[] seen = {-1, 0};
    RelayFixture.await(
        () -> {
          long now = origin.written() + origin.received();
          seen[1] = now == seen[0] && now > 0 ? seen[1] + 1 : 0;
          seen[0] = now;
          return seen[1] >= 100;
        },
        "a standstill");
  }

  @Test
  void originThatReadsNothing_stopsTheClient_andGetsAllAfterwards() throws Exception {
    int size = 64 << 20;
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      origin.readUploads = false;
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
      java.util.concurrent.atomic.AtomicLong written = new java.util.concurrent.atomic.AtomicLong();
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int at = 0; at < size; at += 65_536) {
                        client.write(Http2Origin.BYTES, at, 65_536);
                        written.addAndGet(65_536);
                      }
                    } catch (IOException e) {
                      written.set(Long.MAX_VALUE);
                    }
                  });
      long[] seen = {-1, 0};
      RelayFixture.await(
          () -> {
            seen[1] = written.get() == seen[0] && seen[0] > 0 ? seen[1] + 1 : 0;
            seen[0] = written.get();
            return seen[1] >= 100;
          },
          "a standstill");
      assertThat(written.get()).isLessThan(size / 2);
      origin.readUploads();
      assertThat(client.readBody(client.readHead())).asString().isEqualTo(size + " -1");
      writer.join();
    }
  }

  @Test
  void manyAtOnce_shareOneConnection() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).start()) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        RawClient client = relay.client();
        client.write("GET /open/" + (300_000 + i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        clients.add(client);
      }
      // Side by side: on loopback the kernel sends to one that stood still by a timer that doubles.
      try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<byte[]>> bodies = new ArrayList<>();
        clients.forEach(
            client -> bodies.add(readers.submit(() -> client.readBody(client.readHead()))));
        for (int i = 0; i < clients.size(); i++) {
          assertSeeded(bodies.get(i).get(), 300_000 + i);
          clients.get(i).close();
        }
      }
      assertThat(origin.connections()).isEqualTo(1);
    }
  }

  @Test
  void limitOfStreams_isKept_byMoreConnections() throws Exception {
    Http2Settings few = new Http2Settings().maxConcurrentStreams(2);
    try (Http2Origin origin = Http2Origin.start(few);
        RelayFixture relay = to(origin).threads(1).start()) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        RawClient client = relay.client();
        client.write("GET /open/" + LARGE_BYTES + " HTTP/1.1\r\nHost: a\r\n\r\n");
        clients.add(client);
      }
      for (RawClient client : clients) {
        assertSeeded(client.readBody(client.readHead()), LARGE_BYTES);
        client.close();
      }
      assertThat(origin.connections()).isBetween(2, 5);
      assertThat(origin.resets()).isEmpty();
    }
  }

  @Test
  void limitOfConnections_hasRequestsWaitInTurn_orRefused() throws Exception {
    Http2Settings one = new Http2Settings().maxConcurrentStreams(1);
    try (Http2Origin origin = Http2Origin.start(one);
        RelayFixture relay =
            to(origin).threads(1).connectionsMax(1).connectTimeoutMillis(1_100).start();
        RawClient first = relay.client();
        RawClient second = relay.client()) {
      get(first, "/open/0");
      first.readLine();
      first.readLine();
      first.write("GET /open/" + (64 << 20) + " HTTP/1.1\r\nHost: a\r\n\r\n");
      awaitStandstill(origin);
      assertThat(get(second, "/only")).contains("Weir-Error: overloaded");
      second.readBody("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
      assertThat(origin.connections()).isEqualTo(1);
      first.reset();
      relay.awaitFailure(Reason.CLIENT_GONE, 1);
      try (RawClient third = relay.client()) {
        assertThat(get(third, "/only")).startsWith("HTTP/1.1 200 ");
      }
    }
  }

  @Test
  void connectionsThatGoAway_holdUpNobody_andAreNotMoreThanThereMayBe() throws Exception {
    int size = 64 << 20;
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay =
            to(origin).threads(1).connectionsMax(1).connectTimeoutMillis(1_100).start();
        RawClient first = relay.client();
        RawClient second = relay.client();
        RawClient third = relay.client()) {
      get(first, "/last/" + size);
      assertThat(get(second, "/only")).startsWith("HTTP/1.1 200 ");
      long leasedWithTwo = relay.server().leased().leasedBytes();
      assertThat(origin.connections()).isEqualTo(2);
      get(second, "/last/" + size);
      assertThat(get(third, "/only")).contains("Weir-Error: overloaded");
      third.readBody("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n");
      assertThat(origin.openConnections()).isEqualTo(2);
      first.reset();
      relay.awaitFailure(Reason.CLIENT_GONE, 1);
      RelayFixture.await(() -> origin.openConnections() == 1, "the first connection closed");
      RelayFixture.await(
          () -> relay.server().leased().leasedBytes() < leasedWithTwo, "its lease given back");
      try (RawClient fourth = relay.client()) {
        assertThat(get(fourth, "/only")).startsWith("HTTP/1.1 200 ");
      }
      assertThat(origin.connections()).isEqualTo(3);
      second.reset();
      relay.awaitFailure(Reason.CLIENT_GONE, 2);
    }
  }

  @Test
  void connectionThatGoesAway_withoutAStream_isClosed() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).start();
        RawClient client = relay.client()) {
      client.write("GET /open/10 HTTP/1.1\r\nHost: a\r\n\r\n");
      assertSeeded(client.readBody(client.readHead()), 10);
      relay.awaitIdle();
      origin.goAwayEverywhere();
      RelayFixture.await(() -> origin.openConnections() == 0, "it is closed");
    }
  }

  @Test
  void requestThatWaits_isServedByTheNextConnection_onceOneHasGoneAway() throws Exception {
    try (Http2Origin origin = Http2Origin.start(new Http2Settings().maxConcurrentStreams(1));
        RelayFixture relay = to(origin).threads(1).connectionsMax(1).start();
        RawClient first = relay.client();
        RawClient second = relay.client()) {
      first.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
      RelayFixture.await(() -> origin.requests().size() == 1, "the upload");
      second.write("GET /only HTTP/1.1\r\nHost: a\r\n\r\n");
      RelayFixture.await(() -> relay.totals().openExchanges() == 2, "both exchanges");
      origin.goAwayEverywhere();
      assertThat(second.readHead()).startsWith("HTTP/1.1 200 ");
      first.write(Http2Origin.BYTES, 0, 2);
      assertThat(first.readBody(first.readHead())).asString().isEqualTo("2 -1");
      assertThat(origin.connections()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/refuse", "/goaway"})
  void requestThatWasNotProcessed_isSentAgain(String target) throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).start();
        RawClient client = relay.client()) {
      client.write("DELETE " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(origin.requests()).hasSize(2);
      assertThat(get(client, "/only")).startsWith("HTTP/1.1 200 ");
      assertThat(origin.connections()).isEqualTo(target.equals("/goaway") ? 2 : 1);
    }
  }

  @Test
  void resetInMidBody_isABrokenTransfer() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      get(client, "/reset/" + LARGE_BYTES);
      assertThat(client.readToEnd().text()).doesNotEndWith("0\r\n\r\n");
      relay.awaitFailure(Reason.ORIGIN_BROKEN, 1);
    }
  }

  @Test
  void malformedResponse_isRefused() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      assertThat(get(client, "/bad")).startsWith("HTTP/1.1 502 ");
      relay.awaitFailure(Reason.ORIGIN_BAD_RESPONSE, 1);
    }
  }

  @Test
  void answerBeforeTheUploadHasEnded_reachesTheClient() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      client.write("PUT /early-put HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
      assertThat(client.readHead()).startsWith("HTTP/1.1 413 ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/silent", "/open/100000000", "PUT"})
  void clientThatLeaves_cancelsItsStreamAlone(String target) throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).start();
        RawClient other = relay.client()) {
      get(other, "/only");
      try (RawClient client = relay.client()) {
        client.write(
            target.equals("PUT")
                ? "PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"
                : "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
        RelayFixture.await(() -> origin.requests().size() == 2, "the request");
        client.reset();
      }
      relay.awaitFailure(Reason.CLIENT_GONE, 1);
      RelayFixture.await(() -> origin.streams() == 0, "no stream left");
      RelayFixture.await(() -> !origin.resets().isEmpty(), "the reset");
      assertThat(origin.resets()).containsExactly(Http2Error.CANCEL.code());
      assertThat(get(other, "/only")).startsWith("HTTP/1.1 200 ");
      assertThat(origin.connections()).isEqualTo(1);
    }
  }

  @Test
  void origin_ofHttp1_is502WithTheReason() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(connection -> connection.write("HTTP/1.1 400 Bad\r\n\r\n"));
        RelayFixture relay = RelayFixture.to(origin.port()).http2().start();
        RawClient client = relay.client()) {
      assertThat(get(client, "/")).contains("Weir-Error: origin-no-http2");
    }
  }

  @Test
  void origin_thatSaysNothing_is502InTime() throws Exception {
    try (RawOrigin origin = RawOrigin.start(connection -> connection.awaitEof());
        RelayFixture relay =
            RelayFixture.to(origin.port()).http2().connectTimeoutMillis(500).start();
        RawClient client = relay.client()) {
      assertThat(get(client, "/")).containsAnyOf("origin-no-http2", "overloaded");
    }
  }

  @Test
  void webSocket_whereTheOriginTakesIt_passesBothWays() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      client.write(
          "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 101 ")
          .contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      client.write(Http2Origin.BYTES, 0, 1_000_000);
      assertThat(client.readSeeded(Http2Origin.BYTES, 0, 1_000_000)).isEqualTo(-1);
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      relay.awaitIdle();
    }
  }

  @Test
  void webSocket_whereItDoesNot_is502WithTheReason() throws Exception {
    try (Http2Origin origin = Http2Origin.start(new Http2Settings());
        RelayFixture relay = to(origin).start();
        RawClient client = relay.client()) {
      client.write(
          "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      assertThat(client.readHead()).contains("Weir-Error: origin-no-websocket");
      assertThat(origin.requests()).isEmpty();
    }
  }

  @Test
  void connectionWithoutStreams_isClosedAfterItsTime() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).originIdleMillis(300).start();
        RawClient client = relay.client()) {
      get(client, "/only");
      RelayFixture.await(() -> origin.openConnections() == 0, "the connection closed");
      assertThat(get(client, "/only")).startsWith("HTTP/1.1 200 ");
      assertThat(origin.connections()).isEqualTo(2);
    }
  }

  @Test
  void originThatGoes_endsAllItsStreams_andTheNextOneIsServed() throws Exception {
    try (Http2Origin origin = Http2Origin.start();
        RelayFixture relay = to(origin).threads(1).start();
        RawClient begun = relay.client();
        RawClient waiting = relay.client()) {
      get(begun, "/open/100000000");
      waiting.write("POST /silent HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
      RelayFixture.await(() -> origin.requests().size() == 2, "both requests");
      origin.closeConnections();
      assertThat(waiting.readHead()).contains("Weir-Error: origin-closed");
      begun.readToEnd();
      relay.awaitFailure(Reason.ORIGIN_BROKEN, 1);
      try (RawClient next = relay.client()) {
        assertThat(get(next, "/only")).startsWith("HTTP/1.1 200 ");
      }
    }
  }
}
