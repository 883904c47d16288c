package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.relay.http.Reason;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in when there is no room for one more. */
final class AdmissionTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String LAST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

  /** An origin that answers when it is told to. */
  private static RawOrigin origin(Semaphore answers) throws Exception {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            answers.acquire();
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
  }

  private static void awaitExchanges(RelayFixture relay, int count) {
    RelayFixture.await(() -> relay.totals().openExchanges() == count, count + " under way");
  }

  private static void isRefusal(RawClient client) throws Exception {
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 503 ");
    assertThat(RawClient.header(head, "Retry-After")).matches("[0-9]+");
    assertThat(RawClient.header(head, "Connection")).isEqualTo("close");
    assertThat(client.readBody(head)).isNotEmpty();
    assertThat(client.awaitEof()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneConnectionTooMany_isRefused_andTheNextOneServed(boolean raw) throws Exception {
    Semaphore answers = new Semaphore(0);
    MemorySettings two = new MemorySettings(1 << 24, 2, 16);
    try (RawOrigin origin = origin(answers);
        RelayFixture relay =
            OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).memory(two));
        RawClient first = relay.client();
        RawClient second = relay.client()) {
      first.write(LAST);
      second.write(GET);
      awaitExchanges(relay, 2);
      try (RawClient third = relay.client()) {
        third.write(GET);
        isRefusal(third);
      }
      assertThat(relay.totals().failures(Reason.OVERLOADED)).isEqualTo(1);
      answers.release(3);
      assertThat(first.readBody(first.readHead())).asString().isEqualTo("ok");
      assertThat(second.readBody(second.readHead())).asString().isEqualTo("ok");
      assertThat(first.awaitEof()).isTrue();
      first.close();
      RelayFixture.await(() -> relay.totals().openConnections() == 1, "the first has left");
      try (RawClient next = relay.client()) {
        next.write(GET);
        assertThat(next.readBody(next.readHead())).asString().isEqualTo("ok");
      }
    }
  }

  private static MemorySettings roomForOne(boolean raw) {
    long least = ConnectionCost.of(raw, false, false).leaseBytes();
    return new MemorySettings(least + least / 2, 100, 16);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requestWithoutALease_waitsForAnother_andIsServed(boolean raw) throws Exception {
    Semaphore answers = new Semaphore(0);
    try (RawOrigin origin = origin(answers);
        RelayFixture relay =
            OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).memory(roomForOne(raw)));
        RawClient first = relay.client()) {
      first.write(LAST);
      awaitExchanges(relay, 1);
      try (RawClient second = relay.client()) {
        second.write(GET);
        RelayFixture.await(() -> relay.totals().openConnections() == 2, "the second has come");
        assertThat(relay.totals().exchanges()).isEqualTo(1);
        answers.release(2);
        assertThat(first.readBody(first.readHead())).asString().isEqualTo("ok");
        assertThat(first.awaitEof()).isTrue();
        first.close();
        assertThat(second.readBody(second.readHead())).asString().isEqualTo("ok");
        assertThat(relay.totals().failures(Reason.OVERLOADED)).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requestWithoutALease_isRefused_whenNoneIsToBeHad(boolean raw) throws Exception {
    Semaphore answers = new Semaphore(0);
    try (RawOrigin origin = origin(answers);
        RelayFixture relay =
            OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).memory(roomForOne(raw)));
        RawClient first = relay.client()) {
      first.write(GET);
      awaitExchanges(relay, 1);
      try (RawClient second = relay.client()) {
        second.write(GET);
        isRefusal(second);
      }
      assertThat(relay.totals().failures(Reason.OVERLOADED)).isEqualTo(1);
      answers.release(1);
      assertThat(first.readBody(first.readHead())).asString().isEqualTo("ok");
    }
  }
}
