package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.http.Reason;
import io.weir.relay.tls.ServerTls;
import io.weir.relay.tls.TlsFileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that come over TLS: their bytes, their faults, and who they and the relay are. */
final class TlsListenerTest {
  private static final SeededBytes BYTES = new SeededBytes(17);
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final int BODY_BYTES = 5_000_011;

  @TempDir private static Path directory;
  private static TlsPeer.Identity identity;
  private static TlsPeer.Identity another;

  @BeforeAll
  static void makeCertificates() throws Exception {
    identity = TlsPeer.Identity.make(directory, "dns:first.test,ip:127.0.0.1");
    another = TlsPeer.Identity.make(directory, "dns:second.test,dns:*.wild.test");
  }

  private static RawOrigin bodies(String head) throws IOException {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write(head);
            connection.write(BYTES, 0, BODY_BYTES);
            if (head.contains("Connection: close")) {
              return;
            }
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,TLSv1.3,0", "true,true,TLSv1.2,4096", "true,false,TLSv1.3,0",
    "true,false,TLSv1.3,4096", "true,false,TLSv1.2,0", "false,true,TLSv1.3,0",
    "false,false,TLSv1.3,4096", "false,false,TLSv1.2,0",
  })
  void download_overTls_arrivesByteForByte(boolean raw, boolean jdk, String version, int receive)
      throws Exception {
    try (RawOrigin origin =
            bodies("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        RawClient client =
            RawClient.over(TlsClients.shake(relay.port(), version, null, receive, null))) {
      for (int i = 1; i <= 2; i++) {
        client.write(GET);
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(client.readSeeded(BYTES, 0, BODY_BYTES)).isEqualTo(-1);
        assertThat(relay.awaitEnd(i).reason()).isNull();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void download_untilTheOriginCloses_endsWithCloseNotify(boolean raw, boolean jdk)
      throws Exception {
    try (RawOrigin origin = bodies("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        SSLSocket client = TlsClients.shake(relay.port(), "TLSv1.3", null, 0, null)) {
      client.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
      byte[] all = client.getInputStream().readAllBytes(); // fails without a close_notify
      int from = all.length - BODY_BYTES;
      assertThat(new String(all, 0, from, US_ASCII)).startsWith("HTTP/1.1 200 ");
      assertThat(BYTES.mismatch(all, from, BODY_BYTES, 0)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void originThatDies_inMidBody_isNoEndInOrder(boolean raw, boolean jdk) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
                  connection.write(BYTES, 0, 500_000);
                });
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        SSLSocket client = TlsClients.shake(relay.port(), "TLSv1.3", null, 0, null)) {
      client.getOutputStream().write(GET.getBytes(US_ASCII));
      assertThatThrownBy(() -> client.getInputStream().readAllBytes())
          .isInstanceOf(IOException.class);
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_BROKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,TLSv1.3",
    "true,false,TLSv1.3",
    "true,false,TLSv1.2",
    "false,true,TLSv1.3"
  })
  void upload_overTls_arrivesByteForByte(boolean raw, boolean jdk, String version)
      throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  String head = connection.readHead();
                  long wrong = connection.readSeeded(BYTES, 0, BODY_BYTES);
                  boolean https = head.contains("X-Forwarded-Proto: https\r\n");
                  String said = wrong < 0 && https ? "ok" : "no";
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + said);
                  connection.readHead();
                });
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        RawClient client = TlsClients.connect(relay.port(), version)) {
      client.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
      client.write(BYTES, 0, BODY_BYTES);
      assertThat(client.readBody(client.readHead())).asString().isEqualTo("ok");
    }
  }

  /** Held by nobody but the endpoint: it must show more at each look, though no byte arrives. */
  @ParameterizedTest
  @CsvSource({"true,true,30000", "true,false,30000", "false,false,30000", "true,false,7"})
  void head_ofManyRecords_isUnderstood(boolean raw, boolean jdk, int recordBytes) throws Exception {
    try (RawOrigin origin =
            bodies("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        SSLSocket client = TlsClients.shake(relay.port(), "TLSv1.3", null, 0, null)) {
      String filler = "X-Filler: " + "f".repeat(recordBytes == 7 ? 1000 : 28_000) + "\r\n";
      byte[] request = ("GET / HTTP/1.1\r\nHost: a\r\n" + filler + "\r\n").getBytes(US_ASCII);
      OutputStream out = client.getOutputStream();
      for (int from = 0; from < request.length; from += recordBytes) {
        out.write(request, from, Math.min(recordBytes, request.length - from));
      }
      RawClient reader = RawClient.over(client);
      assertThat(reader.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(reader.readSeeded(BYTES, 0, BODY_BYTES)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void requestsInOneRecord_areAnsweredInOrder(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  String head = connection.readHead();
                  while (!head.isEmpty()) {
                    String path = head.substring(4, 6);
                    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + path);
                    head = connection.readHead();
                  }
                });
        ServerTls tls = TlsClients.server(identity, false);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        RawClient client = TlsClients.connect(relay.port(), "TLSv1.3")) {
      client.write(
          "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
              + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
      for (int i = 1; i <= 3; i++) {
        assertThat(client.readBody(client.readHead())).asString().isEqualTo("/" + i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void client_thatResets_leavesNothing(boolean raw, boolean jdk) throws Exception {
    try (RawOrigin origin =
            bodies("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start()) {
      Socket plain = new Socket(InetAddress.getLoopbackAddress(), relay.port());
      SSLSocket client = TlsClients.over(plain, relay.port());
      client.getOutputStream().write(GET.getBytes(US_ASCII));
      assertThat(client.getInputStream().readNBytes(70_000)).hasSize(70_000);
      plain.setSoLinger(true, 0);
      plain.close();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
    }
  }

  /** A FIN where a close_notify should be: what came is not all. */
  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void upload_thatIsTruncated_isNotTakenForWhole(boolean raw, boolean jdk) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.readToEnd();
                });
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
      SSLSocket client = TlsClients.over(plain, relay.port());
      client
          .getOutputStream()
          .write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf".getBytes(US_ASCII));
      plain.shutdownOutput();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.CLIENT_GONE);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void plainText_whereTlsIsSpoken_isToldSo(boolean raw, boolean jdk) throws Exception {
    try (RawOrigin origin = bodies("unused");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start();
        RawClient client = relay.client()) {
      client.write(GET);
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 400 ");
      assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("plain-text");
      assertThat(client.readBody(head)).asString().contains("https");
      assertThat(relay.totals().failures(Reason.PLAIN_TEXT)).isOne();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,1603010010ff",
    "true,false,1603010010ff",
    "true,false,16030100050100000100",
    "false,false,160303ffff01",
    "true,true,16030300020100",
  })
  void handshake_thatStops_isClosedInTime(boolean raw, boolean jdk, String hex) throws Exception {
    Timeouts usual = Timeouts.DEFAULT;
    Timeouts short_ =
        new Timeouts(
            300,
            usual.keepAliveMillis(),
            usual.firstByteMillis(),
            usual.idleMillis(),
            usual.sendMillis(),
            usual.tunnelMillis());
    try (RawOrigin origin = bodies("unused");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay =
            RelayFixture.to(origin.port()).raw(raw).serverTls(tls).timeouts(short_).start();
        RawClient client = relay.client()) {
      client.write(java.util.HexFormat.of().parseHex(hex));
      client.readToEnd();
      RelayFixture.await(
          () ->
              relay.totals().failures(Reason.TLS_HANDSHAKE)
                      + relay.totals().failures(Reason.TLS_TIMEOUT)
                  == 1,
          "one failed handshake");
    }
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,false"})
  void clientThatLeaves_inTheHandshake_isCounted(boolean raw, boolean jdk) throws Exception {
    try (RawOrigin origin = bodies("unused");
        ServerTls tls = TlsClients.server(identity, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start()) {
      try (RawClient client = relay.client()) {
        client.write(new byte[] {22, 3, 1, 0, 90, 1});
      }
      relay.awaitFailure(Reason.TLS_HANDSHAKE, 1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "first.test,first.test", "second.test,second.test", "a.wild.test,second.test",
    "a.b.wild.test,first.test", "other.test,first.test", ",first.test",
  })
  void certificate_isThatOfTheNameAskedFor(String asked, String shown) throws Exception {
    for (boolean jdk : new boolean[] {true, false}) {
      try (RawOrigin origin = bodies("unused");
          ServerTls tls = new ServerTls(TlsClients.settings(List.of(identity, another), jdk));
          RelayFixture relay = RelayFixture.to(origin.port()).serverTls(tls).start();
          SSLSocket client = TlsClients.shake(relay.port(), "TLSv1.3", asked, 0, null)) {
        assertThat(names(client)).contains(shown);
      }
    }
  }

  private static String names(SSLSocket client) throws Exception {
    X509Certificate own = (X509Certificate) client.getSession().getPeerCertificates()[0];
    return String.valueOf(own.getSubjectAlternativeNames());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void reload_changesNewConnectionsAlone(boolean jdk) throws Exception {
    Path certificate = directory.resolve("live-certificate-" + jdk + ".pem");
    Path key = directory.resolve("live-key-" + jdk + ".pem");
    Files.copy(identity.certificate(), certificate);
    Files.copy(identity.key(), key);
    ServerTls.Settings settings =
        new ServerTls.Settings(
            List.of(new ServerTls.Pair(certificate, key)), false, null, false, jdk, List.of());
    try (RawOrigin origin =
            bodies("HTTP/1.1 200 OK\r\nContent-Length: " + BODY_BYTES + "\r\n\r\n");
        ServerTls tls = new ServerTls(settings);
        RelayFixture relay = RelayFixture.to(origin.port()).serverTls(tls).start();
        RawClient early = TlsClients.connect(relay.port(), "TLSv1.3")) {
      early.write(GET);
      early.readHead();
      Files.copy(another.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
      assertThatThrownBy(tls::reload)
          .isInstanceOf(TlsFileException.class)
          .hasMessageContaining("does not belong to the certificate");
      try (SSLSocket client = TlsClients.shake(relay.port(), "TLSv1.3", null, 0, null)) {
        assertThat(names(client)).contains("first.test");
      }
      Files.copy(another.key(), key, StandardCopyOption.REPLACE_EXISTING);
      tls.reload();
      try (SSLSocket client = TlsClients.shake(relay.port(), "TLSv1.3", null, 0, null)) {
        assertThat(names(client)).contains("second.test");
      }
      assertThat(early.readSeeded(BYTES, 0, BODY_BYTES)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,true,known,true", "true,true,none,false", "true,true,unknown,false",
    "true,false,none,true", "true,false,unknown,false", "false,true,known,true",
    "false,true,none,false", "false,true,unknown,false", "false,false,none,true",
  })
  void clientCertificate_isCheckedAsAsked(
      boolean jdk, boolean required, String shown, boolean served) throws Exception {
    ServerTls.Settings settings =
        new ServerTls.Settings(
            List.of(new ServerTls.Pair(identity.certificate(), identity.key())),
            false,
            another.certificate(),
            required,
            jdk,
            List.of());
    TlsPeer.@Nullable Identity own =
        switch (shown) {
          case "known" -> another;
          case "unknown" -> identity;
          default -> null;
        };
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                  connection.readHead();
                });
        ServerTls tls = new ServerTls(settings);
        RelayFixture relay = RelayFixture.to(origin.port()).serverTls(tls).start()) {
      assertThat(isServed(relay.port(), own)).isEqualTo(served);
      if (!served) {
        relay.awaitFailure(Reason.TLS_HANDSHAKE, 1);
      }
    }
  }

  /** With TLS 1.3 a client learns of a refusal when it reads. */
  private static boolean isServed(int port, TlsPeer.@Nullable Identity own) throws Exception {
    try (SSLSocket client = TlsClients.shake(port, "TLSv1.3", null, 0, own)) {
      client.getOutputStream().write(GET.getBytes(US_ASCII));
      InputStream in = client.getInputStream();
      return new String(in.readNBytes(12), US_ASCII).equals("HTTP/1.1 200");
    } catch (SSLException | java.net.SocketException refused) {
      return false;
    }
  }

  @Test
  void oldClient_whereTls13IsTheLeast_isRefused() throws Exception {
    ServerTls.Settings settings =
        new ServerTls.Settings(
            List.of(new ServerTls.Pair(identity.certificate(), identity.key())),
            true,
            null,
            false,
            false,
            List.of());
    try (RawOrigin origin = bodies("unused");
        ServerTls tls = new ServerTls(settings);
        RelayFixture relay = RelayFixture.to(origin.port()).serverTls(tls).start()) {
      assertThatThrownBy(() -> TlsClients.connect(relay.port(), "TLSv1.2"))
          .isInstanceOf(SSLException.class);
      relay.awaitFailure(Reason.TLS_HANDSHAKE, 1);
    }
  }
}
