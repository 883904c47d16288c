package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.NarrowSockets;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.LoopGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw TCP: bytes as they are, both ways at once, until both sides have ended, whatever they do. */
final class TunnelTest {
  private static final SeededBytes UP = new SeededBytes(61);
  private static final SeededBytes DOWN = new SeededBytes(62);
  private static final long BULK_BYTES = Boolean.getBoolean("weir.long") ? 1L << 30 : 20_000_003;
  private static final int SHORT = 500;
  private static final int LONG = 60_000;

  /** Peers that say nothing, and read nothing, end with the test. */
  private final CountDownLatch over = new CountDownLatch(1);

  private static RelayFixture start(int port, boolean raw) throws IOException {
    return RelayFixture.to(port).raw(raw).tcp().start();
  }

  private static Timeouts timeouts(int idle, int send, int tunnel) {
    return new Timeouts(LONG, LONG, LONG, idle, send, tunnel);
  }

  private static CompletableFuture<Void> sending(RawConnection connection, SeededBytes bytes) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            connection.write(bytes, 0, BULK_BYTES);
            connection.halfClose();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void muchInBothDirectionsAtOnce_arrivesByteForByte(boolean raw, boolean splice) throws Exception {
    RawOrigin.Script script =
        connection -> {
          CompletableFuture<Void> sent = sending(connection, DOWN);
          assertThat(connection.readSeeded(UP, 0, BULK_BYTES)).isEqualTo(-1);
          assertThat(connection.awaitEof()).isTrue();
          sent.join();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).splice(splice).tcp().start()) {
      try (RawClient client = relay.client()) {
        CompletableFuture<Void> sent = sending(client, UP);
        assertThat(client.readSeeded(DOWN, 0, BULK_BYTES)).isEqualTo(-1);
        assertThat(client.awaitEof()).isTrue();
        sent.join();
        origin.awaitIdle();
      }
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isNull();
      assertThat(end.method()).isEqualTo("TCP");
      assertThat(end.target()).isEqualTo("127.0.0.1:" + origin.port());
      assertThat(end.downloadedBytes()).isEqualTo(BULK_BYTES);
      assertThat(end.uploadedBytes()).isEqualTo(BULK_BYTES);
      assertThat(relay.server().splicedBytes() > BULK_BYTES)
          .isEqualTo(splice && raw && LoopGroup.rawAvailable());
      assertThat(origin.failures()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void sidesThatEndOneAfterTheOther_passTheRest(boolean raw, boolean clientFirst) throws Exception {
    RawOrigin.Script script =
        connection -> {
          if (clientFirst) {
            assertThat(connection.readToEnd().text()).isEqualTo("ask");
            connection.write("answer");
          } else {
            connection.write("greeting");
            connection.halfClose();
            assertThat(connection.readToEnd().text()).isEqualTo("ask");
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), raw)) {
      try (RawClient client = relay.client()) {
        if (clientFirst) {
          client.write("ask");
          client.halfClose();
          assertThat(client.readToEnd().text()).isEqualTo("answer");
        } else {
          assertThat(client.readToEnd().text()).isEqualTo("greeting");
          client.write("ask");
          client.halfClose();
        }
        origin.awaitIdle();
      }
      assertThat(relay.awaitEnd(1).reason()).isNull();
      assertThat(origin.failures()).isEmpty();
    }
  }

  // --- Sides that break -------------------------------------------------------------------------

  /** What the client had said before it was reset arrives; then the origin sees a break. */
  @ParameterizedTest
  @CsvSource({"true,false", "true,true", "false,false", "false,true"})
  void clientThatResets_isABreakForTheOrigin(boolean raw, boolean originEnded) throws Exception {
    List<RawConnection.Ending> endings = new ArrayList<>();
    RawOrigin.Script script =
        connection -> {
          if (originEnded) {
            connection.halfClose();
          }
          endings.add(connection.readToEnd());
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), raw);
        RawClient client = relay.client()) {
      client.write("half a sentence");
      if (originEnded) {
        assertThat(client.awaitEof()).isTrue();
      }
      RelayFixture.await(() -> relay.totals().uploadedBytes() == 15, "the bytes have passed");
      client.reset();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
      origin.awaitIdle();
      assertThat(endings.getFirst().text()).isEqualTo("half a sentence");
      assertThat(endings.getFirst().reset()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,false", "true,true", "false,false", "false,true"})
  void originThatResets_isABreakForTheClient(boolean raw, boolean clientEnded) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readExactly(1);
          if (clientEnded) {
            assertThat(connection.awaitEof()).isTrue();
          }
          connection.write("half a sentence");
          connection.readExactly(clientEnded ? 0 : 1);
          connection.reset();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), raw);
        RawClient client = relay.client()) {
      client.write("a");
      if (clientEnded) {
        client.halfClose();
      }
      assertThat(new String(client.readExactly(15), java.nio.charset.StandardCharsets.US_ASCII))
          .isEqualTo("half a sentence");
      if (!clientEnded) {
        client.write("b");
      }
      assertThat(client.awaitEof()).as("ended in order").isFalse();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_BROKEN);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clientThatLeavesWhileMuchComes_endsTheOrigin(boolean raw) throws Exception {
    RawOrigin.Script script =
        connection -> {
          try {
            connection.write(DOWN, 0, 1L << 40);
          } catch (IOException clientLeft) {
            return;
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), raw)) {
      try (RawClient client = relay.client()) {
        client.readExactly(1_000_000);
      }
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void targetThatRefuses_isAResetForTheClient(boolean raw) throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    try (RelayFixture relay = start(port, raw)) {
      isReset(relay);
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isEqualTo(Reason.ORIGIN_UNREACHABLE);
      assertThat(end.status()).isZero();
    }
  }

  /** What lies behind urgent data comes too when the end is there already. */
  @Test
  void urgentData_beforeTheEnd_cutsNothingOff() throws Exception {
    assumeTrue(LoopGroup.rawAvailable());
    int connections = 50;
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    RawOrigin.Script script =
        connection -> got.add(connection.readToEnd().text()); // to the FIN, and in order
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), true)) {
      for (int i = 0; i < connections; i++) {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
          client.getOutputStream().write("abc".getBytes(US_ASCII));
          client.sendUrgentData('!');
          client.getOutputStream().write("def".getBytes(US_ASCII));
          client.shutdownOutput();
          assertThat(got.poll(RelayFixture.PATIENCE_MILLIS, TimeUnit.MILLISECONDS))
              .isEqualTo("abcdef");
        }
      }
      relay.awaitIdle();
    }
  }

  // --- Time -------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingMoves_bothAreReset(boolean raw) throws Exception {
    List<RawConnection.Ending> endings = new ArrayList<>();
    try (RawOrigin origin = RawOrigin.start(connection -> endings.add(connection.readToEnd()));
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .raw(raw)
                .timeouts(timeouts(LONG, LONG, SHORT))
                .tcp()
                .start();
        RawClient client = relay.client()) {
      client.write("a");
      assertThat(client.awaitEof()).isFalse();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.TUNNEL_IDLE);
      origin.awaitIdle();
      assertThat(endings.getFirst().reset()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sideThatTakesNothing_isCut(boolean raw) throws Exception {
    RawOrigin.Script script =
        connection -> {
          try {
            connection.write(DOWN, 0, 1L << 40);
          } catch (IOException cut) {
            return;
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .raw(raw)
                .timeouts(timeouts(LONG, SHORT, LONG))
                .tcp()
                .start();
        RawClient client = relay.client()) {
      assertThat(client.localPort()).isPositive();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.SEND_TIMEOUT);
      origin.awaitIdle();
    }
  }

  /**
   * A FIN, and nothing that the silent other side would have us write: the kernel finds out that
   * nobody is there (envoy#45198). One that has half-closed and waits is left alone meanwhile.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sideThatIsGoneWhileTheOtherIsSilent_endsTheTunnel(boolean clientGone) throws Exception {
    assumeTrue(LoopGroup.rawAvailable());
    CountDownLatch leave = new CountDownLatch(1);
    RawOrigin.Script script =
        connection -> {
          if (clientGone || connection.index() == 0) {
            assertThat(connection.awaitEof()).isTrue();
            over.await();
            connection.write("late answer");
          } else {
            leave.await();
          }
        };
    Timeouts soon = timeouts(4_000, LONG, LONG);
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).timeouts(soon).tcp().start();
        RawClient waits = relay.client()) {
      waits.halfClose();
      RelayFixture.await(() -> relay.totals().openFlows() == 2, "a tunnel");
      try (RawClient other = relay.client()) {
        RelayFixture.await(() -> relay.totals().openFlows() == 4, "two tunnels");
        RelayFixture.await(() -> origin.openNow() == 2, "both of their sockets");
        NarrowSockets.closedWait(1);
        if (clientGone) {
          other.close();
        }
        leave.countDown();
        Reason reason = clientGone ? Reason.CLIENT_GONE : Reason.ORIGIN_BROKEN;
        assertThat(relay.awaitEnd(1).reason()).isEqualTo(reason);
      }
      assertThat(relay.totals().openExchanges()).isEqualTo(1);
      over.countDown();
      assertThat(waits.readToEnd().text()).isEqualTo("late answer");
      assertThat(relay.awaitEnd(2).reason()).isNull();
    }
  }

  /** Without epoll that is not told, so time must do. */
  @Test
  void sideThatIsGoneWithoutEpoll_endsTheTunnelAfterTheIdleTimeout() throws Exception {
    Timeouts soon = timeouts(SHORT, LONG, LONG);
    RawOrigin.Script script =
        connection -> {
          assertThat(connection.awaitEof()).isTrue();
          over.await();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay =
            RelayFixture.to(origin.port()).raw(false).timeouts(soon).tcp().start()) {
      relay.client().close();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.TUNNEL_IDLE);
      over.countDown();
      origin.awaitIdle();
    }
  }

  // --- Where there is no room -------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noPlace_theClientIsReset(boolean raw) throws Exception {
    MemorySettings two = new MemorySettings(1 << 24, 2, 16);
    try (RawOrigin origin = RawOrigin.start(RawConnection::awaitEof);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).memory(two).tcp().start()) {
      try (RawClient first = relay.client();
          RawClient second = relay.client()) {
        first.write("a");
        second.write("a");
        RelayFixture.await(() -> relay.totals().openFlows() == 4, "two tunnels");
        isReset(relay);
        relay.awaitFailure(Reason.OVERLOADED, 1);
        first.halfClose();
        second.halfClose();
        origin.awaitIdle();
        assertThat(first.awaitEof() && second.awaitEof()).isTrue();
      }
      relay.awaitIdle();
    }
  }

  /** The reset may come as soon as the connection stands. */
  private static void isReset(RelayFixture relay) {
    try (RawClient client = relay.client()) {
      assertThat(client.awaitEof()).as("ended in order").isFalse();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noLease_theClientIsReset(boolean raw) throws Exception {
    long least = ConnectionCost.of(raw, false, false).leaseBytes();
    MemorySettings one = new MemorySettings(least * 3 / 2, 100, 16);
    try (RawOrigin origin = RawOrigin.start(RawConnection::awaitEof);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).memory(one).tcp().start()) {
      try (RawClient first = relay.client()) {
        first.write("a");
        RelayFixture.await(() -> relay.totals().openFlows() == 2, "a tunnel");
        isReset(relay);
        relay.awaitFailure(Reason.OVERLOADED, 1);
        first.halfClose();
        assertThat(first.awaitEof()).isTrue();
      }
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stalledTunnel_isResetForOneThatComes(boolean raw) throws Exception {
    long least = ConnectionCost.of(raw, false, false).leaseBytes();
    MemorySettings one = new MemorySettings(least * 3 / 2, 100, 16, SHORT);
    RawOrigin.Script script =
        connection -> {
          try {
            connection.write(DOWN, 0, connection.index() == 0 ? 1L << 40 : 10);
          } catch (IOException reset) {
            return;
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).memory(one).tcp().start();
        RawClient stalled = relay.client()) {
      assertThat(stalled.localPort()).isPositive();
      RelayFixture.await(() -> relay.totals().openFlows() == 2, "a tunnel");
      try (RawClient insists = insist(relay)) {
        assertThat(insists.readSeeded(DOWN, 0, 10)).isEqualTo(-1);
      }
      assertThat(relay.totals().failures(Reason.RESET_STALLED)).isEqualTo(1);
      relay.awaitIdle();
    }
  }

  /** Connects again and again, as a client does that was reset, until there is a tunnel. */
  private static RawClient insist(RelayFixture relay) throws IOException {
    long deadline = System.nanoTime() + RelayFixture.PATIENCE_MILLIS * 1_000_000;
    while (relay.totals().failures(Reason.RESET_STALLED) == 0) {
      try (RawClient client = relay.client()) {
        client.awaitEof();
      } catch (IOException reset) {
        assertThat(reset).hasMessageContaining("reset");
      }
      assertThat(System.nanoTime() - deadline).as("came in vain").isNegative();
    }
    return RawClient.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port()), 16_384, LONG);
  }

  // --- From outside -----------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void row_saysWhoWaitsForWhom_andCutsIt(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.write("hello");
                  connection.readToEnd();
                });
        RelayFixture relay = start(origin.port(), raw);
        RawClient client = relay.client()) {
      client.readExactly(5);
      RelayFixture.await(() -> relay.totals().downloadedBytes() == 5, "the greeting");
      FlowCursor cursor = relay.server().flows();
      List<FlowRow> rows = new ArrayList<>();
      while (!cursor.over()) {
        rows.addAll(cursor.next(64).join());
      }
      FlowRow row = rows.getFirst();
      assertThat(row.method()).isEqualTo("TCP");
      assertThat(row.route()).isEqualTo("127.0.0.1:" + origin.port());
      assertThat(row.phase()).isEqualTo("tunnel");
      assertThat(row.waitsFor()).isEqualTo("client");
      assertThat(row.downloadedBytes()).isEqualTo(5);
      assertThat(row.leaseBytes()).isPositive();
      assertThat(relay.server().cut(row.id(), Reason.ADMIN_CUT).join()).isTrue();
      assertThat(client.awaitEof()).isFalse();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ADMIN_CUT);
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void draining_letsTunnelsGoOn(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(connection -> connection.write(connection.readExactly(4)));
        RelayFixture relay = start(origin.port(), raw);
        RawClient client = relay.client()) {
      client.write("e");
      RelayFixture.await(() -> relay.totals().uploadedBytes() == 1, "a tunnel");
      relay.server().drain();
      client.write("cho");
      assertThat(client.readExactly(4)).asString().isEqualTo("echo");
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isNull();
    }
  }
}
