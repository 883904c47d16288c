package io.weir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers by every way, each against a server of a test's own. */
class WayTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final long LIMIT_MILLIS = RawClient.TIME_LIMIT_MILLIS;
  private static final long SEED = 7;
  private static final int BODY_BYTES = Http2Script.BODY_BYTES;

  @TempDir Path folder;
  private final SeededBytes sequence = new SeededBytes(SEED);

  private static Readers.Summary read(int port, String way, int count, long rate) throws Exception {
    InetSocketAddress address = new InetSocketAddress(LOOPBACK, port);
    Readers.Plan plan =
        new Readers.Plan(address, "/bytes/" + BODY_BYTES, count, rate, 0, SEED, Way.parse(way));
    try (Readers readers = Readers.start(plan)) {
      assertThat(readers.await(LIMIT_MILLIS)).isTrue();
      return readers.stop();
    }
  }

  private static void assertWhole(Readers.Summary summary, int count) {
    assertThat(summary.reasons()).isEmpty();
    assertThat(summary.progress())
        .isEqualTo(new Readers.Progress(0, count, 0, (long) count * BODY_BYTES));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "tls",
        "tls1.2",
        "h2:100",
        "tls+h2:4",
        "connect:127.0.0.1:80",
        "tls+socks5:origin:81",
        "absolute:a:1",
        "socks4a:b:2"
      })
  void parse_rightText_isTheSameText(String text) {
    assertThat(Way.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource({
    "ssl, '\"ssl\" is none of plain, tls'",
    "h2, is not a whole number",
    "h2:20000, 20000 streams are not in 0 to 10000",
    "connect:a, is not HOST:PORT",
    "h2:1+absolute:a:1, the absolute form is HTTP/1.1's"
  })
  void parse_wrongText_saysWhatWouldBeRight(String text, String message) {
    assertThatThrownBy(() -> Way.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"tls, 0", "tls1.2, 0", "tls, 1000000"})
  void tls_wholeBodies(String way, long rate) throws Exception {
    try (Origin origin = Origin.start(new InetSocketAddress(LOOPBACK, 0), SEED);
        TlsFront front = TlsFront.start(folder, origin.port(), "http/1.1")) {
      assertWhole(read(front.port(), way, 20, rate), 20);
    }
  }

  @Test
  void tls_serverWithoutHttp2_saysSo() throws Exception {
    try (Origin origin = Origin.start(new InetSocketAddress(LOOPBACK, 0), SEED);
        TlsFront front = TlsFront.start(folder, origin.port())) {
      assertThat(read(front.port(), "tls+h2:1", 1, 0).reasons())
          .containsEntry("cannot connect: the server does not agree on HTTP/2", 1L);
    }
  }

  @Test
  void tls_plainServer_isRefused() throws Exception {
    RawOrigin.Script script = connection -> connection.write("HTTP/1.1 400 No TLS\r\n\r\n");
    try (RawOrigin origin = RawOrigin.start(script)) {
      assertThat(read(origin.port(), "tls", 2, 0).reasons().keySet())
          .singleElement()
          .asString()
          .startsWith("cannot connect: TLS: ");
    }
  }

  @ParameterizedTest
  @CsvSource({"h2:10, 0, 30", "h2:10, 200000, 30", "h2:7, 0, 1", "h2:3, 300000, 8"})
  void http2_wholeBodies(String way, long rate, int count) throws Exception {
    Http2Script script = new Http2Script(sequence, 0);
    try (RawOrigin origin = RawOrigin.start(script)) {
      assertWhole(read(origin.port(), way, count, rate), count);
      assertThat(origin.failures()).isEmpty();
    }
    int window = rate == 0 ? Http2Connection.FAST_WINDOW_BYTES : Http2Connection.SLOW_WINDOW_BYTES;
    assertThat(script.outstandingMax.get()).isBetween(1L, (long) window);
  }

  @Test
  void http2_overTls_wholeBodies() throws Exception {
    try (RawOrigin origin = RawOrigin.start(new Http2Script(sequence, 0));
        TlsFront front = TlsFront.start(folder, origin.port(), "h2")) {
      assertWhole(read(front.port(), "tls+h2:4", 10, 0), 10);
    }
  }

  @Test
  void http2_slow_isHeldToItsRate() throws Exception {
    try (RawOrigin origin = RawOrigin.start(new Http2Script(sequence, 0))) {
      Readers.Summary summary = read(origin.port(), "h2:5", 5, 100_000);
      assertWhole(summary, 5);
      assertThat(summary.rateMax()).isLessThan(200_000);
    }
  }

  @Test
  void http2_beyondTheWindow_fails() throws Exception {
    try (RawOrigin origin = RawOrigin.start(new Http2Script(sequence, 5_000))) {
      assertThat(read(origin.port(), "h2:2", 2, 50_000).reasons())
          .containsEntry("more bytes than the window allows", 2L);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "8d5c0130, status 404",
    "48820fff, no digit",
    "480335303300, end in the middle",
    "48826402, status 302",
    "be00, entry 62"
  })
  void http2_badHeads_failEach(String fields, String reason) throws Exception {
    byte[] status = HexFormat.of().parseHex(fields);
    try (RawOrigin origin = RawOrigin.start(new Http2Script(sequence, 0, status))) {
      Readers.Summary summary = read(origin.port(), "h2:3", 3, 0);
      assertThat(summary.progress().failed()).isEqualTo(3);
      assertThat(summary.reasons().keySet()).singleElement().asString().contains(reason);
    }
  }

  @Test
  void http2_otherSeed_failsEachStreamAlone() throws Exception {
    try (RawOrigin origin = RawOrigin.start(new Http2Script(new SeededBytes(8), 0))) {
      assertThat(read(origin.port(), "h2:4", 4, 0).reasons()).containsEntry("wrong byte", 4L);
    }
  }

  @Test
  void http2_closedInTheMiddle_failsAll() throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readExactly(100);
          connection.halfClose();
          connection.readToEnd();
        };
    try (RawOrigin origin = RawOrigin.start(script)) {
      assertThat(read(origin.port(), "h2:4", 4, 0).reasons())
          .containsEntry("closed before the body was complete", 4L);
    }
  }

  private RawOrigin proxy(RawOrigin.Script opening) throws Exception {
    return RawOrigin.start(
        connection -> {
          opening.serve(connection);
          assertThat(connection.readHead()).startsWith("GET /bytes/100000 HTTP/1.1\r\n");
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
          connection.write(sequence, 0, BODY_BYTES);
        });
  }

  @Test
  void connect_wholeBodies() throws Exception {
    RawOrigin.Script opening =
        connection -> {
          assertThat(connection.readHead())
              .isEqualTo("CONNECT origin:80 HTTP/1.1\r\nHost: origin:80\r\n\r\n");
          connection.write("HTTP/1.1 200 Connection Esta");
          connection.write("blished\r\n\r\n");
        };
    try (RawOrigin proxy = proxy(opening)) {
      assertWhole(read(proxy.port(), "connect:origin:80", 3, 0), 3);
      assertThat(proxy.failures()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"origin, 03066f726967696e", "127.0.0.1, 017f000001"})
  void socks5_wholeBodies(String host, String address) throws Exception {
    RawOrigin.Script opening =
        connection -> {
          assertThat(connection.readExactly(3)).containsExactly(5, 1, 0);
          connection.write(new byte[] {5});
          connection.write(new byte[] {0});
          byte[] request = connection.readExactly(5 + address.length() / 2);
          assertThat(request).asHexString().isEqualToIgnoringCase("050100" + address + "0050");
          connection.write(new byte[] {5, 0, 0, 3, 1, 'x', 0, 0});
        };
    try (RawOrigin proxy = proxy(opening)) {
      assertWhole(read(proxy.port(), "socks5:" + host + ":80", 3, 1_000_000), 3);
      assertThat(proxy.failures()).isEmpty();
    }
  }

  @Test
  void socks4a_wholeBodies() throws Exception {
    RawOrigin.Script opening =
        connection -> {
          assertThat(connection.readExactly(16))
              .asHexString()
              .isEqualToIgnoringCase("040100500000000100" + "6f726967696e00");
          connection.write(new byte[] {0, 0x5a, 0, 0, 0, 0, 0, 0});
        };
    try (RawOrigin proxy = proxy(opening)) {
      assertWhole(read(proxy.port(), "socks4a:origin:80", 3, 0), 3);
      assertThat(proxy.failures()).isEmpty();
    }
  }

  @Test
  void absolute_asksForTheTarget() throws Exception {
    RawOrigin.Script script =
        connection -> {
          assertThat(connection.readHead())
              .startsWith("GET http://origin:80/bytes/100000 HTTP/1.1\r\nHost: origin:80\r\n");
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
          connection.write(sequence, 0, BODY_BYTES);
        };
    try (RawOrigin proxy = RawOrigin.start(script)) {
      assertWhole(read(proxy.port(), "absolute:origin:80", 2, 0), 2);
      assertThat(proxy.failures()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "connect:a:1, 485454502f312e3120343033204e6f0d0a0d0a, CONNECT: status 403",
    "socks4a:a:1, 005b000000000000, 'SOCKS4: version 0, code 91'",
    "socks5:a:1, 05ff, 'SOCKS5 method: version 5, code -1'",
    "socks5:a:1, 0500050200030161000000, 'SOCKS5: version 5, code 2'",
    "connect:a:1, 485454502f, closed before the tunnel was open"
  })
  void proxy_thatRefuses_failsEach(String way, String reply, String reason) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.write(HexFormat.of().parseHex(reply));
          connection.halfClose();
          connection.readToEnd();
        };
    try (RawOrigin proxy = RawOrigin.start(script)) {
      assertThat(read(proxy.port(), way, 2, 0).reasons())
          .containsEntry("cannot connect: " + reason, 2L);
    }
  }
}
