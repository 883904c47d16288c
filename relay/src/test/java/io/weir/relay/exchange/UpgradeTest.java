package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upgrade (RFC 9110, 7.8): a tunnel in both directions, or a refusal like any response. */
final class UpgradeTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(5);
  private static final String REQUEST =
      "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  private static final String SWITCH =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void tunnel_whoseSidesEndOneAfterTheOther_passesTheRest(boolean raw, boolean clientFirst)
      throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write(SWITCH + "first");
          if (clientFirst) {
            assertThat(connection.readToEnd().text()).isEqualTo("early late");
            connection.write(" last");
          } else {
            connection.halfClose();
            assertThat(connection.readToEnd().text()).isEqualTo("early late");
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write(REQUEST + "early"); // bytes behind the head, before the answer
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 101 ");
        assertThat(RawConnection.header(head, "Upgrade")).isEqualTo("websocket");
        assertThat(RawConnection.header(head, "Connection")).isEqualTo("Upgrade");
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
      assertThat(relay.awaitEnd(1).reason()).isNull();
      assertThat(origin.heads().getFirst()).contains("Upgrade: websocket\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnel_withMuchInBothDirections_passesEveryByte(boolean raw) throws Exception {
    long length = Boolean.getBoolean("weir.long") ? 1L << 30 : 20_000_003;
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write(SWITCH);
          CompletableFuture<Void> sent = sending(connection, length);
          assertThat(connection.readSeeded(SEQUENCE, 1, length)).isEqualTo(-1);
          sent.join();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write(REQUEST);
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        CompletableFuture<Void> sent = sending(client, length);
        assertThat(client.readSeeded(SEQUENCE, 1, length)).isEqualTo(-1);
        sent.join();
        assertThat(client.awaitEof()).isTrue();
      }
      relay.awaitIdle();
      assertThat(origin.failures()).isEmpty();
    }
  }

  private static CompletableFuture<Void> sending(RawConnection connection, long length) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            connection.write(SEQUENCE, 1, length);
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        },
        task -> Thread.ofVirtual().start(task));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void upgrade_thatTheOriginRefuses_isAResponseLikeAnyOther(boolean raw) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
          connection.readHead();
          connection.write(SWITCH); // was not asked for
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).threads(1).start()) {
      try (RawClient client = relay.client()) {
        client.write(REQUEST);
        String head = client.readHead();
        assertThat(new String(client.readBody(head), ISO_8859_1)).isEqualTo("no");
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 502 ");
      }
      relay.awaitIdle();
    }
  }
}
