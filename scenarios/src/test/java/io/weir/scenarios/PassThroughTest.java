package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Raw TCP, TLS by server name and SOCKS as users have them, by the programs that they use; those
 * missing are skipped.
 */
class PassThroughTest {
  private static final long SEED = 37;
  private static final int BODY_BYTES = 20_000_003;
  private static final String HERE = "127.0.0.1:";

  private final SeededBytes sequence = new SeededBytes(SEED);
  @TempDir static Path folder;

  private static Origin origin() throws IOException {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  private static Program tcp(int port, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--tcp", HERE + "0=" + HERE + port));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  private byte[] body() {
    byte[] bytes = new byte[BODY_BYTES];
    sequence.fill(bytes, 0);
    return bytes;
  }

  // --- Raw TCP ----------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"--quiet", "--no-splice", "--no-native"})
  void curl_overRawTcp_getsEveryByte(String option) throws Exception {
    try (Origin origin = origin();
        Program weir = tcp(origin.port(), option)) {
      Commands.Ended ended = Commands.run("curl", "-sS", weir.url("/bytes/" + BODY_BYTES));
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.out()).isEqualTo(body());
      weir.awaitIdle();
      assertThat(weir.total("downloaded_bytes")).isGreaterThan(BODY_BYTES);
    }
  }

  @Test
  void tcp_besideAnOrigin_isServedByTheSameProgram() throws Exception {
    int port = Server.freePort();
    try (Origin origin = origin();
        Program weir =
            Program.serve(
                "--to",
                "http://" + HERE + origin.port(),
                "--tcp",
                HERE + port + "=" + HERE + origin.port())) {
      for (String url : List.of(weir.url("/bytes/1000"), "http://" + HERE + port + "/bytes/1000")) {
        Commands.Ended ended = Commands.run("curl", "-sS", url);
        assertThat(ended.code()).as(ended.err()).isZero();
        assertThat(ended.out()).hasSize(1000);
      }
      weir.awaitIdle();
    }
  }

  @Test
  void redisCli_overRawTcp_storesAndFetches() throws Exception {
    Commands.assumeInstalled("redis-cli");
    int port = Server.freePort();
    try (Server redis =
            Server.start(
                port,
                folder.resolve("redis.log"),
                "redis-server",
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "");
        Program weir = tcp(redis.port())) {
      String to = Integer.toString(weir.port());
      Path value = Files.writeString(folder.resolve("value"), "v".repeat(5_000_000));
      Commands.Ended stored =
          Commands.run(
              "sh", "-c", "redis-cli -p " + to + " -x set big < " + value + " && echo done");
      assertThat(stored.text()).as(stored.err()).contains("OK", "done");
      Commands.Ended fetched = Commands.run("redis-cli", "-p", to, "get", "big");
      assertThat(fetched.out()).hasSize(5_000_001);
      Commands.Ended many =
          Commands.run("redis-benchmark", "-p", to, "-q", "-n", "5000", "-c", "50", "-t", "set");
      assertThat(many.text()).as(many.err()).contains("requests per second");
      weir.awaitIdle();
    }
  }

  @Test
  void psql_overRawTcp_getsEveryRow() throws Exception {
    Path database = postgres();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    String data = folder.resolve("database").toString();
    Commands.Ended made =
        Commands.run(
            Server.byNobody(
                database.resolve("initdb").toString(), "-A", "trust", "-U", "weir", "-D", data));
    assertThat(made.code()).as(made.err()).isZero();
    int port = Server.freePort();
    String[] command =
        Server.byNobody(
            database.resolve("postgres").toString(),
            "-D",
            data,
            "-p",
            Integer.toString(port),
            "-h",
            "127.0.0.1",
            "-k",
            folder.toString());
    try (Server server = Server.start(port, folder.resolve("postgres.log"), command);
        Program weir = tcp(server.port())) {
      String to = "host=127.0.0.1 user=weir dbname=postgres port=" + weir.port();
      Commands.Ended rows =
          Commands.run(
              "psql", to, "-Atc", "select repeat('x', 999) from generate_series(1, 20000)");
      assertThat(rows.code()).as(rows.err()).isZero();
      assertThat(rows.out()).hasSize(20_000_000);
      Commands.Ended count =
          Commands.run(
              "psql",
              to,
              "-Atc",
              "create table a (t text)",
              "-c",
              "insert into a select repeat('y', 500) from generate_series(1, 10000)",
              "-c",
              "select count(*) from a");
      assertThat(count.text()).as(count.err()).endsWith("10000\n");
      weir.awaitIdle();
    }
  }

  /** Where the programs of PostgreSQL are; skips the scenario where there are none. */
  private static Path postgres() throws IOException {
    Path all = Path.of("/usr/lib/postgresql");
    assumeThat(Files.isDirectory(all)).as("PostgreSQL is installed").isTrue();
    try (Stream<Path> versions = Files.list(all)) {
      List<Path> found =
          versions
              .map(version -> version.resolve("bin"))
              .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
              .toList();
      assumeThat(found).as("PostgreSQL's server is installed").isNotEmpty();
      return found.getFirst();
    }
  }

  /** As of nc -N: the end of the question is its FIN. */
  @Test
  void clientThatHalfCloses_getsTheAnswer() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  String asked = connection.readToEnd().text();
                  connection.write("you said " + asked);
                });
        Program weir = tcp(origin.port());
        RawClient client = weir.connect()) {
      client.write("hello");
      client.halfClose();
      assertThat(client.readToEnd().text()).isEqualTo("you said hello");
      weir.awaitIdle();
    }
  }

  // --- Peers that break -------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"KILL,client-gone", "STOP,send-timeout"})
  void curl_thatIsKilledOrStopped_leavesNothing(String signal, String reason) throws Exception {
    Commands.assumeInstalled("curl");
    try (Origin origin = origin();
        Program weir = tcp(origin.port(), "--send-timeout", signal.equals("STOP") ? "1s" : "30s")) {
      Process curl =
          new ProcessBuilder("curl", "-sS", "-o", "/dev/null", weir.url("/bytes/" + (1L << 40)))
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("curl.log").toFile())
              .start();
      try {
        weir.await("bytes pass", () -> weir.total("downloaded_bytes") > 1_000_000);
        new ProcessBuilder("kill", "-" + signal, Long.toString(curl.pid())).start().waitFor();
        weir.await("the end of its tunnel", () -> weir.failures(reason) == 1);
      } finally {
        curl.destroyForcibly().waitFor();
      }
      weir.awaitIdle();
    }
  }

  @Test
  void drain_letsATunnelGoOn_thenCutsIt() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.write(connection.readExactly(4));
                  connection.awaitEof();
                });
        Program weir = tcp(origin.port(), "--drain", "2500ms");
        RawClient client = weir.connect()) {
      client.write("ec");
      weir.await("a tunnel", () -> weir.total("uploaded_bytes") == 2);
      weir.signal("TERM");
      weir.await("it accepts no more", weir::refuses);
      client.write("ho");
      assertThat(client.readExactly(4)).asString().isEqualTo("echo");
      assertThat(client.awaitEof()).isFalse();
      assertThat(weir.awaitExit()).isEqualTo(1);
    }
  }

  // --- TLS by server name -----------------------------------------------------------------------

  private static Server https(String name) throws Exception {
    Path certificate = folder.resolve(name + ".pem");
    Path key = folder.resolve(name + ".key");
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
            "/CN=" + name,
            "-addext",
            "subjectAltName=DNS:" + name,
            "-out",
            certificate.toString(),
            "-keyout",
            key.toString());
    assertThat(made.code()).as(made.err()).isZero();
    int port = Server.freePort();
    return Server.start(
        port,
        folder.resolve(name + ".log"),
        "openssl",
        "s_server",
        "-quiet",
        "-www",
        "-accept",
        HERE + port,
        "-cert",
        certificate.toString(),
        "-key",
        key.toString());
  }

  private static Commands.Ended curl(Program weir, String name, String trusted, String... more)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "curl",
                "-sS",
                "--resolve",
                name + ":" + weir.port() + ":127.0.0.1",
                "--cacert",
                folder.resolve(trusted + ".pem").toString()));
    command.addAll(List.of(more));
    command.add("https://" + name + ":" + weir.port() + "/");
    return Commands.run(command.toArray(String[]::new));
  }

  @Test
  void curl_byServerName_meetsTheServerOfThatName() throws Exception {
    try (Server one = https("one.test");
        Server two = https("x.two.test");
        Program weir =
            Program.serve(
                "--sni",
                HERE + "0",
                "--sni-route",
                "one.test=" + HERE + one.port(),
                "--sni-route",
                "*.two.test=" + HERE + two.port())) {
      for (String version : List.of("1.2", "1.3")) {
        Commands.Ended first = curl(weir, "one.test", "one.test", "--tls-max", version);
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.text()).contains("s_server");
        Commands.Ended second = curl(weir, "x.two.test", "x.two.test", "--tls-max", version);
        assertThat(second.code()).as(second.err()).isZero();
      }
      Commands.Ended unknown = curl(weir, "other.test", "one.test");
      assertThat(unknown.code()).isEqualTo(35);
      assertThat(unknown.err()).containsIgnoringCase("unrecognized");
      Commands.Ended plain = Commands.run("curl", "-sS", weir.url("/"));
      assertThat(plain.code()).as(plain.err()).isIn(52, 56);
      weir.awaitIdle();
      assertThat(weir.failures("no-route")).isEqualTo(1);
      assertThat(weir.failures("bad-greeting")).isEqualTo(1);
    }
  }

  @Test
  void opensslClient_withoutAServerName_meetsTheDefault() throws Exception {
    try (Server one = https("default.test");
        Program weir =
            Program.serve("--sni", HERE + "0", "--sni-route", "*=" + HERE + one.port())) {
      Commands.Ended ended =
          Commands.run(
              "openssl", "s_client", "-connect", HERE + weir.port(), "-noservername", "-brief");
      assertThat(ended.err()).contains("CONNECTION ESTABLISHED", "CN = default.test");
      weir.awaitIdle();
    }
  }

  // --- SOCKS ------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"--socks5", "--socks5-hostname", "--socks4", "--socks4a"})
  void curl_bySocks_getsEveryByte(String how) throws Exception {
    try (Origin origin = origin();
        Program weir =
            Program.serve("--forward", "--allow", HERE + origin.port(), "--allow", "localhost:*")) {
      boolean named = how.equals("--socks5-hostname") || how.equals("--socks4a");
      String host = named ? "localhost" : "127.0.0.1";
      String url = "http://" + host + ":" + origin.port() + "/bytes/" + BODY_BYTES;
      Commands.Ended ended = Commands.run("curl", "-sS", how, HERE + weir.port(), url);
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.out()).isEqualTo(body());
      Commands.Ended byHttp = Commands.run("curl", "-sS", "-x", weir.url(""), url);
      assertThat(byHttp.out()).isEqualTo(body());
      weir.awaitIdle();
    }
  }

  @Test
  void curl_bySocksToAPlaceThatIsNotAllowed_isTold() throws Exception {
    try (Program weir = Program.serve("--forward")) {
      Commands.Ended ended =
          Commands.run("curl", "-sS", "--socks5", HERE + weir.port(), "http://127.0.0.1:1/");
      assertThat(ended.code()).isEqualTo(97);
      assertThat(ended.err()).contains("(2)");
      weir.awaitIdle();
      assertThat(weir.failures("forbidden")).isEqualTo(1);
    }
  }
}
