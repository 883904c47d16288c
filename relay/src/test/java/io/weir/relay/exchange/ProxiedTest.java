package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.relay.http.Reason;
import io.weir.relay.proxyprotocol.ProxyHeader;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PROXY protocol headers, taken and sent. */
final class ProxiedTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String STRANGERS = "10.0.0.0/8";
  private static final String US = "127.0.0.0/8";
  private static final String LINE = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";

  private static byte[] header(ProxyHeaderWriter version) {
    byte[] room = new byte[ProxyHeaderWriter.BYTES_MAX];
    int length =
        version.write(
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 56324),
            new InetSocketAddress(InetAddress.ofLiteral("198.51.100.1"), 443),
            room,
            0);
    return java.util.Arrays.copyOf(room, length);
  }

  private static RawOrigin.Script answering() {
    return connection -> {
      while (!connection.readHead().isEmpty()) {
        connection.write(OK);
      }
    };
  }

  @ParameterizedTest
  @CsvSource({"true,V1", "true,V2", "false,V1", "false,V2"})
  void client_behindAProxy_countsByItsAddress(boolean raw, ProxyHeaderWriter version)
      throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay =
            OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).behind(US));
        RawClient client = relay.client()) {
      byte[] header = header(version);
      for (byte b : header) { // however it is cut
        client.write(new byte[] {b});
      }
      client.write(GET + GET);
      for (int i = 1; i <= 2; i++) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        client.readExactly(2);
        assertThat(relay.awaitEnd(i).peer().getHostString()).isEqualTo("192.0.2.1");
        assertThat(relay.awaitEnd(i).peer().getPort()).isEqualTo(56324);
      }
      assertThat(origin.heads()).allMatch(head -> head.contains("X-Forwarded-For: 192.0.2.1\r\n"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY UNKNOWN\r\n", "\r\n\r\n\0\r\nQUIT\n \0\0\0"})
  void proxy_thatSpeaksForItself_countsByItsOwn(String header) throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay = RelayFixture.to(origin.port()).behind(US).start();
        RawClient client = relay.client()) {
      client.write((header + GET).getBytes(ISO_8859_1));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(relay.awaitEnd(1).peer().getHostString()).isEqualTo("127.0.0.1");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.0/8, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', proxy-header",
    "127.0.0.0/8, 'PROXY TCP4 192.0.2.1 198.51.100.1 x 443\r\n', proxy-header",
    "127.0.0.0/8, 'PROXY UDP4 192.0.2.1 198.51.100.1 1 443\r\n', proxy-header",
    "10.0.0.0/8, 'PROXY TCP4 192.0.2.1 198.51.100.1 1 443\r\n', proxy-header-untrusted",
    "10.0.0.0/8, 'PROXY garbage', proxy-header-untrusted",
  })
  void header_missingOrWrongOrFromAStranger_isRefusedWithTheReason(
      String proxies, String said, String word) throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay = RelayFixture.to(origin.port()).behind(proxies).start();
        RawClient client = relay.client()) {
      client.write(said);
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 400 ");
      assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo(word);
      client.readBody(head);
      assertThat(client.awaitEof()).isTrue();
      Reason reason = relay.awaitEnd(1).reason();
      assertThat(reason).isNotNull();
      assertThat(reason.word()).isEqualTo(word);
      assertThat(relay.totals().failures(reason)).isEqualTo(1);
      assertThat(origin.accepted()).isZero();
    }
  }

  @Test
  void stranger_withoutAHeader_isServedAsUsual() throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay = RelayFixture.to(origin.port()).behind(STRANGERS).start();
        RawClient client = relay.client()) {
      for (String piece : List.of("P", "R", "O", "P", "FIND / HTTP/1.1\r\nHost: a\r\n\r\n")) {
        client.write(piece);
      }
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(origin.heads().getFirst()).startsWith("PROPFIND / ");
    }
  }

  @Test
  void header_whereNoneIsConfigured_isNeverGuessed() throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        RawClient client = relay.client()) {
      client.write(LINE + GET);
      assertThat(client.readHead()).startsWith("HTTP/1.1 400 ");
      assertThat(origin.accepted()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "P", "PROXY TCP4 192.0.2.1", "\r\n\r\n\0\r\nQUIT\n!"})
  void proxy_thatStopsHalfway_isClosed(String said) throws Exception {
    try (RawOrigin origin = RawOrigin.start(answering());
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .behind(US)
                .timeouts(new Timeouts(700, 700, 60_000, 60_000, 60_000, 60_000))
                .start();
        RawClient late = relay.client();
        RawClient ending = relay.client();
        RawClient leaving = relay.client()) {
      for (RawClient client : List.of(late, ending, leaving)) {
        client.write(said.getBytes(ISO_8859_1));
      }
      ending.halfClose();
      leaving.reset();
      for (RawClient client : List.of(late, ending)) {
        String text = client.readToEnd().text();
        assertThat(text).matches(said.isEmpty() ? "" : "(?s)HTTP/1.1 400 .*proxy-header.*");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ProxyHeaderWriter.class)
  void origin_thatWantsAHeader_getsOneOnEachConnection(ProxyHeaderWriter version) throws Exception {
    List<ProxyHeader> headers = new CopyOnWriteArrayList<>();
    int length = version == ProxyHeaderWriter.V2 ? 28 : -1;
    RawOrigin.Script script =
        connection -> {
          byte[] header =
              length > 0
                  ? connection.readExactly(length)
                  : (connection.readLine() + "\r\n").getBytes(ISO_8859_1);
          headers.add(ProxyHeader.read(header, 0, header.length));
          connection.readHead();
          connection.write(OK);
          connection.awaitEof();
        };
    for (boolean raw : new boolean[] {true, false}) {
      headers.clear();
      try (RawOrigin origin = RawOrigin.start(script);
          RelayFixture relay =
              OriginFaultsTest.start(raw, RelayFixture.to(origin.port()).sendProxy(version));
          RawClient client = relay.client()) {
        for (int i = 0; i < 2; i++) {
          client.write(GET);
          assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
          client.readExactly(2);
        }
        origin.awaitIdle();
        assertThat(origin.accepted()).isEqualTo(2);
        InetSocketAddress us =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), client.localPort());
        InetSocketAddress there =
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), relay.port());
        assertThat(headers)
            .allSatisfy(
                header ->
                    assertThat(header)
                        .isInstanceOfSatisfying(
                            ProxyHeader.Complete.class,
                            complete -> {
                              assertThat(complete.source()).isEqualTo(us);
                              assertThat(complete.destination()).isEqualTo(there);
                            }));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnel_ofRawTcp_takesAHeaderAndSendsItOn(boolean raw) throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  lines.add(connection.readLine());
                  connection.write("hello");
                  assertThat(connection.readToEnd().text()).isEqualTo("bytes");
                });
        RelayFixture relay =
            OriginFaultsTest.start(
                raw,
                RelayFixture.to(origin.port()).tcp().sendProxy(ProxyHeaderWriter.V1).behind(US));
        RawClient client = relay.client()) {
      client.write(LINE);
      assertThat(client.readExactly(5)).asString().isEqualTo("hello");
      client.write("bytes");
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      assertThat(lines).containsExactly(LINE.strip());
      assertThat(relay.awaitEnd(1).peer().getHostString()).isEqualTo("192.0.2.1");
    }
  }

  @Test
  void stranger_ofRawTcp_mayListenFirst() throws Exception {
    try (RawOrigin origin = RawOrigin.start(connection -> connection.write("hello"));
        RelayFixture relay = RelayFixture.to(origin.port()).tcp().behind(STRANGERS).start();
        RawClient client = relay.client()) {
      assertThat(client.readToEnd().text()).isEqualTo("hello");
      client.close();
      relay.awaitIdle();
    }
  }

  @Test
  void proxy_ofRawTcpWithoutAHeader_isReset() throws Exception {
    try (RawOrigin origin = RawOrigin.start(RawConnection::readToEnd);
        RelayFixture relay = RelayFixture.to(origin.port()).tcp().behind(US).start();
        RawClient client = relay.client()) {
      client.write("SSH-2.0-x\r\n");
      assertThat(client.readToEnd().reset()).isTrue();
      relay.awaitFailure(Reason.PROXY_HEADER, 1);
      assertThat(origin.accepted()).isZero();
    }
  }

  @Test
  void header_taken_isSentOn() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  lines.add(connection.readLine());
                  connection.readHead();
                  connection.write(OK);
                });
        RelayFixture relay =
            RelayFixture.to(origin.port()).sendProxy(ProxyHeaderWriter.V1).behind(US).start();
        RawClient client = relay.client()) {
      client.write(LINE + GET);
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(lines).containsExactly(LINE.strip());
    }
  }
}
