package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.load.Origin;
import io.weir.load.SeededBytes;
import io.weir.load.SelfSigned;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** curl by every way that it has into a proxy, and wget by its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CurlWaysTest {
  private static final long SEED = 23;
  private static final int BODY_BYTES = 20_000_003;

  private final SeededBytes sequence = new SeededBytes(SEED);
  @TempDir static Path folder;
  private SelfSigned self;
  private Origin origin;

  /** Reverse, with a certificate. */
  private Program secure;

  /** Reverse, without. */
  private Program plain;

  /** Forward, with a certificate and without. */
  private Program forward;

  private Program secureForward;
  private Path upload;
  private String sha256;

  @BeforeAll
  void start() throws Exception {
    Commands.assumeInstalled("curl");
    self = SelfSigned.make(folder);
    byte[] body = bytes(0, BODY_BYTES);
    upload = Files.write(folder.resolve("upload"), body);
    sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    String to = "http://127.0.0.1:" + origin.port();
    plain = Program.serve("--to", to);
    secure = Program.serve(withCertificate("--to", to));
    forward = Program.serve("--forward", "--allow", "127.0.0.0/8:*");
    secureForward = Program.serve(withCertificate("--forward", "--allow", "127.0.0.0/8:*"));
  }

  private String[] withCertificate(String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--tls-cert", self.certificate().toString()));
    all.addAll(List.of("--tls-key", self.key().toString()));
    return all.toArray(String[]::new);
  }

  @AfterAll
  void stop() throws Exception {
    for (Program program : new Program[] {plain, secure, forward, secureForward}) {
      if (program != null) {
        program.close();
      }
    }
    if (origin != null) {
      origin.close();
    }
  }

  private byte[] bytes(long from, int length) {
    byte[] bytes = new byte[length];
    sequence.fill(bytes, from);
    return bytes;
  }

  private static Commands.Ended curl(String options, String... more) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "--noproxy", ""));
    command.addAll(List.of(options.split(" ", -1)));
    command.addAll(List.of(more));
    return Commands.run(command.toArray(String[]::new));
  }

  private static Commands.Ended whole(String options, String... more) throws Exception {
    Commands.Ended ended = curl(options, more);
    assertThat(ended.code()).as(options + ": " + ended.err()).isZero();
    return ended;
  }

  private String secureUrl(String path) {
    return "https://localhost:" + secure.port() + path;
  }

  private String originUrl(String path) {
    return "http://127.0.0.1:" + origin.port() + path;
  }

  private static String address(Program program) {
    return "127.0.0.1:" + program.port();
  }

  private void assertUploads(String options, String url) throws Exception {
    String answer = whole(options, "-T", upload.toString(), url).text();
    assertThat(Json.parse(answer)).containsEntry("sha256", sha256).containsEntry("matches", true);
  }

  @ParameterizedTest
  @CsvSource({
    "--http1.0, 1.1",
    "--http1.1, 1.1",
    "--http2, 2",
    "--http1.1 --tlsv1.2 --tls-max 1.2, 1.1",
    "--http1.1 --tlsv1.3, 1.1",
    "--http2 --tlsv1.2 --tls-max 1.2, 2",
    "--http2 --tlsv1.3, 2"
  })
  void tls_everyByteBothWays(String options, String version) throws Exception {
    String trusting = options + " --cacert " + self.certificate();
    for (String path : new String[] {"/bytes/", "/chunked/", "/close/"}) {
      Commands.Ended ended =
          whole(trusting, "-w", "%{stderr}%{http_version}", secureUrl(path + BODY_BYTES));
      assertThat(ended.out()).isEqualTo(bytes(0, BODY_BYTES));
      assertThat(ended.err()).isEqualTo(version);
    }
    assertUploads(trusting, secureUrl("/up?sha256"));
  }

  @Test
  void tls_parallelStreams_everyByte() throws Exception {
    String urls = secureUrl("/bytes/") + "[2000001-2000020]";
    Path out = Files.createDirectories(folder.resolve("parallel"));
    whole("--http2 -k --parallel --parallel-max 20", "-o", out.resolve("#1").toString(), urls);
    for (int length = 2_000_001; length <= 2_000_020; length++) {
      assertThat(Files.readAllBytes(out.resolve(Integer.toString(length))))
          .isEqualTo(bytes(0, length));
    }
  }

  @Test
  void tls_withoutTrust_curlRefuses() throws Exception {
    assertThat(curl("--http1.1", secureUrl("/hello")).code()).isEqualTo(60);
  }

  @Test
  void tls_version11_isRefused() throws Exception {
    Commands.Ended ended =
        curl("-k --tls-max 1.1 --ciphers DEFAULT:@SECLEVEL=0", secureUrl("/hello"));
    assertThat(ended.code()).as(ended.err()).isEqualTo(35);
  }

  @Test
  void plainTextToTheTlsPort_is400ThatSaysSo() throws Exception {
    Commands.Ended ended = whole("-D -", "http://localhost:" + secure.port() + "/hello");
    assertThat(ended.text()).startsWith("HTTP/1.1 400 ").containsIgnoringCase("TLS");
  }

  @ParameterizedTest
  @CsvSource({"--http2-prior-knowledge, 2", "--http2, 1.1", "--http1.0, 1.1", "--http1.1, 1.1"})
  void clearText_everyByteBothWays(String options, String version) throws Exception {
    Commands.Ended ended =
        whole(options, "-w", "%{stderr}%{http_version}", plain.url("/bytes/" + BODY_BYTES));
    assertThat(ended.out()).isEqualTo(bytes(0, BODY_BYTES));
    assertThat(ended.err()).isEqualTo(version);
    assertUploads(options, plain.url("/up?sha256"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--http1.1", "--http2-prior-knowledge"})
  void clearText_rangeHeadAndStatus(String options) throws Exception {
    Commands.Ended part = whole(options + " -r 1000000-1000063", plain.url("/bytes/20000003"));
    assertThat(part.out()).isEqualTo(bytes(1_000_000, 64));
    String head = whole(options + " -I", plain.url("/bytes/20000003")).text();
    assertThat(head).containsIgnoringCase("\r\nContent-Length: 20000003\r\n").endsWith("\r\n\r\n");
    assertThat(curl(options + " -f", plain.url("/status/404")).code()).isEqualTo(22);
  }

  private void assertThrough(String proxy) throws Exception {
    String url = originUrl("/bytes/" + BODY_BYTES);
    assertThat(whole(proxy, url).out()).isEqualTo(bytes(0, BODY_BYTES));
    assertUploads(proxy, originUrl("/up?sha256"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-x http://", "-p -x http://", "--socks4a ", "--socks5 ", "--socks5-hostname "})
  void forward_everyByteBothWays(String proxy) throws Exception {
    assertThrough(proxy + address(forward));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-x https://", "-p -x https://"})
  void forwardOverTls_everyByteBothWays(String proxy) throws Exception {
    assertThrough("--proxy-insecure " + proxy + address(secureForward));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-x http://", "--socks4a ", "--socks5 ", "--socks5-hostname "})
  void forward_toAnHttpsOrigin_isATunnelThatNobodyLooksInto(String proxy) throws Exception {
    Commands.Ended ended =
        whole(
            "--cacert " + self.certificate() + " " + proxy + address(forward),
            "-w",
            "%{stderr}%{http_version}",
            secureUrl("/bytes/" + BODY_BYTES));
    assertThat(ended.out()).isEqualTo(bytes(0, BODY_BYTES));
    assertThat(ended.err()).isEqualTo("2");
  }

  @Test
  void forward_toAPlaceThatIsNotAllowed_isRefused() throws Exception {
    Commands.Ended ended = curl("-x http://" + address(forward), "http://10.1.2.3/");
    assertThat(ended.text()).contains("10.1.2.3");
    assertThat(curl("-p -x http://" + address(forward), "http://10.1.2.3/").code()).isEqualTo(56);
    assertThat(curl("--socks5 " + address(forward), "http://10.1.2.3/").code()).isEqualTo(97);
    assertThat(curl("--socks4 " + address(forward), "http://10.1.2.3/").code()).isEqualTo(97);
  }

  @Test
  void proxyProtocol_ofATrustedPeer_everyByte() throws Exception {
    try (Program weir =
        Program.serve(
            "--to", "http://127.0.0.1:" + origin.port(), "--proxy-protocol", "127.0.0.0/8")) {
      Commands.Ended ended = whole("--haproxy-protocol", weir.url("/bytes/" + BODY_BYTES));
      assertThat(ended.out()).isEqualTo(bytes(0, BODY_BYTES));
      assertThat(curl("--http1.1", weir.url("/hello")).text()).doesNotContain("hello");
    }
  }

  @Test
  void wget_overTlsAndThroughTheProxy_everyByte() throws Exception {
    Commands.Ended ended =
        Commands.run(
            "wget",
            "-q",
            "--no-proxy",
            "--ca-certificate=" + self.certificate(),
            "-O",
            "-",
            secureUrl("/bytes/" + BODY_BYTES));
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo(bytes(0, BODY_BYTES));
    for (String url : new String[] {originUrl("/bytes/"), secureUrl("/bytes/")}) {
      Commands.Ended through =
          Commands.run(
              "wget",
              "-q",
              "--no-check-certificate",
              "-e",
              "http_proxy=http://" + address(forward),
              "-e",
              "https_proxy=http://" + address(forward),
              "-e",
              "no_proxy=",
              "-O",
              "-",
              url + BODY_BYTES);
      assertThat(through.code()).as(through.err()).isZero();
      assertThat(through.out()).isEqualTo(bytes(0, BODY_BYTES));
    }
  }

  /** Downloads by HTTP/2 through a hash, then uploads without a length. */
  private static final String NODE =
      """
      const http2 = require('http2'), crypto = require('crypto'), fs = require('fs');
      const [base, file, ca] = process.argv.slice(1);
      const session = http2.connect(base, { ca: fs.readFileSync(ca) });
      const hash = crypto.createHash('sha256');
      session.request({ ':path': '/bytes/20000003' }).pipe(hash).on('finish', () => {
        console.log('down ' + hash.digest('hex'));
        const up = session.request({ ':path': '/up?sha256', ':method': 'PUT' });
        up.on('end', () => session.close()).pipe(process.stdout);
        fs.createReadStream(file).pipe(up);
      });
      """;

  @Test
  void node_byHttp2_everyByteBothWays() throws Exception {
    Commands.Ended version = Commands.run("node", "--version");
    assumeThat(version.code()).isZero();
    Commands.Ended ended =
        Commands.run(
            "node", "-e", NODE, secureUrl(""), upload.toString(), self.certificate().toString());
    assertThat(ended.code()).as(ended.err()).isZero();
    String[] lines = ended.text().split("\n", -1);
    assertThat(lines[0]).isEqualTo("down " + sha256);
    assertThat(Json.parse(lines[1])).containsEntry("sha256", sha256);
  }
}
