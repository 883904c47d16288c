package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SIGTERM and Ctrl-C: what runs is finished, or cut and counted. */
class SignalsTest {
  private static final long SEED = 12;
  private static final int BODY_BYTES = 64 << 20;

  private Origin origin;

  @BeforeEach
  void startOrigin() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stopOrigin() {
    origin.close();
  }

  private Program serve(String drain) throws Exception {
    return Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--drain", drain);
  }

  /** A client in mid-download. */
  private static RawClient download(Program weir, String path) throws Exception {
    RawClient client = weir.connect();
    client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    return client;
  }

  private static void awaitDraining(Program weir) throws Exception {
    weir.await("it says that it drains", () -> weir.admin("/readyz").status() == 503);
    weir.await("new connections are refused", weir::refuses);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void signal_idle_exitsWith0(String signal) throws Exception {
    try (Program weir = serve("30s")) {
      assertThat(weir.get("/hello").text()).isEqualTo("hello\n");
      weir.signal(signal);
      assertThat(weir.awaitExit()).isZero();
      assertThat(weir.err().lines()).contains("weir: drained, nothing cut");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void signal_idleKeepAliveConnection_exitsWith0(String signal) throws Exception {
    try (Program weir = serve("10m");
        RawClient client = download(weir, "/hello")) {
      assertThat(new String(client.readExactly(6), StandardCharsets.US_ASCII)).isEqualTo("hello\n");
      weir.signal(signal);
      assertThat(client.readToEnd().bytes()).isEmpty();
      assertThat(weir.awaitExit()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void signal_midDownload_finishesItAndRefusesOthers(String signal) throws Exception {
    try (Program weir = serve("10m");
        RawClient client = download(weir, "/bytes/" + BODY_BYTES)) {
      weir.signal(signal);
      awaitDraining(weir);
      assertThat(weir.admin("/healthz").status()).isEqualTo(200);
      assertThat(client.readSeeded(origin.sequence(), 0, BODY_BYTES)).isEqualTo(-1);
      assertThat(weir.awaitExit()).isZero();
      assertThat(weir.err().lines()).contains("weir: drained, nothing cut");
    }
  }

  @Test
  void drain_endlessDownload_isCutAndExitsWith1() throws Exception {
    try (Program weir = serve("1s");
        RawClient client = download(weir, "/disk.img")) {
      weir.signal("TERM");
      assertThat(weir.awaitExit()).isEqualTo(1);
      assertThat(weir.err().lines()).contains("weir: cut 1 exchange after 1s");
      client.awaitEof();
      assertThat(origin.await(counters -> counters.open() == 0, 20_000)).isTrue();
    }
  }

  @Test
  void drain_manyEndlessDownloads_countsThemAll() throws Exception {
    try (Program weir = serve("0s");
        RawClient first = download(weir, "/disk.img");
        RawClient second = download(weir, "/chunked/1g")) {
      weir.signal("INT");
      assertThat(weir.awaitExit()).isEqualTo(1);
      assertThat(weir.err().lines()).contains("weir: cut 2 exchanges after 0s");
      first.awaitEof();
      second.awaitEof();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void signal_twice_endsAtOnceWith1(String signal) throws Exception {
    try (Program weir = serve("10m");
        RawClient client = download(weir, "/disk.img")) {
      weir.signal(signal);
      awaitDraining(weir);
      weir.signal(signal);
      assertThat(weir.awaitExit()).isEqualTo(1);
      assertThat(weir.err().lines()).noneMatch(line -> line.contains("drained"));
      client.awaitEof();
    }
  }
}
