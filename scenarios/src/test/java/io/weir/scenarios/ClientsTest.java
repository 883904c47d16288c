package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.SeededBytes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients that people have. Those that are not installed are skipped. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsTest {
  private static final long SEED = 18;
  private static final int BODY_BYTES = 20_000_003;

  /** Pipes a download through a hash, then an upload without a length from memory. */
  private static final String NODE =
      """
      const http = require('http'), crypto = require('crypto');
      const base = process.argv[1], file = process.argv[2];
      const agent = new http.Agent({ keepAlive: true });
      http.get(base + '/bytes/20000003', { agent }, (response) => {
        const hash = crypto.createHash('sha256');
        response.pipe(hash).on('finish', () => {
          console.log('down ' + hash.digest('hex'));
          const request = http.request(base + '/up?sha256', { agent, method: 'PUT' }, (answer) => {
            answer.on('end', () => agent.destroy()).pipe(process.stdout);
          });
          require('fs').createReadStream(file).pipe(request);
        });
      });
      """;

  private final SeededBytes sequence = new SeededBytes(SEED);
  @TempDir static Path folder;
  private Origin origin;
  private Program weir;
  private Path upload;
  private String sha256;

  @BeforeAll
  void start() throws Exception {
    byte[] body = bytes(0, BODY_BYTES);
    upload = Files.write(folder.resolve("upload"), body);
    sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port());
  }

  private byte[] bytes(long from, int length) {
    byte[] bytes = new byte[length];
    sequence.fill(bytes, from);
    return bytes;
  }

  @AfterAll
  void stop() throws Exception {
    weir.close();
    origin.close();
  }

  private static Commands.Ended curl(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 2];
    command[0] = "curl";
    command[1] = "-sS";
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    Commands.Ended ended = Commands.run(command);
    assertThat(ended.code()).as(ended.err()).isZero();
    return ended;
  }

  @ParameterizedTest
  @ValueSource(strings = {"/bytes/20000003", "/chunked/20000003", "/close/20000003"})
  void curl_downloads_everyByte(String path) throws Exception {
    assertThat(curl(weir.url(path)).out()).isEqualTo(bytes(0, BODY_BYTES));
    assertThat(curl("--compressed", weir.url(path)).out()).isEqualTo(bytes(0, BODY_BYTES));
    assertThat(curl("-0", weir.url(path)).out()).isEqualTo(bytes(0, BODY_BYTES));
  }

  @Test
  void curl_twoUrls_keepsItsConnection() throws Exception {
    String connects = "%{stderr}%{num_connects}\n";
    Commands.Ended ended =
        curl("-w", connects, weir.url("/hello"), weir.url("/chunked/10"), weir.url("/hello"));
    assertThat(ended.err()).isEqualTo("1\n0\n0\n");
    assertThat(ended.text()).startsWith("hello\n").endsWith("hello\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Transfer-Encoding: chunked", "Expect: 100-continue", "X-Plain: 1"})
  void curl_uploads_everyByte(String field) throws Exception {
    String url = weir.url("/up?sha256");
    String answer = curl("-T", upload.toString(), "-H", field, url).text();
    assertThat(Json.parse(answer)).containsEntry("sha256", sha256).containsEntry("matches", true);
  }

  @Test
  void curl_uploadsFromHttp10_everyByte() throws Exception {
    String answer = curl("-0", "-T", upload.toString(), weir.url("/up?sha256")).text();
    assertThat(Json.parse(answer)).containsEntry("sha256", sha256).containsEntry("matches", true);
  }

  @Test
  void curl_range_getsThatPart() throws Exception {
    Commands.Ended part = curl("-r", "1000000-1000063", "-D", "-", weir.url("/bytes/20000003"));
    assertThat(part.text()).startsWith("HTTP/1.1 206 ");
    byte[] expected = bytes(1_000_000, 64);
    assertThat(part.out()).endsWith(expected);
  }

  @Test
  void curl_head_hasTheLengthAndNoBody() throws Exception {
    String head = curl("-I", weir.url("/bytes/20000003")).text();
    assertThat(head).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\n");
    assertThat(head).contains("\r\nContent-Length: 20000003\r\n");
  }

  @Test
  void wget_downloads_everyByte() throws Exception {
    Commands.Ended ended = Commands.run("wget", "-q", "-O", "-", weir.url("/bytes/20000003"));
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo(bytes(0, BODY_BYTES));
  }

  @Test
  void wget_continues_whereItStopped() throws Exception {
    Path part = Files.write(folder.resolve("part"), bytes(0, 7_654_321));
    Commands.Ended ended =
        Commands.run("wget", "-q", "-c", "-O", part.toString(), weir.url("/bytes/20000003"));
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(Files.readAllBytes(part)).isEqualTo(bytes(0, BODY_BYTES));
  }

  @Test
  void node_pipesDownloadAndUpload_everyByte() throws Exception {
    Commands.Ended ended = Commands.run("node", "-e", NODE, weir.url(""), upload.toString());
    assertThat(ended.code()).as(ended.err()).isZero();
    String[] lines = ended.text().split("\n", -1);
    assertThat(lines[0]).isEqualTo("down " + sha256);
    assertThat(Json.parse(lines[1])).containsEntry("sha256", sha256).containsEntry("matches", true);
  }
}
