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
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that leave, half-close, or stop. */
final class ClientFaultsTest {
  private static final SeededBytes BYTES = new SeededBytes(11);
  private static final long HUGE_BYTES = 1L << 40;
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  private static Origin seeded() throws IOException {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 11);
  }

  @ParameterizedTest
  @CsvSource({
    "true,bytes,rst",
    "true,bytes,fin",
    "true,chunked,rst",
    "true,close,rst",
    "false,bytes,rst",
    "false,bytes,fin",
    "false,close,rst",
    "true,stalled,rst",
    "true,stalled,fin",
    "false,stalled,rst",
    "false,stalled,fin",
  })
  void client_leavesMidDownload_originStops(boolean raw, String kind, String how) throws Exception {
    boolean stalled = kind.equals("stalled");
    try (Origin origin = seeded();
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()))) {
      RawClient client = relay.client();
      String path = "/" + (stalled ? "bytes" : kind) + "/" + HUGE_BYTES;
      client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      client.readExactly(100_000);
      if (stalled) {
        awaitStandstill(origin);
      }
      if (how.equals("rst")) {
        client.reset();
      }
      client.close();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
      assertThat(origin.await(counters -> counters.open() == 0, RelayFixture.PATIENCE_MILLIS))
          .isTrue();
      assertThat(origin.counters().bytesWritten()).isLessThan(1L << 30);
    }
  }

  /**
   * Waits until the origin cannot write: the client reads nothing, and all that is between is full.
   */
  static void awaitStandstill(Origin origin) {
    long[] seen = {-1, 0};
    RelayFixture.await(
        () -> {
          long now = origin.counters().bytesWritten();
          seen[1] = now == seen[0] ? seen[1] + 1 : 0;
          seen[0] = now;
          return now > 0 && seen[1] >= 100;
        },
        "the origin stands still");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void client_halfCloses_getsItsWholeResponse(boolean raw) throws Exception {
    CountDownLatch halfClosed = new CountDownLatch(1);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  halfClosed.await();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n");
                  connection.write(BYTES, 0, 3_000_000);
                  connection.awaitEof();
                });
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(GET);
      client.halfClose();
      halfClosed.countDown();
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readSeeded(BYTES, 0, 3_000_000)).isEqualTo(-1);
      assertThat(client.awaitEof()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,''",
    "true,GET / HT",
    "true,'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc'",
    "true,'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'",
    "true,'GET / HTTP/1.1\r\nHost: a\r\n\r\n'",
    "false,GET / HT",
    "false,'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc'",
    "false,'GET / HTTP/1.1\r\nHost: a\r\n\r\n'",
  })
  void client_resetsInAnyState_leavesNothing(boolean raw, String said) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.awaitEof();
                });
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()))) {
      RawClient client = relay.client();
      client.write(said);
      if (said.contains("\r\n\r\n")) {
        origin.awaitHeads(1);
      }
      RelayFixture.await(() -> relay.totals().connections() == 1, "accepted");
      client.reset();
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "closed");
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void client_endsMidUpload_originNeverSeesAWholeBody(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  RawConnection.Ending ending = connection.readToEnd();
                  assertThat(ending.text()).doesNotEndWith("0\r\n\r\n");
                });
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
      client.halfClose();
      assertThat(client.readHead()).startsWith("HTTP/1.1 400 ");
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
    }
  }
}
