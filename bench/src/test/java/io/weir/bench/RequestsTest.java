package io.weir.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
    LoadProcess.Mark mark = new LoadProcess.Mark(1, 2, 3, 4, 0.5, 60.25, "4 x broken: reset");
    assertThat(LoadProcess.Mark.parse(mark.line())).isEqualTo(mark);
    LoadProcess.Mark none = new LoadProcess.Mark(1, 2, 3, 0, 0, 0, "");
    assertThat(LoadProcess.Mark.parse(none.line())).isEqualTo(none);
  }
}
