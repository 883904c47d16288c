package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.weir.load.RawClient;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginTls;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HTTP/2 to an https origin is agreed in the handshake (ALPN), or refused. */
final class Http2TlsOriginTest {
  private static final int LARGE_BYTES = 5_000_003;

  @TempDir private static Path directory;
  private static TlsPeer.Identity identity;

  @BeforeAll
  static void makeCertificate() throws Exception {
    identity = TlsPeer.Identity.make(directory, "ip:127.0.0.1");
  }

  private static SslContext http2() {
    return new JdkSslContext(
        identity.context(),
        false,
        null,
        IdentityCipherSuiteFilter.INSTANCE,
        new ApplicationProtocolConfig(
            ApplicationProtocolConfig.Protocol.ALPN,
            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
            ApplicationProtocolNames.HTTP_2),
        ClientAuth.NONE,
        null,
        false);
  }

  private static RelayFixture.Builder to(int port, boolean jdk) throws Exception {
    String url = "https://127.0.0.1:" + port;
    Connector.Tls tls =
        OriginTls.of(Origin.parse(url), jdk, false, true, identity.certificate().toFile());
    return RelayFixture.to(url).http2().tls(tls);
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void agreed_bytesAreRightBothWays(boolean raw, boolean jdk) throws Exception {
    try (Http2Origin origin = Http2Origin.start(http2());
        RelayFixture relay = to(origin.port(), jdk).raw(raw).threads(1).start();
        RawClient client = relay.client()) {
      client.write("GET /open/" + LARGE_BYTES + " HTTP/1.1\r\nHost: a\r\n\r\n");
      byte[] body = client.readBody(client.readHead());
      assertThat(body).hasSize(LARGE_BYTES);
      assertThat(Http2Origin.BYTES.mismatch(body, 0, LARGE_BYTES, 0)).isEqualTo(-1);
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + LARGE_BYTES + "\r\n\r\n");
      client.write(Http2Origin.BYTES, 0, LARGE_BYTES);
      assertThat(client.readBody(client.readHead())).asString().isEqualTo(LARGE_BYTES + " -1");
      assertThat(origin.requests().getFirst()).contains(":scheme=https\n");
      assertThat(origin.connections()).isEqualTo(1);
    }
  }

  @Test
  void originWithoutAlpn_is502WithTheReason() throws Exception {
    try (TlsPeer peer = TlsPeer.start(identity, connection -> connection.readHead());
        RelayFixture relay = to(peer.port(), false).start();
        RawClient client = relay.client()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readHead()).contains("Weir-Error: origin-no-http2");
      assertThat(client.readBody("HTTP/1.1 502 X\r\nContent-Length: 60\r\n\r\n"))
          .asString()
          .contains("The origin does not speak HTTP/2.");
    }
  }
}
