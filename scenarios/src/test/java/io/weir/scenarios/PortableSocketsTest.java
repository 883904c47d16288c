package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.Readers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs where there is no epoll: {@code --no-native}. */
class PortableSocketsTest {
  private static final long SEED = 17;
  private static final int UPLOAD_BYTES = 30_000_001;
  private Origin origin;
  private Program weir;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--no-native");
  }

  @AfterEach
  void stop() throws Exception {
    weir.close();
    origin.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/bytes/50m", "/chunked/20m?chunk=5000", "/close/20m"})
  void downloads_areRightInEveryByte(String path) throws Exception {
    Readers.Plan plan = new Readers.Plan(weir.address(), path, 8, 0, 0, SEED);
    try (Readers readers = Readers.start(plan)) {
      assertThat(readers.await(TimeUnit.SECONDS.toMillis(Program.WAIT_SECONDS_MAX))).isTrue();
      Readers.Summary summary = readers.stop();
      assertThat(summary.progress().ok()).as(summary.toString()).isEqualTo(8);
    }
  }

  @Test
  void upload_isRightInEveryByte() throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + UPLOAD_BYTES + "\r\n\r\n");
      client.write(origin.sequence(), 0, UPLOAD_BYTES);
      String head = client.readHead();
      assertThat(Json.parse(new String(client.readBody(head), StandardCharsets.US_ASCII)))
          .containsEntry("bytes", (long) UPLOAD_BYTES)
          .containsEntry("matches", true);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void client_leavesMidDownload_stopsTheOriginsTransfer(boolean reset) throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("GET /disk.img HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      assertThat(client.readSeeded(origin.sequence(), 0, 3_000_000)).isEqualTo(-1);
      if (reset) {
        client.reset();
      }
    }
    assertThat(origin.await(counters -> counters.open() == 0, 20_000)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/abort/3m/1m", "/abort/3m/1m?fin"})
  void origin_diesMidBody_clientSeesABrokenTransfer(String path) throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readToEnd().bytes().length).isLessThan(3 << 20);
    }
  }
}
