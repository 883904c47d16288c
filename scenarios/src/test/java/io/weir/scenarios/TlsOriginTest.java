package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An https origin whose certificate nobody has signed but itself. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsOriginTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final int BODY_BYTES = 20_000_003;
  private static final int UPLOAD_BYTES = 3_000_001;

  private final SeededBytes sequence = new SeededBytes(16);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  @TempDir static Path folder;
  private HttpsServer origin;
  private Path certificate;

  @BeforeAll
  void startOrigin() throws Exception {
    Path keys = folder.resolve("keys.p12");
    certificate = folder.resolve("certificate.pem");
    keytool(
        keys, "-genkeypair", "-keyalg", "EC", "-dname", "CN=origin", "-ext", "san=ip:127.0.0.1");
    keytool(keys, "-exportcert", "-rfc", "-file", certificate.toString());
    origin = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    origin.setHttpsConfigurator(new HttpsConfigurator(context(keys)));
    origin.createContext("/", this::answer);
    origin.setExecutor(threads);
    origin.start();
  }

  private static void keytool(Path keys, String command, String... arguments) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), command));
    words.addAll(Arrays.asList(arguments));
    words.addAll(
        List.of(
            "-alias", "origin", "-keystore", keys.toString(), "-storepass", new String(PASSWORD)));
    Commands.Ended ended = Commands.run(words.toArray(String[]::new));
    assertThat(ended.code()).as(ended.text() + ended.err()).isZero();
  }

  private static SSLContext context(Path keys) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  /** Answers a GET with seeded bytes and a PUT with the index of its first wrong byte. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] sent = exchange.getRequestBody().readAllBytes();
      byte[] body = new byte[BODY_BYTES];
      sequence.fill(body, 0);
      if (exchange.getRequestMethod().equals("PUT")) {
        String finding = sent.length + " " + sequence.mismatch(sent, 0, sent.length, 0);
        body = finding.getBytes(StandardCharsets.US_ASCII);
      }
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @AfterAll
  void stopOrigin() {
    origin.stop(0);
    threads.shutdownNow();
  }

  private String url(String host) {
    return "https://" + host + ":" + origin.getAddress().getPort();
  }

  private void assertServes(Program weir) throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readSeeded(sequence, 0, BODY_BYTES)).isEqualTo(-1);
      client.write("PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + UPLOAD_BYTES + "\r\n\r\n");
      client.write(sequence, 0, UPLOAD_BYTES);
      assertThat(client.readBody(client.readHead())).asString().isEqualTo(UPLOAD_BYTES + " -1");
    }
  }

  @Test
  void certificate_ofNobody_isRefusedByDefault() throws Exception {
    try (Program weir = Program.serve("--to", url("127.0.0.1"))) {
      Program.Answer answer = weir.get("/");
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.field("Weir-Error")).isEqualTo("origin-tls");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "jdk"})
  void originCa_trustsIt(String provider) throws Exception {
    try (Program weir =
        Program.serve(
            "--to",
            url("127.0.0.1"),
            "--origin-ca",
            certificate.toString(),
            "--tls-provider",
            provider)) {
      assertServes(weir);
    }
  }

  @Test
  void originCa_withAnotherHostName_isRefused() throws Exception {
    try (Program weir =
        Program.serve("--to", url("localhost"), "--origin-ca", certificate.toString())) {
      Program.Answer answer = weir.get("/");
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.field("Weir-Error")).isEqualTo("origin-tls");
    }
  }

  @Test
  void insecureOrigin_takesItAndSaysSo() throws Exception {
    try (Program weir = Program.serve("--to", url("localhost"), "--insecure-origin")) {
      assertThat(weir.err().lines())
          .filteredOn(line -> line.contains("the origin's certificate is not checked"))
          .hasSize(1);
      assertServes(weir);
    }
  }

  @Test
  void origin_thatSpeaksNoTls_is502() throws Exception {
    try (RawOrigin plain = RawOrigin.start(connection -> connection.write("220 plain\r\n"));
        Program weir =
            Program.serve("--to", "https://127.0.0.1:" + plain.port(), "--insecure-origin")) {
      assertThat(weir.get("/").field("Weir-Error")).isEqualTo("origin-tls");
    }
  }

  @Test
  void client_leavesMidDownload_leavesNothing() throws Exception {
    try (Program weir = Program.serve("--to", url("127.0.0.1"), "--insecure-origin")) {
      for (int i = 0; i < 5; i++) {
        try (RawClient client = weir.connect()) {
          client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
          client.readHead();
          client.readExactly(100_000 * (i + 1));
          client.reset();
        }
      }
      assertServes(weir);
    }
  }

  @Test
  void launcher_withTlsInJava_saysOnceWhatItCosts() throws Exception {
    try (Program weir =
        Program.serveByLauncher(
            "--to",
            url("127.0.0.1"),
            "--origin-ca",
            certificate.toString(),
            "--tls-provider",
            "jdk")) {
      assertThat(weir.err().lines())
          .filteredOn(line -> line.contains("TLS runs in Java, as asked by --tls-provider jdk"))
          .hasSize(1);
      Path commandLine = Path.of("/proc/" + weir.pid() + "/cmdline");
      assertThat(Files.readString(commandLine).split("\0", -1)).contains("-XX:TieredStopAtLevel=4");
      assertServes(weir);
    }
  }
}
