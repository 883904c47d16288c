package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.forward.Rules;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.LoopGroup;
import io.weir.relay.tls.ServerTls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A side that breaks while the other one reads nothing: what it had said waits in the kernel, is
 * delivered, and then the other side sees a break.
 */
final class LastBytesTest {
  private static final SeededBytes BYTES = new SeededBytes(71);

  /** More than the peer's receive buffer takes, less than that and the relay's send buffer. */
  private static final int PART_BYTES = 40_009;

  private static final int SHORT = 500;
  private static final int LONG = 60_000;
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n";

  /** The peer that is to break may do so. */
  private final CountDownLatch taken = new CountDownLatch(1);

  /** The other side may read. */
  private final CountDownLatch broken = new CountDownLatch(1);

  /** Without epoll, what the kernel holds cannot be told. */
  @BeforeEach
  void raw() {
    assumeTrue(LoopGroup.rawAvailable());
  }

  private static RelayFixture start(String way, RawOrigin origin, int sendMillis)
      throws IOException {
    RelayFixture.Builder builder =
        switch (way) {
          case "tcp" -> RelayFixture.to(origin.port()).tcp();
          case "connect" -> forward();
          default -> RelayFixture.to(origin.port());
        };
    return builder.timeouts(new Timeouts(LONG, LONG, LONG, LONG, sendMillis, LONG)).start();
  }

  private static RelayFixture.Builder forward() {
    Rules local = Rules.of(List.of("127.0.0.0/8:*"), List.of());
    return RelayFixture.serving(
        origin ->
            EntrySettings.forward(new ForwardSettings(local, null, origin, false, true, -1, true)));
  }

  private static String request(String way, RawOrigin origin) {
    return switch (way) {
      case "tcp" -> "";
      case "connect" -> "CONNECT 127.0.0.1:" + origin.port() + " HTTP/1.1\r\nHost: a\r\n\r\n";
      case "upgrade" -> "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n";
      default -> "GET / HTTP/1.0\r\n\r\n";
    };
  }

  private static void answer(String way, RawConnection connection) throws IOException {
    switch (way) {
      case "tcp", "connect" -> {}
      case "upgrade" -> {
        connection.readHead();
        connection.write(SWITCH);
      }
      case "length" -> {
        connection.readHead();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + (PART_BYTES + 1) + "\r\n\r\n");
      }
      default -> {
        connection.readHead();
        connection.write("HTTP/1.1 200 OK\r\n\r\n");
      }
    }
  }

  private RawOrigin originThatBreaks(String way) throws IOException {
    return RawOrigin.start(
        connection -> {
          answer(way, connection);
          connection.write(BYTES, 0, PART_BYTES);
          taken.await();
          connection.reset();
        });
  }

  /** Has the origin break once the relay has taken all that it said; the client reads nothing. */
  private void breakOrigin(RelayFixture relay) {
    RelayFixture.await(() -> relay.totals().downloadedBytes() == PART_BYTES, "all was taken");
    taken.countDown();
    assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_BROKEN);
  }

  /** Has the client break once the relay has taken all that it said; the origin reads nothing. */
  private static void breakClient(
      String way, RawOrigin origin, RelayFixture relay, RawClient client) throws IOException {
    client.write(request(way, origin));
    if (!way.equals("tcp")) {
      client.readHead();
    }
    client.write(BYTES, 0, PART_BYTES);
    RelayFixture.await(() -> relay.totals().uploadedBytes() == PART_BYTES, "all was taken");
    client.reset();
    assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "connect", "upgrade", "length", "close"})
  void whatTheOriginHadSaid_reachesTheClientBeforeTheBreak(String way) throws Exception {
    try (RawOrigin origin = originThatBreaks(way);
        RelayFixture relay = start(way, origin, LONG)) {
      try (RawClient client = relay.narrowClient()) {
        client.write(request(way, origin));
        breakOrigin(relay);
        assertThat(relay.totals().openConnections()).isEqualTo(1);
        assertThat(relay.server().leased().leasedBytes()).isPositive();
        if (!way.equals("tcp")) {
          client.readHead();
        }
        assertThat(client.readSeeded(BYTES, 0, PART_BYTES)).isEqualTo(-1);
        assertThat(client.awaitEof()).as("ended in order").isFalse();
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the client's place");
      assertThat(origin.failures()).isEmpty();
    }
  }

  /** Records are delivered like bytes, and no close_notify makes them an end in order. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatTheOriginHadSaid_reachesAClientOfTls(boolean jdk, @TempDir Path directory)
      throws Exception {
    TlsPeer.Identity identity = TlsPeer.Identity.make(directory, "ip:127.0.0.1");
    int receive = RelayFixture.NARROW_RECEIVE_BYTES;
    try (RawOrigin origin = originThatBreaks("close");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).serverTls(tls).start();
        RawClient client =
            RawClient.over(TlsClients.shake(relay.port(), "TLSv1.3", null, receive, null))) {
      client.write(request("close", origin));
      breakOrigin(relay);
      client.readHead();
      assertThat(client.readSeeded(BYTES, 0, PART_BYTES)).isEqualTo(-1);
      assertThatThrownBy(() -> client.readExactly(1)).hasMessageContaining("reset");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "connect", "upgrade"})
  void whatTheClientHadSaid_reachesTheOriginBeforeTheBreak(String way) throws Exception {
    RawOrigin.Script script =
        connection -> {
          answer(way, connection);
          broken.await();
          assertThat(connection.readSeeded(BYTES, 0, PART_BYTES)).isEqualTo(-1);
          assertThat(connection.awaitEof()).as("ended in order").isFalse();
        };
    try (RawOrigin origin = RawOrigin.start(script, RelayFixture.NARROW_RECEIVE_BYTES);
        RelayFixture relay = start(way, origin, LONG);
        RawClient client = relay.client()) {
      breakClient(way, origin, relay, client);
      broken.countDown();
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      RelayFixture.await(() -> relay.server().leased().leasedBytes() == 0, "no lease left");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "length"})
  void clientThatTakesNothing_isResetInTime(String way) throws Exception {
    try (RawOrigin origin = originThatBreaks(way);
        RelayFixture relay = start(way, origin, SHORT);
        RawClient client = relay.narrowClient()) {
      client.write(request(way, origin));
      breakOrigin(relay);
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "the client's place");
      RawConnection.Ending ending = client.readToEnd();
      assertThat(ending.reset()).isTrue();
      assertThat(ending.bytes()).hasSizeLessThan(PART_BYTES);
    }
  }

  /** A close in order would make the part of an answer until the close look whole. */
  @ParameterizedTest
  @ValueSource(strings = {"tcp", "close"})
  void shutdownInBetween_isABreakAtOnce(String way) throws Exception {
    try (RawOrigin origin = originThatBreaks(way);
        RelayFixture relay = start(way, origin, LONG);
        RawClient client = relay.narrowClient()) {
      client.write(request(way, origin));
      breakOrigin(relay);
      relay.server().drain();
      assertThat(relay.totals().openConnections()).isEqualTo(1);
      assertThat(relay.server().cut()).isZero();
      assertThat(relay.totals().openConnections()).isZero();
      assertThat(client.readToEnd().reset()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "connect", "upgrade"})
  void shutdownBeforeTheOriginHasAll_leavesNoDescriptor(String way) throws Exception {
    RawOrigin.Script script =
        connection -> {
          answer(way, connection);
          broken.await();
          assertThat(connection.readToEnd().reset()).isTrue();
        };
    try (RawOrigin origin = RawOrigin.start(script, RelayFixture.NARROW_RECEIVE_BYTES);
        RelayFixture relay = start(way, origin, LONG);
        RawClient client = relay.client()) {
      breakClient(way, origin, relay, client);
      relay.server().drain();
      assertThat(relay.server().cut()).isZero();
      assertThat(relay.server().leased().leasedBytes()).isZero();
      broken.countDown();
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
    }
  }
}
