package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.relay.budget.GovernorListener;
import io.weir.relay.http.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is counted of each exchange beside its bytes. */
final class TimingsTest {
  private Origin origin;
  private RelayFixture relay;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 7);
    relay = RelayFixture.to(origin.port()).start();
  }

  @AfterEach
  void stop() throws Exception {
    relay.close();
    origin.close();
  }

  private void ask(String request) throws Exception {
    try (RawClient client = relay.client()) {
      client.write(request);
      client.readBody(client.readHead());
    }
  }

  @Test
  void timings_ofRelayedExchanges_countEachOnce() throws Exception {
    ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    ask("GET /status/404 HTTP/1.1\r\nHost: a\r\n\r\n");
    relay.awaitEnd(2);

    Timings timings = relay.server().timings();
    assertThat(timings.firstByte().count()).isEqualTo(2);
    assertThat(timings.duration().count()).isEqualTo(2);
    assertThat(timings.duration().sumNanos())
        .isGreaterThanOrEqualTo(timings.firstByte().sumNanos());
    assertThat(relay.server().answered())
        .containsEntry(StatusClass.SUCCESSFUL, 1L)
        .containsEntry(StatusClass.CLIENT_ERROR, 1L)
        .containsEntry(StatusClass.NONE, 0L);
  }

  @Test
  void answered_ofARefusedHead_isCountedWithoutATime() throws Exception {
    ask("GET /hello HTTP/1.1\r\n\r\n");
    relay.awaitFailure(Reason.BAD_HOST, 1);

    assertThat(relay.server().answered()).containsEntry(StatusClass.CLIENT_ERROR, 1L);
    assertThat(relay.server().timings().duration().count()).isZero();
  }

  @Test
  void answered_ofAClientThatLeft_isCountedOnce() throws Exception {
    try (RawClient client = relay.client()) {
      client.write("GET /disk.img HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
    }
    relay.awaitFailure(Reason.CLIENT_GONE, 1);

    assertThat(relay.server().answered()).containsEntry(StatusClass.SUCCESSFUL, 1L);
  }

  @Test
  void pace_ofEachLoop_isSampled() {
    RelayFixture.await(
        () -> relay.server().timings().paces().stream().allMatch(pace -> pace.late().count() > 1),
        "two sweeps of each loop");
  }

  @Test
  void observers_ofAServerThatRuns_areToldOfExchangesAndLeases() throws Exception {
    List<ExchangeEnd> seen = new CopyOnWriteArrayList<>();
    AtomicLong resized = new AtomicLong();
    relay
        .server()
        .observe(
            seen::add,
            new GovernorListener() {
              @Override
              public void resized(long fromBytes, long toBytes, long bytesPerSecond) {
                assertThat(toBytes).isNotEqualTo(fromBytes);
                resized.incrementAndGet();
              }

              @Override
              public void fair(long windowBytes, long leasedBytes, long budgetBytes) {}
            });

    ask("GET /bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    relay.awaitEnd(1);

    assertThat(seen)
        .singleElement()
        .satisfies(end -> assertThat(end.target()).isEqualTo("/bytes/50000000"));
    assertThat(resized.get())
        .isEqualTo(relay.server().leased().growths() + relay.server().leased().shrinks());
    assertThat(relay.ends()).hasSize(1);
  }

  @Test
  void statusClass_ofAnyStatus_isOneOfSix() {
    assertThat(StatusClass.of(0)).isEqualTo(StatusClass.NONE);
    assertThat(StatusClass.of(101)).isEqualTo(StatusClass.INFORMATIONAL);
    assertThat(StatusClass.of(206)).isEqualTo(StatusClass.SUCCESSFUL);
    assertThat(StatusClass.of(503)).isEqualTo(StatusClass.SERVER_ERROR);
    assertThat(StatusClass.of(999)).isEqualTo(StatusClass.SERVER_ERROR);
  }
}
