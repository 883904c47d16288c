package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawOrigin;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
  private static final long WAIT_MILLIS_MAX = 60_000;

  private static InetSocketAddress address(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requests_toAnOrigin_areAnsweredOnTheConnectionsAskedFor(boolean close) throws Exception {
    try (Origin origin = Origin.start(address(0), 1)) {
      Requests requests = Requests.start(address(origin.port()), "/hello", 4, close);
      assertThat(origin.await(c -> c.requests() >= 1_000, WAIT_MILLIS_MAX)).isTrue();
      requests.stop();
      LoadProcess.Mark mark = requests.mark();
      assertThat(mark.failed()).as(mark.reasons()).isZero();
      assertThat(mark.answers()).isGreaterThan(900);
      assertThat(mark.p99Millis()).isGreaterThanOrEqualTo(mark.p50Millis()).isPositive();
      long accepted = origin.counters().accepted();
      assertThat(accepted).isGreaterThanOrEqualTo(close ? 990 : 4);
      assertThat(close || accepted == 4).isTrue();
      assertThat(requests.mark().answers()).as("since the last mark").isZero();
    }
  }

  @Test
  void probe_toAnOrigin_hasANewConnectionForEach() throws Exception {
    try (Origin origin = Origin.start(address(0), 1)) {
      Requests probes = Requests.probe(address(origin.port()), "/hello", 1_000, 1);
      assertThat(origin.await(c -> c.requests() >= 50, WAIT_MILLIS_MAX)).isTrue();
      probes.stop();
      LoadProcess.Mark mark = probes.mark();
      assertThat(mark.failed()).as(mark.reasons()).isZero();
      assertThat(mark.answers()).isGreaterThan(40);
      assertThat(origin.counters().accepted()).isGreaterThanOrEqualTo(mark.answers());
      assertThat(mark.p90Millis()).isBetween(mark.p50Millis(), mark.p99Millis());
    }
  }

  /** The next one comes all the same, and those that would be too many count as failed. */
  @Test
  void probe_withoutAnswers_doesNotWaitForThem() throws Exception {
    CountDownLatch silent = new CountDownLatch(3);
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          silent.countDown();
          connection.readToEnd();
        };
    try (RawOrigin origin = RawOrigin.start(script)) {
      Requests probes = Requests.probe(address(origin.port()), "/hello", 3, 1);
      assertThat(silent.await(WAIT_MILLIS_MAX, TimeUnit.MILLISECONDS)).isTrue();
      LoadProcess.Mark mark = probes.mark();
      for (long left = WAIT_MILLIS_MAX; mark.failed() == 0 && left > 0; left -= 10) {
        Thread.sleep(10);
        mark = probes.mark();
      }
      probes.stop();
      assertThat(mark.reasons()).contains("no answer: 3 were under way");
      assertThat(mark.answers()).isZero();
    }
  }

  @Test
  void requests_answeredWithAnError_areFailuresWithTheirReason() throws Exception {
    try (Origin origin = Origin.start(address(0), 1)) {
      Requests requests = Requests.start(address(origin.port()), "/status/503", 2, false);
      assertThat(origin.await(c -> c.requests() >= 10, WAIT_MILLIS_MAX)).isTrue();
      requests.stop();
      LoadProcess.Mark mark = requests.mark();
      assertThat(mark.answers()).isZero();
      assertThat(mark.failed()).isPositive();
      assertThat(mark.reasons()).contains("a wrong answer: HTTP/1.1 503");
    }
  }

  @Test
  void mark_asALine_isReadAgain() throws Exception {
    LoadProcess.Mark mark = new LoadProcess.Mark(1, 2, 3, 4, 0.5, 7.5, 60.25, "4 x broken: reset");
    assertThat(LoadProcess.Mark.parse(mark.line())).isEqualTo(mark);
    LoadProcess.Mark none = new LoadProcess.Mark(1, 2, 3, 0, 0, 0, 0, "");
    assertThat(LoadProcess.Mark.parse(none.line())).isEqualTo(none);
  }
}
