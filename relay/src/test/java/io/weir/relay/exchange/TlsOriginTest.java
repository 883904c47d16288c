package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.Connector;
import io.weir.relay.http.Reason;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Origins behind TLS: who they are is checked, and their bytes are right, with both providers. */
final class TlsOriginTest {
  private static final SeededBytes BYTES = new SeededBytes(13);
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final int BODY_BYTES = 6_000_011;

  @TempDir private static Path directory;
  private static TlsPeer.Identity identity;

  @BeforeAll
  static void makeCertificate() throws Exception {
    identity = TlsPeer.Identity.make(directory, "ip:127.0.0.1");
  }

  private static RelayFixture.Builder verified(TlsPeer peer, boolean jdk) throws Exception {
    return to("127.0.0.1", peer, jdk, false);
  }

  private static RelayFixture.Builder to(String host, TlsPeer peer, boolean jdk, boolean insecure)
      throws Exception {
    String url = "https://" + host + ":" + peer.port();
    Connector.Tls tls =
        OriginTls.of(
            Origin.parse(url), jdk, insecure, insecure ? null : identity.certificate().toFile());
    return RelayFixture.to(url).tls(tls);
  }

  private static void answerOnce(TlsPeer.Connection connection) throws Exception {
    while (!connection.readHead().isEmpty()) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void certificate_ofTheNamedAuthority_isAcceptedAndReused(boolean raw, boolean jdk)
      throws Exception {
    try (TlsPeer peer = TlsPeer.start(identity, TlsOriginTest::answerOnce);
        RelayFixture relay = OriginFaultsTest.start(raw, verified(peer, jdk));
        RawClient client = relay.client()) {
      for (int i = 0; i < 3; i++) {
        client.write(GET);
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(client.readBody(head)).asString().isEqualTo("hello");
      }
      assertThat(peer.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,localhost,false,false", "true,false,localhost,false,false",
    "false,false,localhost,false,false", "true,true,localhost,true,true",
    "true,false,localhost,true,true",
  })
  void certificate_forAnotherHost_isRefusedUnlessInsecure(
      boolean raw, boolean jdk, String host, boolean insecure, boolean accepted) throws Exception {
    try (TlsPeer peer = TlsPeer.start(identity, TlsOriginTest::answerOnce);
        RelayFixture relay = OriginFaultsTest.start(raw, to(host, peer, jdk, insecure));
        RawClient client = relay.client()) {
      client.write(GET);
      String head = client.readHead();
      assertThat(head).startsWith(accepted ? "HTTP/1.1 200 " : "HTTP/1.1 502 ");
      assertThat(RawConnection.header(head, "Weir-Error"))
          .isEqualTo(accepted ? null : "origin-tls");
      client.readBody(head);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void certificate_thatHasExpired_isRefusedWithTheReason(boolean raw, boolean jdk)
      throws Exception {
    TlsPeer.Identity expired = TlsPeer.Identity.makeExpired(directory, "ip:127.0.0.1");
    try (TlsPeer peer = TlsPeer.start(expired, TlsOriginTest::answerOnce)) {
      String url = "https://127.0.0.1:" + peer.port();
      Connector.Tls tls =
          OriginTls.of(Origin.parse(url), jdk, false, false, expired.certificate().toFile());
      try (RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(url).tls(tls));
          RawClient client = relay.client()) {
        client.write(GET);
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 502 ").contains("Weir-Error: origin-tls");
        assertThat(client.readBody(head)).asString().contains("the certificate has expired");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false"})
  void certificate_ofAnUnknownAuthority_isRefused(boolean raw, boolean jdk) throws Exception {
    try (TlsPeer peer = TlsPeer.start(identity, TlsOriginTest::answerOnce)) {
      String url = "https://127.0.0.1:" + peer.port();
      Connector.Tls tls = OriginTls.of(Origin.parse(url), jdk, false, null);
      try (RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(url).tls(tls));
          RawClient client = relay.client()) {
        client.write(GET);
        assertThat(client.readHead()).contains("Weir-Error: origin-tls");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,length,0",
    "true,false,length,0",
    "false,false,length,0",
    "true,true,close,4096",
    "true,false,close,4096",
    "true,false,chunked,4096",
    "false,true,chunked,4096",
  })
  void largeBody_fromATlsOrigin_arrivesByteForByte(
      boolean raw, boolean jdk, String kind, int receiveBytes) throws Exception {
    try (TlsPeer peer =
            TlsPeer.start(
                identity,
                connection -> {
                  connection.readHead();
                  connection.write(
                      switch (kind) {
                        case "length" ->
                            "HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n";
                        case "close" -> "HTTP/1.1 200 OK\r\n\r\n";
                        default ->
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + Integer.toHexString(BODY_BYTES)
                                + "\r\n";
                      });
                  connection.write(BYTES, BODY_BYTES);
                  if (kind.equals("chunked")) {
                    connection.write("\r\n0\r\n\r\n");
                  }
                });
        RelayFixture relay = OriginFaultsTest.start(raw, verified(peer, jdk));
        RawClient client =
            RawClient.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port()),
                receiveBytes,
                RawClient.TIME_LIMIT_MILLIS)) {
      client.write(GET);
      byte[] body = client.readBody(client.readHead());
      assertThat(body).hasSize(BODY_BYTES);
      assertThat(BYTES.mismatch(body, 0, body.length, 0)).isEqualTo(-1);
      assertThat(relay.awaitEnd(1).reason()).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true"})
  void upload_toATlsOrigin_arrivesByteForByte(boolean raw, boolean jdk) throws Exception {
    try (TlsPeer peer =
            TlsPeer.start(
                identity,
                connection -> {
                  connection.readHead();
                  long wrong = connection.readSeeded(BYTES, BODY_BYTES);
                  connection.write(
                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (wrong < 0 ? "ok" : "no"));
                  connection.readHead();
                });
        RelayFixture relay = OriginFaultsTest.start(raw, verified(peer, jdk));
        RawClient client = relay.client()) {
      client.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
      client.write(BYTES, 0, BODY_BYTES);
      assertThat(client.readBody(client.readHead())).asString().isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void streamWithoutCloseNotify_isABrokenTransfer(boolean raw, boolean jdk) throws Exception {
    try (TlsPeer peer =
            TlsPeer.start(
                identity,
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\n\r\n");
                  connection.write(BYTES, 50_000);
                  connection.plain().shutdownOutput();
                  connection.plain().getInputStream().readAllBytes();
                });
        RelayFixture relay = OriginFaultsTest.start(raw, verified(peer, jdk));
        RawClient client = relay.client()) {
      client.write(GET);
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readToEnd().text()).doesNotEndWith("0\r\n\r\n");
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_BROKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,fin",
    "true,false,fin",
    "false,true,fin",
    "true,false,rst",
    "true,true,garbage",
    "true,false,garbage",
  })
  void origin_breaksTheHandshake_clientGets502(boolean raw, boolean jdk, String how)
      throws Exception {
    try (TlsPeer peer =
            TlsPeer.start(
                identity,
                connection -> {
                  connection.plain().getInputStream().read();
                  switch (how) {
                    case "fin" -> connection.plain().shutdownOutput();
                    case "rst" -> connection.plain().setSoLinger(true, 0);
                    default -> connection.plain().getOutputStream().write(new byte[100]);
                  }
                  if (!how.equals("rst")) {
                    connection.plain().getInputStream().readAllBytes();
                  }
                });
        RelayFixture relay = OriginFaultsTest.start(raw, verified(peer, jdk));
        RawClient client = relay.client()) {
      client.write(GET);
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 502 ")
          .containsAnyOf("Weir-Error: origin-tls", "Weir-Error: origin-unreachable");
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false"})
  void origin_silentInTheHandshake_clientGets504(boolean raw, boolean jdk) throws Exception {
    try (TlsPeer peer =
            TlsPeer.start(
                identity, connection -> connection.plain().getInputStream().readAllBytes());
        RelayFixture relay =
            OriginFaultsTest.start(raw, verified(peer, jdk).connectTimeoutMillis(300));
        RawClient client = relay.client()) {
      client.write(GET);
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 504 ")
          .contains("Weir-Error: origin-connect-timeout");
    }
  }
}
