package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done as memory fills: each step is taken, counted and said. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LadderTest {
  private static final long SEED = 47;
  private static final String GET = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

  /** Readers that take so much, then nothing more, so that their windows are large and full. */
  private static final int FAST = 8;

  private static final long FAST_BYTES = 64 << 20;

  private Origin origin;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stop() {
    origin.close();
  }

  private Program serve(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  private static long memory(Program weir, String name) throws Exception {
    return Json.number(Json.object(weir.flows(), "memory"), name);
  }

  private static void awaitAllGivenBack(Program weir) throws Exception {
    weir.await("all leases are given back", () -> memory(weir, "leased_bytes") == 0);
  }

  /** By one page, since both go on. */
  private static void awaitCountedAlike(Program weir, String name, String reason) throws Exception {
    weir.await(
        name + " counts failures for " + reason,
        () -> {
          Map<String, Object> page = weir.flows();
          Map<String, Object> failures = Json.object(Json.object(page, "totals"), "failures");
          Object failed = failures.getOrDefault(reason, 0L);
          return failed.equals(Json.number(Json.object(page, "memory"), name));
        });
  }

  /** On one loop, since each closes the one that rests longest of its own. */
  @Test
  void placesRunOut_idleClientsAreClosed_thoseAtWorkGoOn() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try (Program weir = serve("--max-connections", "20", "--threads", "1")) {
      try (RawClient atWork = weir.connect()) {
        atWork.write("GET /disk.img HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(atWork.readHead()).startsWith("HTTP/1.1 200 ");
        for (int i = 1; i < 20; i++) {
          RawClient client = weir.connect();
          clients.add(client);
          client.write(GET);
          client.readBody(client.readHead());
        }
        int[] served = {0};
        weir.await(
            "19 more find a place",
            () -> {
              RawClient client = weir.connect();
              clients.add(client);
              client.write(GET);
              String head = client.readHead();
              client.readBody(head);
              served[0] += head.startsWith("HTTP/1.1 200 ") ? 1 : 0;
              return served[0] == 19;
            });
        for (int i = 0; i < 19; i++) {
          assertThat(clients.get(i).awaitEof()).as("client %d closed in order", i).isTrue();
        }
        weir.await("all are counted", () -> memory(weir, "idle_closed") == 19);
        awaitCountedAlike(weir, "refused", "overloaded");
        assertThat(weir.admin("/healthz").status()).isEqualTo(200);
        weir.err().await(line -> line.contains("no room for one more connection, "));
        assertThat(atWork.readExactly(1 << 20)).hasSize(1 << 20);
      }
      for (RawClient client : clients) {
        client.close();
      }
      weir.awaitIdle();
      awaitAllGivenBack(weir);
    }
  }

  private static final String DISK = "/disk.img";

  /** Fills the budget with readers that stand still, until one finds no room. */
  private static void fill(Program weir, SteeredReaders fast, List<RawClient> still)
      throws Exception {
    fast.readUntil(FAST_BYTES);
    weir.await(
        "memory is spent",
        () -> {
          RawClient reader = weir.connect();
          still.add(reader);
          reader.write("GET " + DISK + " HTTP/1.1\r\nHost: a\r\n\r\n");
          return memory(weir, "waits") > 0;
        });
  }

  private static void close(List<RawClient> clients) throws Exception {
    for (RawClient client : clients) {
      client.close();
    }
  }

  @Test
  void stalledReadersHoldAllMemory_theLargestAreResetForNewRequests() throws Exception {
    List<RawClient> still = new ArrayList<>();
    try (Program weir = serve("--memory", "96m", "--reset-stalled")) {
      try (SteeredReaders fast = SteeredReaders.start(weir.address(), DISK, FAST, 1L << 40, SEED)) {
        fill(weir, fast, still);
        int[] served = {0};
        weir.await(
            "ten requests are served",
            () -> {
              assertThat(weir.admin("/healthz").status()).isEqualTo(200);
              Program.Answer answer = weir.get("/hello");
              assertThat(answer.status()).isIn(200, 503);
              served[0] += answer.status() == 200 ? 1 : 0;
              return served[0] >= 10 && weir.failures("reset-stalled") > 0;
            });
        weir.assertLeasesHold();
        awaitCountedAlike(weir, "reset_stalled", "reset-stalled");
        weir.err().await(line -> line.matches(".*reset-stalled for .*: the client took nothing.*"));
      }
      close(still);
      weir.awaitIdle();
      awaitAllGivenBack(weir);
    }
  }

  @Test
  void stalledReadersHoldAllMemory_withoutTheOption_newRequestsAreRefusedAndNoneIsReset()
      throws Exception {
    List<RawClient> still = new ArrayList<>();
    try (Program weir = serve("--memory", "96m")) {
      try (SteeredReaders fast = SteeredReaders.start(weir.address(), DISK, FAST, 1L << 40, SEED)) {
        fill(weir, fast, still);
        weir.await("one is refused", () -> weir.get("/hello").status() == 503);
        assertThat(weir.admin("/healthz").status()).isEqualTo(200);
        weir.assertLeasesHold();
        assertThat(memory(weir, "refused")).isPositive();
        assertThat(memory(weir, "stopped_sources")).isPositive();
        assertThat(weir.failures("reset-stalled")).isZero();
        fast.readFor(500); // those under way go on
        assertThat(fast.readBytes()).isGreaterThan(FAST_BYTES);
      }
      close(still);
      weir.awaitIdle();
      awaitAllGivenBack(weir);
      assertThat(weir.get("/hello").status()).isEqualTo(200);
    }
  }
}
