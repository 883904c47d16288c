package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import io.weir.load.Readers;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A side that does not read stops the other, and nothing is lost when it goes on. */
final class BackPressureTest {
  private static final long SEED = 19;
  private static final SeededBytes BYTES = new SeededBytes(SEED);
  private static final long SIZE = 64L << 20;

  /** What four kernel buffers may take together; far less than {@link #SIZE}. */
  private static final long HELD_BYTES_MAX = 40L << 20;

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @ParameterizedTest
  @CsvSource({
    "true,bytes",
    "true,chunked",
    "true,close",
    "false,bytes",
    "false,chunked",
    "false,close",
  })
  void clientThatReadsNothing_stopsTheOrigin_andGetsAllAfterwards(boolean raw, String kind)
      throws Exception {
    try (Origin origin = Origin.start(loopback(0), SEED);
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write("GET /" + kind + "/" + SIZE + " HTTP/1.1\r\nHost: a\r\n\r\n");
      ClientFaultsTest.awaitStandstill(origin);
      assertThat(origin.counters().bytesWritten()).isLessThan(HELD_BYTES_MAX);
      byte[] body = client.readBody(client.readHead());
      assertThat(body).hasSize((int) SIZE);
      assertThat(BYTES.mismatch(body, 0, body.length, 0)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,length", "false,length", "true,tunnel", "false,tunnel"})
  void originThatReadsNothing_stopsTheClient_andGetsAllAfterwards(boolean raw, String kind)
      throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    boolean tunnel = kind.equals("tunnel");
    String head =
        tunnel
            ? "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
            : "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + SIZE + "\r\n\r\n";
    String answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  if (tunnel) {
                    connection.write("HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
                  }
                  read.await();
                  boolean right = connection.readSeeded(BYTES, 0, SIZE) == -1;
                  connection.write((tunnel ? "" : answer) + (right ? "ok" : "no"));
                });
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(head);
      if (tunnel) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      }
      AtomicLong written = new AtomicLong();
      Thread writer = Thread.ofVirtual().start(() -> writeAll(client, written));
      awaitStandstill(written);
      assertThat(written.get()).isLessThan(HELD_BYTES_MAX);
      read.countDown();
      if (!tunnel) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      assertThat(client.readExactly(2)).asString().isEqualTo("ok");
      writer.join();
      client.close();
      relay.awaitIdle();
    }
  }

  private static void writeAll(RawClient client, AtomicLong written) {
    try {
      for (long done = 0; done < SIZE; done += 64 * 1024) {
        client.write(BYTES, done, 64 * 1024);
        written.set(done + 64 * 1024);
      }
    } catch (IOException e) {
      written.set(Long.MAX_VALUE);
    }
  }

  private static void awaitStandstill(AtomicLong written) {
    long[] seen = {-1, 0};
    RelayFixture.await(
        () -> {
          long now = written.get();
          seen[1] = now == seen[0] ? seen[1] + 1 : 0;
          seen[0] = now;
          return now > 0 && seen[1] >= 100;
        },
        "the writer stands still");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void slowReaders_allGetTheirBytes(boolean raw) throws Exception {
    // One process has four sockets for each; 9,000 readers are a scenario, in processes of their
    // own.
    int count = Boolean.getBoolean("weir.long") ? 3_000 : 300;
    try (Origin origin = Origin.start(loopback(0), SEED);
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()))) {
      Readers.Plan plan =
          new Readers.Plan(loopback(relay.port()), "/bytes/400k", count, 200_000, 0, SEED);
      try (Readers readers = Readers.start(plan)) {
        assertThat(readers.await(120_000)).isTrue();
        Readers.Summary summary = readers.stop();
        assertThat(summary.progress().ok()).as(summary.toString()).isEqualTo(count);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void eitherSideKilledAtRandomPlaces_leavesNothing(boolean raw) throws Exception {
    int count = Boolean.getBoolean("weir.long") ? 1_000 : 100;
    Random random = new Random(SEED);
    try (RawOrigin origin = RawOrigin.start(BackPressureTest::dieOrServe);
        RelayFixture relay = OriginFaultsTest.start(raw, RelayFixture.to(origin.port()))) {
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        boolean clientDies = random.nextBoolean();
        boolean reset = random.nextBoolean();
        int size = random.nextInt(1 << random.nextInt(1, 22));
        int place = size == 0 ? 0 : random.nextInt(size);
        running.add(Thread.ofVirtual().start(() -> oneKill(relay, clientDies, reset, size, place)));
        if (running.size() == 16) {
          running.removeFirst().join();
        }
      }
      for (Thread thread : running) {
        thread.join();
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "all closed");
      assertThat(relay.totals().exchanges()).isEqualTo(count);
    }
  }

  private static void oneKill(
      RelayFixture relay, boolean clientDies, boolean reset, int size, int place) {
    String how = clientDies ? "serve" : reset ? "rst" : "fin";
    try (RawClient client = relay.client()) {
      client.write(
          "GET /"
              + how
              + "/"
              + size
              + "/"
              + place
              + " HTTP/1.1\r\nHost: a\r\n"
              + "Connection: close\r\n\r\n");
      if (clientDies) {
        client.readHead();
        client.readExactly(place);
        if (reset) {
          client.reset();
        }
      } else {
        client.readToEnd();
      }
    } catch (IOException e) {
      // the other side died first
    }
  }

  private static void dieOrServe(io.weir.load.RawConnection connection) throws Exception {
    String head = connection.readHead();
    if (head.isEmpty()) {
      return;
    }
    String[] path = head.split(" ", 3)[1].split("/", -1);
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + path[2] + "\r\n\r\n");
    boolean serves = path[1].equals("serve");
    connection.write(BYTES, 0, Long.parseLong(serves ? path[2] : path[3]));
    if (path[1].equals("rst")) {
      connection.reset();
    } else if (serves) {
      dieOrServe(connection);
    }
  }
}
