package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.http.Reason;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginTls;
import io.weir.relay.proxyprotocol.ProxyHeaderWriter;
import io.weir.relay.tls.ServerTls;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PROXY protocol headers come before TLS, on both sides. */
final class ProxiedTlsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String LINE = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";

  @TempDir private static Path folder;
  private TlsPeer.@Nullable Identity made;

  @BeforeEach
  void make() throws Exception {
    made = TlsPeer.Identity.make(folder, "ip:127.0.0.1");
  }

  private TlsPeer.Identity identity() {
    return java.util.Objects.requireNonNull(made);
  }

  private static String line(Socket from) throws IOException {
    StringBuilder line = new StringBuilder();
    InputStream in = from.getInputStream();
    while (line.indexOf("\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return line + " and no more";
      }
      line.append((char) next);
    }
    return line.toString();
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true"})
  void header_beforeTls_isTakenAndSentOnBeforeTls(boolean raw, boolean jdk) throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    List<String> heads = new CopyOnWriteArrayList<>();
    TlsPeer.Script script =
        connection -> {
          lines.add(line(connection.plain()));
          heads.add(connection.readHead());
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        };
    try (TlsPeer peer = TlsPeer.start(identity(), script);
        ServerTls tls = TlsClients.server(identity(), jdk)) {
      String url = "https://127.0.0.1:" + peer.port();
      Connector.Tls origin = OriginTls.of(Origin.parse(url), jdk, true, false, null);
      try (RelayFixture relay =
              OriginFaultsTest.start(
                  raw,
                  RelayFixture.to(url)
                      .tls(origin)
                      .serverTls(tls)
                      .sendProxy(ProxyHeaderWriter.V1)
                      .behind("127.0.0.1"));
          Socket plain = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
        plain.getOutputStream().write(LINE.getBytes(ISO_8859_1));
        try (RawClient client = RawClient.over(TlsClients.over(plain, relay.port()))) {
          client.write(GET);
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 200 ");
          assertThat(client.readBody(head)).asString().isEqualTo("hello");
        }
        assertThat(lines).containsExactly(LINE);
        assertThat(heads.getFirst())
            .contains("X-Forwarded-For: 192.0.2.1\r\n", "X-Forwarded-Proto: https\r\n");
        assertThat(relay.awaitEnd(1).peer().getHostString()).isEqualTo("192.0.2.1");
      }
    }
  }

  @Test
  void handshake_withoutAHeaderFromAProxy_isRefused() throws Exception {
    try (TlsPeer peer = TlsPeer.start(identity(), TlsPeer.Connection::readHead);
        ServerTls tls = TlsClients.server(identity(), true);
        RelayFixture relay =
            RelayFixture.to("http://127.0.0.1:" + peer.port())
                .serverTls(tls)
                .behind("127.0.0.1")
                .start()) {
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> TlsClients.connect(relay.port(), "TLSv1.3")))
          .isInstanceOf(IOException.class);
      relay.awaitFailure(Reason.PROXY_HEADER, 1);
      assertThat(peer.accepted()).isZero();
    }
  }
}
