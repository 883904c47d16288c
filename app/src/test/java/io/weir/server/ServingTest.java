package io.weir.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.admin.AdminAccess;
import io.weir.load.Origin;
import io.weir.relay.exchange.ConnectionCost;
import io.weir.relay.exchange.LinkNeeds;
import io.weir.relay.exchange.RelaySettings;
import io.weir.relay.exchange.ServerSettings;
import io.weir.relay.exchange.Timeouts;
import io.weir.relay.exchange.TrustedProxies;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.UpstreamPolicy;
import io.weir.relay.origin.OriginSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServingTest {
  private static final String CLOSE = " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";

  private Origin origin;
  private Serving serving;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    serving = Serving.start(settings(ListenAddress.parse("0")));
  }

  @AfterEach
  void stop() {
    serving.close();
    origin.close();
  }

  private static MemoryPlan plan() throws PlanException {
    SystemLimits system = new SystemLimits(16 << 20, 20_000, 4096, Long.MAX_VALUE);
    ConnectionCost cost = new ConnectionCost(40_000, 5_000, 40_000);
    return MemoryPlan.of(
        256 << 20, new MemoryNeeds(system, cost, 0, 0, 128, 1, LinkNeeds.NONE, 1000));
  }

  private ServeSettings settings(ListenAddress listen) throws PlanException {
    String url = "http://127.0.0.1:" + origin.port();
    UpstreamPolicy upstream =
        new UpstreamPolicy(
            ("127.0.0.1:" + origin.port()).getBytes(StandardCharsets.US_ASCII),
            new byte[0],
            null,
            false,
            true,
            false,
            true);
    RelaySettings relay =
        new RelaySettings(
            io.weir.relay.origin.Origin.parse(url),
            new OriginSettings(5_000, 30_000, 4, 0, false, null, null),
            upstream,
            false,
            -1,
            TrustedProxies.NONE);
    ServerSettings server =
        new ServerSettings("relay", 1, true, HeadLimits.DEFAULT, Timeouts.DEFAULT, true, null);
    return new ServeSettings(
        List.of(listen),
        List.of(),
        ListenAddress.parse("0"),
        AdminAccess.USUAL,
        server,
        relay,
        null,
        null,
        true,
        List.of(),
        TrustedProxies.NONE,
        null,
        100,
        "to " + url,
        plan());
  }

  private static Socket ask(InetSocketAddress to, String request) throws IOException {
    Socket socket = new Socket(to.getAddress(), to.getPort());
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private String admin(String request) throws IOException {
    try (Socket socket = ask(Objects.requireNonNull(serving.adminAddress()), request + CLOSE)) {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET /healthz, 200, ok",
    "GET /healthz?x=1, 200, ok",
    "GET /readyz, 200, ok",
    "GET /, 200, <title>Weir",
    "GET /flows, 200, '{\"flows\":[],\"omitted\":0,\"totals\":{\"connections\":0,'",
    "GET /nothing, 404, nothing here",
    "POST /healthz, 405, 'Allow: GET, HEAD'",
  })
  void admin_request_isAnswered(String request, int status, String part) throws IOException {
    assertThat(admin(request)).startsWith("HTTP/1.1 " + status + " ").contains(part);
  }

  @Test
  void admin_head_hasTheLengthAndNoBody() throws IOException {
    assertThat(admin("HEAD /healthz"))
        .startsWith("HTTP/1.1 200 ")
        .contains("Content-Length: 3\r\n")
        .endsWith("\r\n\r\n");
  }

  @Test
  void flows_oneUnderWay_showIt() throws IOException {
    try (Socket stalled = ask(serving.addresses().getFirst(), "GET /disk.img" + CLOSE)) {
      assertThat(stalled.getInputStream().readNBytes(100_000)).hasSize(100_000);

      assertThat(admin("GET /flows"))
          .contains("\"peer\":\"127.0.0.1:" + stalled.getLocalPort() + "\"")
          .contains(
              "\"method\":\"GET\",\"route\":\"/disk.img\",\"status\":200,\"phase\":\"response\"")
          .contains("\"open_exchanges\":1");
    }
  }

  @Test
  void start_portTaken_saysWhichAndWhy() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      assertThatThrownBy(() -> Serving.start(settings(ListenAddress.parse(address))).close())
          .isInstanceOf(StartException.class)
          .hasMessage("cannot listen on " + address + ": the port is in use");
    }
  }

  @Test
  void drain_nothingRuns_exitsWith0() throws InterruptedException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();

    assertThat(ServeCommand.drain(serving, 10_000, new PrintStream(err))).isZero();
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("weir: drained, nothing cut\n");
  }

  @Test
  void drain_anExchangeThatDoesNotEnd_cutsItAndExitsWith1() throws Exception {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (Socket stalled = ask(serving.addresses().getFirst(), "GET /disk.img" + CLOSE)) {
      assertThat(stalled.getInputStream().readNBytes(1000)).hasSize(1000);

      assertThat(ServeCommand.drain(serving, 50, new PrintStream(err))).isEqualTo(1);
    }
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("weir: cut 1 exchange after 50ms\n");
  }

  @Test
  void readyz_whileDraining_is503AndHealthzIs200() throws Exception {
    serving.drain(0);

    assertThat(admin("GET /readyz")).startsWith("HTTP/1.1 503 ").contains("draining");
    assertThat(admin("GET /healthz")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void readyLine_always_namesEveryAddressAndTheMemory() throws Exception {
    ServeSettings settings = settings(ListenAddress.parse("0"));
    assertThat(ServeCommand.readyLine(serving, settings))
        .isEqualTo(
            "weir: listening on 127.0.0.1:"
                + serving.addresses().getFirst().getPort()
                + ", relaying "
                + settings.origin()
                + "; memory 256 MiB: 1,000 connections, 152 MiB for what they hold"
                + "; admin on http://127.0.0.1:"
                + Objects.requireNonNull(serving.adminAddress()).getPort()
                + "/");
  }
}
