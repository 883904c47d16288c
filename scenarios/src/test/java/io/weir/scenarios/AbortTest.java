package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that leave and origins that die, in the middle. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AbortTest {
  private static final long SEED = 13;
  private static final int KILLS = Program.LONG ? 1_000 : 100;
  private static final int BODY_BYTES = 1 << 20;

  /** curl: "partial file" and "failure in receiving network data". */
  private static final Integer[] CURL_BROKEN = {18, 56};

  /** And with -f a status of 400 or more. */
  private static final Integer[] CURL_BROKEN_OR_REFUSED = {18, 22, 56};

  private final SeededBytes sequence = new SeededBytes(SEED);
  private Origin origin;
  private Program weir;

  @BeforeAll
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port());
  }

  @AfterAll
  void stop() throws Exception {
    weir.close();
    origin.close();
  }

  private RawClient download(String path) throws IOException {
    RawClient client = weir.connect();
    client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    return client;
  }

  @ParameterizedTest
  @CsvSource({"/disk.img, true", "/disk.img, false", "/chunked/64g, true", "/close/64g, false"})
  void client_leavesMidDownload_stopsTheOriginsTransfer(String path, boolean reset)
      throws Exception {
    long gone = weir.failures("client-gone");
    try (RawClient client = download(path)) {
      client.readExactly(3_000_000);
      if (reset) {
        client.reset();
      }
    }
    // The body has no end that could come meanwhile.
    assertThat(origin.await(counters -> counters.open() == 0, 20_000)).isTrue();
    weir.await("the client's end is counted", () -> weir.failures("client-gone") == gone + 1);
    weir.awaitIdle();
  }

  /** What a client that closes in order sends first is no more than a half-close would be. */
  @Test
  void client_closesInOrderWhileTheOriginPauses_stopsTheOriginsTransfer() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (RawOrigin pausing =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + (1L << 40) + "\r\n\r\n");
                  connection.write(sequence, 0, 100);
                  closed.await();
                  connection.write(sequence, 100, (1L << 40) - 100);
                });
        Program relay = Program.serve("--to", "http://127.0.0.1:" + pausing.port())) {
      try (RawClient client = relay.connect()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.readHead();
        assertThat(client.readSeeded(sequence, 0, 100)).isEqualTo(-1);
      }
      closed.countDown();
      pausing.awaitIdle();
      assertThat(pausing.failures()).singleElement().isInstanceOf(SocketException.class);
    }
  }

  @Test
  void client_leavesMidUpload_endsTheOriginsRequestIncomplete() throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
      client.write(sequence, 0, 1_000_000);
      weir.await("it is on its way", () -> weir.total("uploaded_bytes") > 0);
      client.reset();
    }
    assertThat(origin.await(counters -> counters.open() == 0, 20_000)).isTrue();
    weir.awaitIdle();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/abort/3m/1m", "/abort/3m/1m?fin"})
  void origin_diesMidBody_clientSeesABrokenTransfer(String path) throws Exception {
    try (RawClient client = download(path)) {
      byte[] body = client.readToEnd().bytes();
      assertThat(body.length).isLessThan(3 << 20);
      assertThat(sequence.mismatch(body, 0, body.length, 0)).isEqualTo(-1);
    }
    weir.awaitIdle();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void origin_diesMidChunk_clientSeesNoLastChunk(boolean reset) throws Exception {
    try (RawOrigin dying =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  connection.write("5\r\nhello\r\n5\r\nwo");
                  if (reset) {
                    connection.reset();
                  }
                });
        Program relay = Program.serve("--to", "http://127.0.0.1:" + dying.port());
        RawClient client = relay.connect()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      String text = client.readToEnd().text();
      assertThat(text).doesNotContain("\r\n0\r\n");
      if (!reset) {
        assertThat(text).endsWith("wo");
      }
      Commands.Ended curl = Commands.run("curl", "-sSf", "-o", "/dev/null", relay.url("/"));
      // A reset may overtake the head (502), else the body is cut.
      assertThat(curl.code())
          .as(curl.err())
          .isIn((Object[]) (reset ? CURL_BROKEN_OR_REFUSED : CURL_BROKEN));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/abort/3m/1m", "/abort/3m/1m?fin"})
  void origin_diesMidBody_curlAndWgetSaySo(String path) throws Exception {
    Commands.Ended curl = Commands.run("curl", "-sS", "-o", "/dev/null", weir.url(path));
    assertThat(curl.code()).as(curl.err()).isIn((Object[]) CURL_BROKEN);
    Commands.Ended wget = Commands.run("wget", "-q", "-t", "1", "-O", "/dev/null", weir.url(path));
    assertThat(wget.code()).as("network failure; " + wget.err()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/abort/3m/1m", "/abort/3m/1m?fin"})
  void origin_diesMidBody_javaClientSaysSo(String path) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(weir.url(path))).build();
      assertThatThrownBy(() -> client.send(request, BodyHandlers.discarding()))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void randomKills_leaveNothingBehind() throws Exception {
    Random random = new Random(SEED);
    for (int i = 0; i < KILLS; i++) {
      int at = random.nextInt(BODY_BYTES);
      boolean reset = random.nextBoolean();
      switch (random.nextInt(4)) {
        case 0 -> killedClient("/bytes/1m", at, reset);
        case 1 -> killedClient("/chunked/1m?chunk=" + (1 + random.nextInt(40_000)), at, reset);
        case 2 -> killedUpload(at, reset);
        default -> killedOrigin(at, reset);
      }
    }
    weir.awaitIdle();
    assertThat(origin.await(counters -> counters.open() == 0, 20_000)).isTrue();
    try (RawClient client = download("/bytes/1m")) {
      assertThat(client.readSeeded(sequence, 0, BODY_BYTES)).isEqualTo(-1);
    }
  }

  private void killedClient(String path, int at, boolean reset) throws IOException {
    try (RawClient client = download(path)) {
      client.readExactly(at);
      if (reset) {
        client.reset();
      }
    }
  }

  private void killedUpload(int at, boolean reset) throws IOException {
    try (RawClient client = weir.connect()) {
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
      client.write(sequence, 0, at);
      if (reset) {
        client.reset();
      }
    }
  }

  private void killedOrigin(int at, boolean reset) throws IOException {
    try (RawClient client = weir.connect()) {
      String path = "/abort/" + BODY_BYTES + "/" + at + (reset ? "" : "?fin");
      client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      byte[] all = client.readToEnd().bytes();
      assertThat(all.length).as(path).isLessThan(BODY_BYTES);
    }
  }
}
