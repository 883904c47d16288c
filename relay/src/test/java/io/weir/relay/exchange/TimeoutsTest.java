package io.weir.relay.exchange;

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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every wait ends, and none ends while it is the relay itself that does not read. */
final class TimeoutsTest {
  private static final SeededBytes BYTES = new SeededBytes(17);
  private static final int SHORT = 300;
  private static final int LONG = 60_000;
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  /** All long but those named: head, keep-alive, first byte, idle, send, tunnel. */
  private static Timeouts only(String name) {
    return new Timeouts(
        name.equals("head") ? SHORT : LONG,
        name.equals("keep") ? SHORT : LONG,
        name.contains("first") ? SHORT : LONG,
        name.contains("idle") ? SHORT : LONG,
        name.equals("send") ? SHORT : LONG,
        name.equals("tunnel") ? SHORT : LONG);
  }

  private static RelayFixture start(boolean raw, int port, String timeout) throws IOException {
    return OriginFaultsTest.start(raw, RelayFixture.to(port).timeouts(only(timeout)));
  }

  private static RawOrigin.Script silent() {
    return connection -> {
      connection.readHead();
      connection.awaitEof();
    };
  }

  private static RawClient slow(RelayFixture relay, int receiveBytes) throws IOException {
    return RawClient.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port()),
        receiveBytes,
        RawClient.TIME_LIMIT_MILLIS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void originSaysNothing_clientGets504(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(silent());
        RelayFixture relay = start(raw, origin.port(), "first");
        RawClient client = relay.client()) {
      client.write(GET);
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 504 ")
          .contains("Weir-Error: origin-timeout");
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void originStopsInMidBody_clientSeesABrokenTransfer(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                  connection.awaitEof();
                });
        RelayFixture relay = start(raw, origin.port(), "idle");
        RawClient client = relay.client()) {
      client.write(GET);
      assertThat(client.readToEnd().reset()).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_STALLED);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requestBodyNeverComes_clientGets408(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(silent());
        RelayFixture relay = start(raw, origin.port(), "idle");
        RawClient client = relay.client()) {
      client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 408 ")
          .contains("Weir-Error: request-timeout");
      assertThat(client.readToEnd().bytes()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void headByteByByte_isCutAtTheHeaderTimeout(boolean raw) throws Exception {
    try (RawOrigin origin = RawOrigin.start(silent());
        RelayFixture relay = start(raw, origin.port(), "head");
        RawClient client = relay.client()) {
      CountDownLatch answered = new CountDownLatch(1);
      Thread drip =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.write("GET / HTTP/1.1\r\nHost: a\r\nX: ");
                      while (!answered.await(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                        client.write("x");
                      }
                    } catch (IOException | InterruptedException e) {
                      // cut
                    }
                  });
      assertThat(client.readHead()).startsWith("HTTP/1.1 408 ");
      answered.countDown();
      drip.join();
      assertThat(origin.accepted()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void idleClient_isClosedAtTheKeepAliveTimeout(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 204 No Content\r\n\r\n");
                  connection.awaitEof();
                });
        RelayFixture relay = start(raw, origin.port(), "keep");
        RawClient client = relay.client()) {
      client.write(GET);
      assertThat(client.readHead()).startsWith("HTTP/1.1 204 ");
      assertThat(client.awaitEof()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void connectionsThatSendNothing_areClosedAndHoldNothing(boolean raw) throws Exception {
    int count = Boolean.getBoolean("weir.long") ? 10_000 : 1_000;
    try (RawOrigin origin = RawOrigin.start(silent());
        RelayFixture relay = start(raw, origin.port(), "head")) {
      List<RawClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < count; i++) {
          clients.add(relay.client());
        }
        for (RawClient client : clients) {
          assertThat(client.awaitEof()).isTrue();
        }
        assertThat(relay.totals().connections()).isEqualTo(count);
      } finally {
        for (RawClient client : clients) {
          client.close();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,bytes", "true,chunked", "true,close", "false,bytes"})
  void clientThatStopsReading_isCutAtTheSendTimeout(boolean raw, String kind) throws Exception {
    try (Origin origin = Origin.start(loopback(), 17);
        RelayFixture relay = start(raw, origin.port(), "send");
        RawClient client = slow(relay, 8192)) {
      client.write("GET /" + kind + "/1g HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.SEND_TIMEOUT);
      assertThat(origin.await(counters -> counters.open() == 0, RelayFixture.PATIENCE_MILLIS))
          .isTrue();
      assertThat(client.readToEnd().reset()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void originThatStopsReading_isGivenUpAtTheSendTimeout(boolean raw) throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  over.await();
                },
                8192);
        RelayFixture relay = start(raw, origin.port(), "send");
        RawClient client = relay.client()) {
      client.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.write(BYTES, 0, 100_000_000);
                    } catch (IOException e) {
                      // the relay gives up
                    }
                  });
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_TIMEOUT);
      over.countDown();
      client.close();
      writer.join();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stalledClient_withinTheSendTimeout_isNotCutByTheOthers(boolean raw) throws Exception {
    long size = 64L << 20;
    // Once the client reads again, a sender on loopback may wait for its timer, 200 ms and more.
    int idle = 5 * SHORT;
    Timeouts timeouts = new Timeouts(LONG, LONG, idle, idle, LONG, LONG);
    try (Origin origin = Origin.start(loopback(), 17);
        RelayFixture relay =
            OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).timeouts(timeouts));
        RawClient client = slow(relay, 8192)) {
      client.write("GET /bytes/" + size + " HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      ClientFaultsTest.awaitStandstill(origin);
      awaitSweeps(relay, 2 * idle);
      assertThat(relay.totals().openExchanges()).isEqualTo(1);
      assertThat(client.readSeeded(BYTES, 0, size)).isEqualTo(-1);
      assertThat(relay.awaitEnd(1).reason()).isNull();
    }
  }

  /** Waits until other connections of the same relay show that the sweep has run for so long. */
  private static void awaitSweeps(RelayFixture relay, int millis) {
    long until = System.nanoTime() + millis * 1_000_000L;
    RelayFixture.await(
        () -> System.nanoTime() - until > 0 && relay.totals().openExchanges() >= 0, "time passes");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true})
  void slowReader_whoReadsALittleAllTheTime_isNotCut(boolean raw) throws Exception {
    long size = 6L << 20;
    Timeouts timeouts = new Timeouts(LONG, LONG, LONG, LONG, 2_000, LONG);
    try (Origin origin = Origin.start(loopback(), 17);
        RelayFixture relay =
            OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).timeouts(timeouts));
        RawClient client = slow(relay, 32 * 1024)) {
      client.write("GET /bytes/" + size + " HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      ClientFaultsTest.awaitStandstill(origin);
      // 8 KiB each 80 ms: the relay's socket takes nothing new for longer than the timeout.
      long slow = 256 * 1024;
      for (long done = 0; done < slow; done += 8 * 1024) {
        long until = System.nanoTime() + 80_000_000;
        RelayFixture.await(() -> System.nanoTime() - until > 0, "a pause");
        assertThat(client.readSeeded(BYTES, done, 8 * 1024)).isEqualTo(-1);
      }
      assertThat(client.readSeeded(BYTES, slow, size - slow)).isEqualTo(-1);
      assertThat(relay.awaitEnd(1).reason()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnelInWhichNothingMoves_isCut(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                          + "Connection: upgrade\r\n\r\n");
                  connection.awaitEof();
                });
        RelayFixture relay = start(raw, origin.port(), "tunnel");
        RawClient client = relay.client()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      assertThat(client.awaitEof()).isFalse();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.TUNNEL_IDLE);
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnelWhoseClientResets_isResetTowardsTheOrigin(boolean raw) throws Exception {
    List<RawConnection.Ending> endings = java.util.Collections.synchronizedList(new ArrayList<>());
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                          + "Connection: upgrade\r\n\r\n");
                  endings.add(connection.readToEnd());
                });
        RelayFixture relay = start(raw, origin.port(), "none");
        RawClient client = relay.client()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
      client.readHead();
      client.write("half a frame");
      client.reset();
      origin.awaitIdle();
      assertThat(endings).hasSize(1).allMatch(RawConnection.Ending::reset);
    }
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }
}
