package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A forward proxy as its users have it, by the clients that they use; those missing are skipped.
 */
class ForwardProxyTest {
  private static final long SEED = 31;
  private static final int BODY_BYTES = 20_000_003;

  /** Of "U*U", and of "U*U*": vectors of crypt_blowfish. */
  private static final String ANN =
      "ann:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n";

  private static final String ANN_LATER =
      "ann:$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK\n";

  private final SeededBytes sequence = new SeededBytes(SEED);
  @TempDir static Path folder;
  private Origin origin;

  @BeforeEach
  void startOrigin() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stopOrigin() {
    origin.close();
  }

  private String place() {
    return "127.0.0.1:" + origin.port();
  }

  private static Program forward(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--forward"));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  private static Commands.Ended curl(Program weir, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "-x", weir.url("")));
    command.addAll(List.of(arguments));
    return Commands.run(command.toArray(String[]::new));
  }

  private byte[] body() {
    byte[] bytes = new byte[BODY_BYTES];
    sequence.fill(bytes, 0);
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-p"})
  void curl_byAbsoluteFormAndByConnect_getsEveryByte(String how) throws Exception {
    try (Program weir = forward("--allow", place())) {
      String url = "http://" + place() + "/bytes/" + BODY_BYTES;
      Commands.Ended ended = how.isEmpty() ? curl(weir, url) : curl(weir, how, url);
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.out()).isEqualTo(body());
      weir.awaitIdle();
    }
  }

  @Test
  void curl_toHttps_hasATunnel() throws Exception {
    Path certificate = folder.resolve("certificate.pem");
    Path key = folder.resolve("key.pem");
    Commands.Ended made =
        Commands.run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-out",
            certificate.toString(),
            "-keyout",
            key.toString());
    assertThat(made.code()).as(made.err()).isZero();
    int port = freePort();
    Process server =
        new ProcessBuilder(
                "openssl",
                "s_server",
                "-quiet",
                "-www",
                "-accept",
                "127.0.0.1:" + port,
                "-cert",
                certificate.toString(),
                "-key",
                key.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("s_server.log").toFile())
            .start();
    try (Program weir = forward("--allow", "localhost:" + port)) {
      weir.await("the server listens", () -> listens(port));
      Commands.Ended ended =
          curl(
              weir,
              "--cacert",
              certificate.toString(),
              "-w",
              "%{stderr}%{http_connect}",
              "https://localhost:" + port + "/");
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.text()).contains("s_server");
      assertThat(ended.err()).isEqualTo("200");
      weir.awaitIdle();
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void wget_throughTheProxy_getsEveryByte() throws Exception {
    Path users = Files.writeString(folder.resolve("wget-users"), ANN);
    try (Program weir = forward("--allow", place(), "--users", users.toString())) {
      Commands.Ended ended =
          Commands.run(
              "wget",
              "-q",
              "-O",
              "-",
              "-e",
              "use_proxy=yes",
              "-e",
              "http_proxy=" + weir.url(""),
              "--proxy-user=ann",
              "--proxy-password=U*U",
              "http://" + place() + "/bytes/" + BODY_BYTES);
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.out()).isEqualTo(body());
    }
  }

  // --- Users ------------------------------------------------------------------------------------

  @Test
  void curl_withNameAndPassword_isServed_andWithAWrongOneNot() throws Exception {
    Path users = Files.writeString(folder.resolve("users"), ANN);
    try (Program weir = forward("--allow", place(), "--users", users.toString())) {
      String url = "http://" + place() + "/hello";
      for (String how : List.of("--proxy-basic", "--proxy-anyauth")) {
        for (String way : List.of("-s", "-p")) {
          Commands.Ended ended = curl(weir, how, way, "-U", "ann:U*U", url);
          assertThat(ended.text()).as(ended.err()).isEqualTo("hello\n");
        }
      }
      Commands.Ended none = curl(weir, "-w", "%{stderr}%{http_code}", url);
      assertThat(none.err()).isEqualTo("407");
      Commands.Ended wrong = curl(weir, "-p", "-U", "ann:U*V", url);
      assertThat(wrong.code()).isNotZero();
      assertThat(wrong.err()).contains("407");
      assertThat(weir.failures("proxy-authentication")).isEqualTo(4); // two of them by anyauth

      Files.writeString(users, ANN_LATER);
      weir.signal("HUP");
      weir.err().await(line -> line.contains("--users: read anew"));
      assertThat(curl(weir, "-U", "ann:U*U", "-w", "%{stderr}%{http_code}", url).err())
          .isEqualTo("407");
      assertThat(curl(weir, "-U", "ann:U*U*", url).text()).isEqualTo("hello\n");

      Files.writeString(users, "ann\n");
      weir.signal("HUP");
      weir.err().await(line -> line.contains("nothing changes") && line.contains("line 1"));
      assertThat(curl(weir, "-U", "ann:U*U*", url).text()).isEqualTo("hello\n");
    }
  }

  // --- Places -----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:PORT/hello, 403",
    "http://localhost:PORT/hello, 403",
    "http://rebound.example:PORT/hello, 403",
    "http://[::ffff:127.0.0.1]:PORT/hello, 403",
    "http://[::ffff:7f00:1]:PORT/hello, 403",
    "http://[64:ff9b::7f00:1]:PORT/hello, 403",
    "http://127.0.0.1.:PORT/hello, 403",
    "http://0.0.0.0:PORT/hello, 403",
    "http://[::]:PORT/hello, 403",
    "http://127.1:PORT/hello, 400",
    "http://0x7f.1:PORT/hello, 400",
    "http://2130706433:PORT/hello, 400",
    "http://0177.0.0.1:PORT/hello, 400",
    "http://127.0.0.1%2e:PORT/hello, 400",
  })
  void origin_onThisMachine_isOutOfReachInEverySpelling(String url, int status) throws Exception {
    try (NameServer names = NameServer.start("rebound.example");
        Program weir = forward("--allow", "*:*", "--resolver", "127.0.0.1:" + names.port());
        RawClient client = weir.connect()) {
      weir.allowDescriptors(2); // of the resolver
      String target = url.replace("PORT", Integer.toString(origin.port()));
      client.write("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 " + status + " ");
      assertThat(origin.counters().accepted()).isZero();
    }
  }

  @Test
  void serve_forEverybodyBeyondLoopback_mustBeMeant() throws Exception {
    Program.Outcome refused = Program.run("serve", "--forward", "--listen", "0.0.0.0:0");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).anyMatch(line -> line.contains("--users FILE, or --open"));
    try (Program weir = forward("--listen", "0.0.0.0:0", "--open")) {
      assertThat(weir.port()).isPositive();
    }
  }

  // --- The PROXY protocol -----------------------------------------------------------------------

  @Test
  void haproxy_beforeAndBehind_saysAndHearsWhoAsks() throws Exception {
    Commands.assumeInstalled("haproxy");
    int front = freePort();
    int back = freePort();
    try (Program weir =
        Program.serve(
            "--to", "http://127.0.0.1:" + back,
            "--proxy-protocol", "127.0.0.1",
            "--send-proxy", "v2")) {
      String configuration =
          """
          defaults
            mode http
            timeout connect 5s
            timeout client 20s
            timeout server 20s
          frontend front
            mode tcp
            bind 127.0.0.1:%d
            default_backend weir
          backend weir
            mode tcp
            server weir 127.0.0.1:%d send-proxy-v2
          frontend back
            bind 127.0.0.1:%d accept-proxy
            http-request return status 200 content-type text/plain lf-string "%%[src] %%[req.hdr(X-Forwarded-For)]"
          """
              .formatted(front, weir.port(), back);
      Path file = Files.writeString(folder.resolve("haproxy.cfg"), configuration);
      Process haproxy =
          new ProcessBuilder("haproxy", "-db", "-f", file.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("haproxy.log").toFile())
              .start();
      try {
        weir.await("HAProxy listens", () -> listens(front) && listens(back));
        Commands.Ended ended =
            Commands.run(
                "curl", "-sS", "--interface", "127.0.0.77", "http://127.0.0.1:" + front + "/");
        assertThat(ended.text()).as(ended.err()).isEqualTo("127.0.0.77 127.0.0.77");
      } finally {
        haproxy.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void curl_thatSaysItIsAProxy_isBelievedOnlyIfItIsNamed() throws Exception {
    String[] url = {"--haproxy-protocol", "-sS", "-w", "%{stderr}%{http_code}"};
    for (String proxies : List.of("127.0.0.1", "10.0.0.0/8")) {
      try (Program weir = Program.serve("--to", "http://" + place(), "--proxy-protocol", proxies)) {
        List<String> command = new ArrayList<>(List.of("curl"));
        command.addAll(List.of(url));
        command.add(weir.url("/hello"));
        Commands.Ended ended = Commands.run(command.toArray(String[]::new));
        boolean named = proxies.equals("127.0.0.1");
        assertThat(ended.err()).isEqualTo(named ? "200" : "400");
        assertThat(new String(ended.out(), StandardCharsets.UTF_8))
            .contains(named ? "hello" : "No PROXY protocol header is taken from this peer");
        assertThat(weir.failures("proxy-header-untrusted")).isEqualTo(named ? 0 : 1);
      }
    }
  }
}
