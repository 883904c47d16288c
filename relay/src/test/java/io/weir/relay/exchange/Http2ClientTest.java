package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.tls.ServerTls;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The JDK's client over TLS, which agrees on HTTP/2 by ALPN. */
final class Http2ClientTest {
  private static final SeededBytes SEQUENCE = new SeededBytes(17);
  private static final int LENGTH = 300_000;

  private static void serve(RawConnection connection) throws Exception {
    String head = connection.readHead();
    while (!head.isEmpty()) {
      byte[] body = connection.readBody(head);
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + (LENGTH + body.length) + "\r\n\r\n");
      connection.write(SEQUENCE, 0, LENGTH);
      connection.write(body);
      head = connection.readHead();
    }
  }

  private static ServerTls tls(Path directory, boolean jdk) throws Exception {
    TlsPeer.Identity identity = TlsPeer.Identity.make(directory, "ip:127.0.0.1");
    ServerTls.Pair pair = new ServerTls.Pair(identity.certificate(), identity.key());
    return new ServerTls(
        new ServerTls.Settings(List.of(pair), false, null, false, jdk, List.of("h2", "http/1.1")));
  }

  @ParameterizedTest
  @CsvSource({"true,false", "true,true", "false,false"})
  void client_withTls_multiplexesItsRequests(boolean raw, boolean jdk, @TempDir Path directory)
      throws Exception {
    try (RawOrigin origin = RawOrigin.start(Http2ClientTest::serve);
        ServerTls tls = tls(directory, jdk);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).serverTls(tls).start()) {
      SSLContext trusting = TlsClients.context(null);
      try (HttpClient client = HttpClient.newBuilder().sslContext(trusting).build()) {
        List<CompletableFuture<HttpResponse<byte[]>>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          URI uri = URI.create("https://127.0.0.1:" + relay.port() + "/" + i);
          HttpRequest.Builder request = HttpRequest.newBuilder(uri);
          if (i % 3 == 0) {
            request.POST(HttpRequest.BodyPublishers.ofByteArray(new byte[40_000]));
          }
          asked.add(client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (int i = 0; i < asked.size(); i++) {
          HttpResponse<byte[]> response = asked.get(i).get();
          assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
          assertThat(response.body()).hasSize(LENGTH + (i % 3 == 0 ? 40_000 : 0));
          assertThat(SEQUENCE.mismatch(response.body(), 0, LENGTH, 0)).isNegative();
        }
      }
      relay.awaitIdle();
      assertThat(origin.heads()).hasSize(50);
      assertThat(origin.heads())
          .allSatisfy(head -> assertThat(head).contains("X-Forwarded-Proto: https\r\n"));
    }
  }
}
