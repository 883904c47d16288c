package io.weir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadersTest {
  private static final long LIMIT_MILLIS = RawClient.TIME_LIMIT_MILLIS;
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private static Readers.Summary read(int port, String path, int count, long rate, long seed)
      throws Exception {
    InetSocketAddress address = new InetSocketAddress(LOOPBACK, port);
    Readers.Plan plan = new Readers.Plan(address, path, count, rate, 0, seed);
    try (Readers readers = Readers.start(plan)) {
      assertThat(readers.await(LIMIT_MILLIS)).isTrue();
      return readers.stop();
    }
  }

  private static Readers.Summary readFromOrigin(String path, int count, long rate, long seed)
      throws Exception {
    try (Origin origin = Origin.start(new InetSocketAddress(LOOPBACK, 0), 7)) {
      Readers.Summary summary = read(origin.port(), path, count, rate, seed);
      assertThat(origin.await(counters -> counters.open() == 0, LIMIT_MILLIS)).isTrue();
      return summary;
    }
  }

  private static Readers.Summary readFrom(String response) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write(response);
        };
    try (RawOrigin origin = RawOrigin.start(script)) {
      return read(origin.port(), "/", 1, 0, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_520, 65_521, 65_522, 1_048_577})
  void read_allFramings_isOk(int size) throws Exception {
    for (String kind : new String[] {"/bytes/", "/chunked/", "/close/"}) {
      Readers.Summary summary = readFromOrigin(kind + size, 5, 0, 7);
      assertThat(summary.reasons()).isEmpty();
      assertThat(summary.progress()).isEqualTo(new Readers.Progress(0, 5, 0, 5L * size));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 10_000_000})
  void againAndAgain_untilStopped_eachBodyHasAConnection(long rate) throws Exception {
    try (Origin origin = Origin.start(new InetSocketAddress(LOOPBACK, 0), 7)) {
      InetSocketAddress address = new InetSocketAddress(LOOPBACK, origin.port());
      Readers.Plan plan = new Readers.Plan(address, "/bytes/10000", 5, rate, 0, 7);
      Readers.Summary summary;
      try (Readers readers = Readers.startAgainAndAgain(plan)) {
        assertThat(origin.await(counters -> counters.accepted() >= 50, LIMIT_MILLIS)).isTrue();
        summary = readers.stop();
      }
      assertThat(summary.reasons()).isEmpty();
      assertThat(summary.progress().failed()).isZero();
      assertThat(summary.progress().open()).as("those that were stopped").isEqualTo(5);
      assertThat(summary.progress().ok()).isGreaterThanOrEqualTo(40);
      assertThat(summary.progress().bytes())
          .isBetween(summary.progress().ok() * 10_000, (summary.progress().ok() + 5) * 10_000);
    }
  }

  @Test
  void againAndAgain_refused_endsWithTheFirstFailureOfEach() throws Exception {
    try (Origin origin = Origin.start(new InetSocketAddress(LOOPBACK, 0), 7)) {
      InetSocketAddress address = new InetSocketAddress(LOOPBACK, origin.port());
      Readers.Plan plan = new Readers.Plan(address, "/status/503", 3, 0, 0, 7);
      try (Readers readers = Readers.startAgainAndAgain(plan)) {
        assertThat(readers.await(LIMIT_MILLIS)).isTrue();
        assertThat(readers.stop().progress()).isEqualTo(new Readers.Progress(0, 0, 3, 0));
      }
    }
  }

  @Test
  void read_pacedChunkedWithOddChunks_isOk() throws Exception {
    Readers.Summary summary = readFromOrigin("/chunked/100001?chunk=777", 50, 1 << 20, 7);
    assertThat(summary.progress()).isEqualTo(new Readers.Progress(0, 50, 0, 50L * 100_001));
    assertThat(summary.rateMin()).isPositive().isLessThanOrEqualTo(summary.rateMax());
  }

  @Test
  void read_otherSeed_failsWithWrongByte() throws Exception {
    Readers.Summary summary = readFromOrigin("/bytes/100000", 3, 0, 8);
    assertThat(summary.reasons()).containsEntry("wrong byte", 3L);
    assertThat(summary.progress().failed()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "/abort/100000/5000, broken: Connection reset",
    "/abort/100000/5000?fin, closed before the body was complete",
    "/status/503, status 503"
  })
  void read_badResponses_failWithReason(String path, String reason) throws Exception {
    assertThat(readFromOrigin(path, 2, 0, 7).reasons()).containsEntry(reason, 2L).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 200 OK                                     | closed before the head",
        "HTTP/1.1 200 OK~Content-Length: 0~~x                | bytes behind the body",
        "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~0~      | closed before the body",
        "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~x       | byte 120 in a chunk size",
        "HTTP/1.1 200 OK~Content-Length: -1~~                | Content-Length \"-1\" is not",
        "SSH-2.0 x y~~                                       | no HTTP/1.x response"
      })
  void read_brokenResponses_failWithReason(String response, String reason) throws Exception {
    Readers.Summary summary = readFrom(response.replace("~", "\r\n"));
    assertThat(summary.reasons()).hasSize(1);
    assertThat(summary.reasons().keySet().iterator().next()).startsWith(reason);
  }

  @Test
  void read_interimResponseInPieces_isSkipped() throws Exception {
    SeededBytes sequence = new SeededBytes(1);
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 2");
          connection.write("00 OK\r\nContent-Length: 10\r\n\r\n");
          connection.write(sequence, 0, 10);
        };
    try (RawOrigin origin = RawOrigin.start(script)) {
      assertThat(read(origin.port(), "/", 4, 0, 1).progress().ok()).isEqualTo(4);
    }
  }

  @Test
  void read_nobodyListens_failsEach() throws Exception {
    RawOrigin gone = RawOrigin.start(connection -> {});
    gone.close();
    Readers.Summary summary = read(gone.port(), "/", 300, 0, 1);
    assertThat(summary.reasons()).containsEntry("cannot connect: Connection refused", 300L);
  }

  @Test
  void stop_slowReadersOfEndlessBody_stopTheOrigin() throws Exception {
    try (Origin origin = Origin.start(new InetSocketAddress(LOOPBACK, 0), 7)) {
      InetSocketAddress address = new InetSocketAddress(LOOPBACK, origin.port());
      Readers.Plan plan = new Readers.Plan(address, "/disk.img", 200, 20_000, 4096, 7);
      try (Readers readers = Readers.start(plan)) {
        assertThat(origin.await(counters -> counters.requests() == 200, LIMIT_MILLIS)).isTrue();
        Readers.Summary summary = readers.stop();
        assertThat(summary.progress().failed()).isZero();
        assertThat(summary.progress().open()).isEqualTo(200);
        assertThat(readers.stop()).isEqualTo(summary);
      }
      assertThat(origin.await(counters -> counters.open() == 0, LIMIT_MILLIS)).isTrue();
    }
  }

  @Test
  void plan_badNumbers_areRefused() {
    InetSocketAddress address = new InetSocketAddress(LOOPBACK, 1);
    assertThatThrownBy(() -> new Readers.Plan(address, "x", 1, 0, 0, 0))
        .hasMessageContaining("path \"x\"");
    assertThatThrownBy(() -> new Readers.Plan(address, "/", 0, 0, 0, 0))
        .hasMessageContaining("count of 1 or more");
  }
}
