package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.SeededBytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Out of descriptors, pipes, ports and places: new work is refused, and it goes on after that. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ScarcityTest {
  private static final long SEED = 43;
  private static final int BODY_BYTES = 64 << 20;

  /** Somebody without rights. */
  private static final String OTHER_USER = "64321";

  /** Holds pipes of 64 MiB, until its standard input ends. */
  private static final String PIPE_HOLDER =
      """
      use strict; $| = 1; my @all;
      for (1 .. 80) {
        pipe(my $r, my $w) or last;
        fcntl($w, 1031, 1 << 20);
        push @all, $r, $w;
      }
      print scalar(@all), "\\n"; my $end = <STDIN>;
      """;

  /**
   * Becomes a command to which the kernel refuses to size a socket's buffers: setsockopt(2) with
   * SO_SNDBUF, SO_RCVBUF or SO_BUF_LOCK is EPERM, by a filter of seccomp(2).
   */
  private static final String SECCOMP =
      """
      use strict;
      sub op { pack('S C C L', @_) }
      my $x86 = `uname -m` =~ /x86_64/;
      my ($arch, $setsockopt, $prctl) = $x86 ? (0xC000003E, 54, 157) : (0xC00000B7, 208, 167);
      my $filter = op(0x20, 0, 0, 4) . op(0x15, 0, 7, $arch)
        . op(0x20, 0, 0, 0) . op(0x15, 0, 5, $setsockopt)
        . op(0x20, 0, 0, 32) . op(0x15, 2, 0, 7) . op(0x15, 1, 0, 8) . op(0x15, 0, 1, 72)
        . op(0x06, 0, 0, 0x00050001) . op(0x06, 0, 0, 0x7fff0000);
      syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!";
      syscall($prctl, 22, 2, pack('S x6 P', length($filter) / 8, $filter)) == 0 or die "seccomp: $!";
      exec @ARGV or die;
      """;

  private final SeededBytes sequence = new SeededBytes(SEED);
  private Origin origin;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stop() {
    origin.close();
  }

  private Program serveBy(List<String> starter, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    all.addAll(List.of(options));
    return Program.serveBy(starter, all.toArray(String[]::new));
  }

  private void assertServes(Program weir) throws IOException {
    try (RawClient client = weir.connect()) {
      client.write("GET /bytes/64m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readSeeded(sequence, 0, BODY_BYTES)).isEqualTo(-1);
      assertThat(client.awaitEof()).isTrue();
    }
  }

  @Test
  void pipes_refused_bytesAreCopiedAndItSaysSoOnce() throws Exception {
    assumeThat(Commands.run("id", "-u").text().strip()).as("root").isEqualTo("0");
    List<String> other =
        List.of("setpriv", "--reuid", OTHER_USER, "--regid", OTHER_USER, "--clear-groups");
    Commands.assumeInstalled("setpriv");
    Commands.assumeInstalled("/usr/bin/perl");
    List<String> holder = new ArrayList<>(other);
    holder.addAll(List.of("/usr/bin/perl", "-e", PIPE_HOLDER));
    Process pipes = new ProcessBuilder(holder).start();
    try (BufferedReader said =
        new BufferedReader(new InputStreamReader(pipes.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(said.readLine()).isEqualTo("160");
      try (Program weir = serveBy(other)) {
        for (int i = 0; i < 4; i++) {
          assertServes(weir);
        }
        weir.err().await(line -> line.contains("a pipe of "));
        assertThat(weir.err().lines()).filteredOn(line -> line.contains("a pipe of ")).hasSize(1);
      }
    } finally {
      pipes.destroyForcibly();
    }
  }

  @Test
  void bufferSizes_refused_wholeBodiesAndItSaysSoOnce() throws Exception {
    Commands.assumeInstalled("/usr/bin/perl");
    List<String> filtered = List.of("/usr/bin/perl", "-e", SECCOMP);
    Commands.Ended may = Commands.run("/usr/bin/perl", "-e", SECCOMP, "true");
    assumeThat(may.code()).as("a filter of system calls can be set; " + may.err()).isZero();
    try (Program weir = serveBy(filtered)) {
      for (int i = 0; i < 4; i++) {
        assertServes(weir);
      }
      weir.err().await(line -> line.contains("buffer was refused (error 1)"));
      assertThat(weir.err().lines())
          .filteredOn(line -> line.contains("buffer was refused (error 1)"))
          .hasSize(1);
    }
  }

  @Test
  void connections_beyondTheLimit_areRefusedAndHealthAnswers() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try (Program weir = serveBy(List.of(), "--max-connections", "20")) {
      for (int i = 0; i < 20; i++) {
        RawClient client = weir.connect();
        clients.add(client);
        client.write("GET /disk.img HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      for (int i = 0; i < 50; i++) {
        Program.Answer answer = weir.get("/hello");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.field("Retry-After")).isEqualTo("1");
        assertThat(weir.admin("/healthz").status()).isEqualTo(200);
      }
      assertThat(weir.failures("overloaded")).isEqualTo(50);
      for (RawClient client : clients) {
        client.close();
      }
      weir.await("all are gone", () -> weir.total("open_connections") == 0);
      assertServes(weir);
    }
  }

  /** In a network of its own, with two ports to connect from. */
  @Test
  void ports_runOut_answersThatAndGoesOn() throws Exception {
    Commands.assumeInstalled("nsenter");
    String setUp = "ip link set lo up && echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range";
    Commands.Ended may = Commands.run("unshare", "-rn", "sh", "-c", setUp);
    assumeThat(may.code()).as("a network namespace can be had; " + may.err()).isZero();
    List<String> starter = List.of("unshare", "-rn", "sh", "-c", setUp + " && exec \"$@\"", "sh");
    try (Program weir =
        Program.serveBy(
            starter,
            "--to",
            "http://127.0.0.1:30080",
            "--listen",
            "127.0.0.1:30001",
            "--no-admin")) {
      List<String> inside =
          List.of("nsenter", "-t", Long.toString(weir.pid()), "-U", "-n", "--preserve-credentials");
      try (LoadOrigin there = LoadOrigin.start(inside, "127.0.0.1:30080", SEED)) {
        assertThat(there.port()).isEqualTo(30080);
        Process first = slowCurl(inside, 50001);
        Process second = slowCurl(inside, 50002);
        awaitBegun(first);
        awaitBegun(second);
        Commands.Ended third = curl(inside, 50003, "/hello");
        assertThat(third.text()).endsWith(" 502").contains("no local address or port is free");
        first.destroyForcibly().waitFor();
        second.destroyForcibly().waitFor();
        int[] port = {50010};
        weir.await(
            "it serves again",
            () -> curl(inside, port[0]++, "/hello").text().equals("hello\n 200"));
      }
    }
  }

  private static List<String> curlCommand(List<String> inside, int port, String path) {
    List<String> command = new ArrayList<>(inside);
    command.addAll(List.of("curl", "-s", "-N", "--local-port", Integer.toString(port)));
    command.addAll(List.of("-w", " %{http_code}", "http://127.0.0.1:30001" + path));
    return command;
  }

  private static Commands.Ended curl(List<String> inside, int port, String path) throws Exception {
    return Commands.run(curlCommand(inside, port, path).toArray(String[]::new));
  }

  private static Process slowCurl(List<String> inside, int port) throws IOException {
    List<String> command = curlCommand(inside, port, "/disk.img");
    command.addAll(List.of("--limit-rate", "100k"));
    return new ProcessBuilder(command).start();
  }

  private static void awaitBegun(Process curl) throws IOException {
    assertThat(curl.getInputStream().read()).isNotNegative();
  }
}
