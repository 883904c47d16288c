package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A program that runs gets no more descriptors (prlimit), wherever it needs the next one. */
class DescriptorsTest {
  private static final long SEED = 44;
  private static final int BODY_BYTES = 64 << 20;
  private static final int CLIENTS = 12;
  private static final int LOOKS = 200;
  private static final int FULL_LOOKS = 10;
  private static final String HELLO = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

  private Origin origin;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stop() {
    origin.close();
  }

  /** Without the line of each second, which opens files of /proc for a moment. */
  private Program serve() throws Exception {
    Commands.assumeInstalled("prlimit");
    return Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--quiet");
  }

  /** Leaves so many descriptors that the program may still open; returns the limit. */
  private static int leave(Program weir, int free) throws Exception {
    Set<Integer> used = descriptors(weir);
    for (int i = 0; i < LOOKS; i++) {
      used.retainAll(descriptors(weir)); // without those that are open for a moment
    }
    int limit = 0;
    for (int left = free; left > 0 || used.contains(limit); limit++) {
      left -= used.contains(limit) ? 0 : 1;
    }
    String soft = "--nofile=" + limit + ":";
    assertThat(Commands.run("prlimit", "--pid", "" + weir.pid(), soft).code()).isZero();
    return limit;
  }

  /** Waits until none has been free for a while: a loop gets its spare again when it next tries. */
  private static void awaitFull(Program weir, int limit) throws Exception {
    int[] full = {0};
    weir.await(
        "all descriptors are used",
        () -> {
          long used = descriptors(weir).stream().filter(fd -> fd < limit).count();
          full[0] = used == limit ? full[0] + 1 : 0;
          return full[0] == FULL_LOOKS;
        });
  }

  private static Set<Integer> descriptors(Program weir) throws IOException {
    try (Stream<Path> links = Files.list(Path.of("/proc/" + weir.pid() + "/fd"))) {
      return links
          .map(link -> Integer.parseInt(link.getFileName().toString()))
          .collect(Collectors.toCollection(HashSet::new));
    }
  }

  private static long said(Program weir, String words) {
    return weir.err().lines().stream().filter(line -> line.contains(words)).count();
  }

  private static void assertServes(Program weir) throws IOException {
    assertThat(weir.get("/hello").text()).isEqualTo("hello\n");
  }

  @Test
  void accept_withoutADescriptor_refusesWith503AndServesThoseInside() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try (Program weir = serve()) {
      assertServes(weir);
      weir.awaitIdle();
      int limit = leave(weir, CLIENTS / 2);
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(weir.connect());
      }
      for (RawClient refused : clients.subList(CLIENTS / 2, CLIENTS)) {
        assertThat(refused.readHead()).startsWith("HTTP/1.1 503 ").contains("Retry-After: 1");
      }
      weir.await("it says why", () -> said(weir, "no descriptors left: new connections ") == 1);
      awaitFull(weir, limit);
      long full = weir.descriptors();
      clients.removeFirst().close();
      weir.await("one has left", () -> weir.descriptors() < full);
      clients.getFirst().write(HELLO);
      assertThat(clients.getFirst().readHead()).startsWith("HTTP/1.1 200 ");
      for (RawClient client : clients) {
        client.close();
      }
      weir.await("it serves again", () -> weir.get("/hello").status() == 200);
    }
  }

  @Test
  void connect_withoutADescriptor_answers502AndSaysWhy() throws Exception {
    try (Program weir = serve()) {
      assertServes(weir);
      weir.awaitIdle();
      leave(weir, 1);
      long before = weir.descriptors();
      for (int i = 0; i < 20; i++) {
        weir.await("the last client's is free", () -> weir.descriptors() <= before);
        Program.Answer answer = weir.get("/hello");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("no descriptors are left; raise the limit (ulimit -n)");
      }
      weir.await("the last client's is free", () -> weir.descriptors() <= before);
      leave(weir, 64);
      assertServes(weir);
      assertThat(weir.failures("origin-unreachable")).isEqualTo(20);
    }
  }

  @Test
  void pipe_withoutADescriptor_isDoneWithoutAndItSaysSoOnce() throws Exception {
    SeededBytes sequence = new SeededBytes(SEED);
    try (Program weir = serve()) {
      assertServes(weir);
      weir.awaitIdle();
      leave(weir, 3);
      for (int i = 0; i < 3; i++) {
        try (RawClient client = weir.connect()) {
          client.write("GET /bytes/64m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
          assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
          assertThat(client.readSeeded(sequence, 0, BODY_BYTES)).isEqualTo(-1);
          assertThat(client.awaitEof()).isTrue();
        }
        weir.awaitIdle();
      }
      weir.await("it says why", () -> said(weir, "no pipe is to be had (no descriptors") == 1);
    }
  }
}
