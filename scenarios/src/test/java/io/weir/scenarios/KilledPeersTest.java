package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.SeededBytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients and origins that are killed (SIGKILL) in any state. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class KilledPeersTest {
  private static final long SEED = 42;
  private static final int KILLS = Program.LONG ? 1_000 : 100;
  private static final int AT_ONCE = 4;
  private static final int BODY_BYTES = 1 << 20;
  private static final double KERNEL_MB_MAX = 1;

  /** Forks a process for each connection, says its number, and answers in small steps. */
  private static final String FORKING_ORIGIN =
      """
      use IO::Socket::INET; $SIG{CHLD} = 'IGNORE'; $| = 1;
      my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64) or die;
      print $s->sockport, "\\n";
      while (my $c = $s->accept) {
        if (!fork) {
          print "$$\\n"; $c->autoflush(1);
          my $head = '';
          while (my $line = <$c>) { $head .= $line; last if $line eq "\\r\\n"; }
          if ($head =~ /^PUT/) { sleep 60; }
          my $chunked = $head =~ m{/chunked};
          print $c "HTTP/1.1 200 OK\\r\\n",
            $chunked ? "Transfer-Encoding: chunked\\r\\n\\r\\n" : "Content-Length: 1048576\\r\\n\\r\\n";
          for (1 .. 64) {
            my $part = 'x' x 16384;
            print $c $chunked ? "4000\\r\\n$part\\r\\n" : $part;
            select undef, undef, undef, 0.0005;
          }
          print $c "0\\r\\n\\r\\n" if $chunked;
          sleep 60;
        }
        close $c;
      }
      """;

  @TempDir static Path folder;

  @Test
  void clients_killedInEveryState_leaveNothingBehind() throws Exception {
    Commands.assumeInstalled("curl");
    Random random = new Random(SEED);
    Path upload = folder.resolve("upload");
    byte[] bytes = new byte[BODY_BYTES];
    new SeededBytes(SEED).fill(bytes, 0);
    Files.write(upload, bytes);
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
        Program weir = Program.serve("--to", "http://127.0.0.1:" + origin.port())) {
      for (int i = 0; i < KILLS; i += AT_ONCE) {
        Process[] clients = new Process[AT_ONCE];
        for (int k = 0; k < AT_ONCE; k++) {
          clients[k] = client(random, weir, upload);
        }
        for (Process client : clients) {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
          client.destroyForcibly();
        }
        for (Process client : clients) {
          client.waitFor();
        }
      }
      assertThat(origin.await(counters -> counters.open() == 0, 20_000)).isTrue();
      assertNothingLeft(weir);
      assertThat(weir.get("/bytes/1m").body()).isEqualTo(bytes);
    }
  }

  private static Process client(Random random, Program weir, Path upload) throws IOException {
    String rate = Integer.toString(1 << (18 + random.nextInt(8)));
    List<String> curl = List.of("curl", "-s", "-o", "/dev/null", "--limit-rate", rate);
    List<String> rest =
        switch (random.nextInt(5)) {
          case 0 -> List.of(weir.url("/bytes/64m"));
          case 1 -> List.of(weir.url("/chunked/64m?chunk=" + (1 + random.nextInt(40_000))));
          case 2 -> List.of("-T", upload.toString(), weir.url("/up"));
          case 3 -> List.of("-T", upload.toString(), "-X", "POST", weir.url("/echo"));
          default -> List.of(weir.url("/slow/20"));
        };
    return new ProcessBuilder(java.util.stream.Stream.concat(curl.stream(), rest.stream()).toList())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  @Test
  void origins_killedInEveryState_showABreakAndLeaveNothingBehind() throws Exception {
    Commands.assumeInstalled("perl");
    Random random = new Random(SEED);
    Process origin =
        new ProcessBuilder("perl", "-e", FORKING_ORIGIN)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(origin.getInputStream(), StandardCharsets.UTF_8))) {
      String port = said.readLine();
      try (Program weir = Program.serve("--to", "http://127.0.0.1:" + port, "--origin-idle", "0")) {
        for (int i = 0; i < KILLS; i++) {
          killOrigin(random, weir, said);
        }
        assertNothingLeft(weir);
      }
    } finally {
      origin.destroyForcibly();
    }
  }

  private static void killOrigin(Random random, Program weir, BufferedReader said)
      throws Exception {
    try (RawClient client = weir.connect()) {
      int kind = random.nextInt(3);
      String fields = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
      switch (kind) {
        case 0 -> client.write("GET /length" + fields + "\r\n");
        case 1 -> client.write("GET /chunked" + fields + "\r\n");
        default ->
            client.write(
                "PUT /up" + fields + "Content-Length: " + BODY_BYTES + "\r\n\r\n" + "x".repeat(9));
      }
      long child = Long.parseLong(said.readLine());
      TimeUnit.MICROSECONDS.sleep(random.nextInt(50_000));
      ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
      RawConnection.Ending ending = client.readToEnd();
      assertVisible(ending, kind);
    }
  }

  /** An answer of ours, a whole body, or a break that nobody can take for one. */
  private static void assertVisible(RawConnection.Ending ending, int kind) {
    String text = ending.text();
    if (text.startsWith("HTTP/1.1 200 ") && kind == 1) {
      assertThat(text.length() > BODY_BYTES || !text.endsWith("\r\n0\r\n\r\n")).isTrue();
    } else if (!text.startsWith("HTTP/1.1 200 ") && !text.isEmpty()) {
      assertThat(text).startsWith("HTTP/1.1 502 ");
    }
    assertThat(kind == 2 && text.startsWith("HTTP/1.1 200 ")).isFalse();
  }

  private static void assertNothingLeft(Program weir) throws Exception {
    weir.awaitIdle();
    weir.await("no connection is left", () -> weir.total("open_connections") == 0);
    assertThat(Json.objects(weir.flows(), "flows")).isEmpty();
    weir.await(
        "all leases are given back",
        () -> Json.number(Json.object(weir.flows(), "memory"), "leased_bytes") == 0);
    weir.await("nothing is left in the kernel", () -> weir.nextStatus("kernel") < KERNEL_MB_MAX);
  }
}
