package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.SeededBytes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Other people's clients that come over TLS, with certificates that weir itself made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsListenerTest {
  private static final long SEED = 23;
  private static final int BODY_BYTES = 30_000_001;

  @TempDir static Path folder;
  private Origin origin;
  private Path first;
  private Path second;

  @BeforeAll
  void prepare() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    first = certificate("first", "localhost", "127.0.0.1");
    second = certificate("second", "second.test", "*.wild.test");
  }

  @AfterAll
  void stopOrigin() {
    origin.close();
  }

  private static Path certificate(String directory, String... names) throws Exception {
    Path made = Files.createDirectories(folder.resolve(directory));
    List<String> words = new ArrayList<>(List.of("cert", "--out", made.toString()));
    words.addAll(List.of(names));
    assertThat(Program.run(words.toArray(String[]::new)).exitCode()).isZero();
    return made;
  }

  private static String cert(Path made) {
    return made.resolve("cert.pem").toString();
  }

  private static String key(Path made) {
    return made.resolve("key.pem").toString();
  }

  private Program serve(String... more) throws Exception {
    List<String> options = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    options.addAll(List.of("--tls-cert", cert(first), "--tls-key", key(first)));
    options.addAll(List.of(more));
    return Program.serve(options.toArray(String[]::new));
  }

  private static Commands.Ended curl(Path trusted, String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("curl", "-sS", "--max-time", "50"));
    words.addAll(List.of("--cacert", cert(trusted)));
    words.addAll(List.of(more));
    return Commands.run(words.toArray(String[]::new));
  }

  private static String url(Program weir, String path) {
    return "https://127.0.0.1:" + weir.port() + path;
  }

  @Test
  void key_thatWasMade_isReadableByItsOwnerAlone() throws Exception {
    assertThat(Files.getPosixFilePermissions(Path.of(key(first))))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Program.run("cert", "--out", first.toString(), "a").exitCode()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"--tls-max,1.2,auto", "--tlsv1.3,--compressed,auto", "--tlsv1.3,--compressed,jdk"})
  void curl_ofEachVersion_getsTheBytes(String option, String value, String provider)
      throws Exception {
    try (Program weir = serve("--tls-provider", provider)) {
      Commands.Ended ended = curl(first, option, value, url(weir, "/bytes/" + BODY_BYTES));
      assertThat(ended.err()).isEmpty();
      assertThat(ended.out()).hasSize(BODY_BYTES);
      assertThat(new SeededBytes(SEED).mismatch(ended.out(), 0, BODY_BYTES, 0)).isEqualTo(-1);
    }
  }

  @Test
  void names_areServedByTheirCertificates_andPlainTextIsToldSo() throws Exception {
    try (Program weir = serve("--tls-cert", cert(second), "--tls-key", key(second))) {
      for (String name : List.of("second.test", "a.wild.test")) {
        String at = name + ":" + weir.port();
        Commands.Ended ended =
            curl(second, "--resolve", at + ":127.0.0.1", "https://" + at + "/hello");
        assertThat(ended.text()).isEqualTo("hello\n");
      }
      assertThat(curl(second, url(weir, "/hello")).code()).isEqualTo(60); // not trusted
      Commands.Ended plain = Commands.run("curl", "-sS", weir.url("/hello"), "-w", "%{http_code}");
      assertThat(plain.text()).contains("https").endsWith("400");
    }
  }

  @Test
  void certificates_areReadAnew_onHangUp() throws Exception {
    Path live = Files.createDirectories(folder.resolve("live"));
    Files.copy(first.resolve("cert.pem"), live.resolve("cert.pem"));
    Files.copy(first.resolve("key.pem"), live.resolve("key.pem"));
    try (Program weir =
        Program.serve(
            "--to",
            "http://127.0.0.1:" + origin.port(),
            "--tls-cert",
            cert(live),
            "--tls-key",
            key(live))) {
      assertThat(curl(first, url(weir, "/hello")).text()).isEqualTo("hello\n");
      Files.writeString(live.resolve("cert.pem"), "nothing");
      weir.signal("HUP");
      weir.await(
          "it says that the files are no good",
          () -> weir.err().lines().stream().anyMatch(l -> l.contains("stay as they were")));
      assertThat(curl(first, url(weir, "/hello")).text()).isEqualTo("hello\n");
      Path renewed = certificate("renewed", "127.0.0.1");
      Files.copy(
          renewed.resolve("cert.pem"),
          live.resolve("cert.pem"),
          StandardCopyOption.REPLACE_EXISTING);
      Files.copy(
          renewed.resolve("key.pem"), live.resolve("key.pem"), StandardCopyOption.REPLACE_EXISTING);
      weir.signal("HUP");
      weir.await(
          "it says that the files were read",
          () -> weir.err().lines().stream().anyMatch(l -> l.contains("were read anew")));
      assertThat(curl(renewed, url(weir, "/hello")).text()).isEqualTo("hello\n");
      assertThat(curl(first, url(weir, "/hello")).code()).isEqualTo(60);
    }
  }

  @Test
  void client_withoutACertificate_isRefusedWhereOneIsRequired() throws Exception {
    try (Program weir = serve("--client-ca", cert(second))) {
      assertThat(curl(first, url(weir, "/hello")).code()).isNotZero();
      Commands.Ended known =
          curl(first, "--cert", cert(second), "--key", key(second), url(weir, "/hello"));
      assertThat(known.text()).isEqualTo("hello\n");
    }
  }

  /** The second connection saves the signature, by the ticket of the first. */
  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void session_isResumedByItsTicket(String version) throws Exception {
    Path session = folder.resolve("session" + version);
    try (Program weir = serve()) {
      String ask =
          "(sleep 0.3; printf 'GET /hello HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')"
              + " | openssl s_client -ign_eof -connect 127.0.0.1:"
              + weir.port()
              + " "
              + version
              + " ";
      Commands.assumeInstalled("openssl");
      assertThat(Commands.run("sh", "-c", ask + "-sess_out " + session).text())
          .contains("New, TLSv", "hello");
      assertThat(Commands.run("sh", "-c", ask + "-sess_in " + session).text())
          .contains("Reused, TLSv", "hello");
    }
  }
}
