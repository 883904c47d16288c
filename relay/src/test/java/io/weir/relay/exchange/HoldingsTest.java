package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.SmallMaxima;
import io.weir.relay.loop.LoopGroup;
import io.weir.relay.tls.ServerTls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the sockets hold while readers and writers of every speed use them, asked on the loops. */
final class HoldingsTest {
  private static final long SEED = 23;
  private static final SeededBytes BYTES = new SeededBytes(SEED);
  private static final boolean LONG = Boolean.getBoolean("weir.long");
  private static final int CLIENTS = LONG ? 40 : 16;
  private static final int LOOKS = LONG ? 2_000 : 40;
  private static final long PAUSE_NANOS = 10_000_000;

  /** Ends the pauses; each case has its own. */
  private final CountDownLatch over = new CountDownLatch(1);

  @TempDir private static Path directory;
  private static TlsPeer.Identity identity;

  @BeforeAll
  static void makeCertificate() throws Exception {
    identity = TlsPeer.Identity.make(directory, "ip:127.0.0.1");
  }

  /** How clients speak. */
  enum Spoken {
    PLAIN,
    /** No HTTP for Weir: raw TCP. */
    TUNNEL,
    NATIVE,
    JDK
  }

  @ParameterizedTest
  @CsvSource({
    "4, true, true, 0, PLAIN",
    "64, true, true, 0, PLAIN",
    "4, true, false, 0, PLAIN",
    "64, true, false, 0, PLAIN",
    "4, true, true, 212992, PLAIN",
    "256, true, true, 212992, PLAIN",
    "256, true, false, 212992, PLAIN",
    "64, false, false, 0, PLAIN",
    "4, true, true, 0, TUNNEL",
    "64, true, true, 0, TUNNEL",
    "64, false, false, 0, TUNNEL",
    "8, true, true, 0, NATIVE",
    "64, true, true, 0, NATIVE",
    "256, true, true, 212992, NATIVE",
    "64, true, true, 0, JDK",
    "64, false, false, 0, NATIVE",
  })
  void socketsOfAnySpeed_neverHoldMoreThanTheirLeases(
      int budgetMib, boolean raw, boolean splice, int socketBufferMax, Spoken spoken)
      throws Exception {
    assumeTrue(!raw || LoopGroup.rawAvailable());
    MemorySettings memory = new MemorySettings((long) budgetMib << 20, 1_000, 128);
    try (SmallMaxima small =
            socketBufferMax == 0 ? SmallMaxima.none() : new SmallMaxima(socketBufferMax);
        RawOrigin origin = RawOrigin.start(this::serve);
        ServerTls tls = TlsClients.server(identity, spoken == Spoken.JDK);
        RelayFixture relay = start(spoken, tls, origin.port(), raw, splice, memory)) {
      assertThat(small).isNotNull();
      List<RawClient> clients = new ArrayList<>();
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        RawClient client =
            spoken == Spoken.PLAIN || spoken == Spoken.TUNNEL
                ? relay.client()
                : TlsClients.connect(relay.port(), i % 2 == 0 ? "TLSv1.3" : "TLSv1.2");
        clients.add(client);
        Pace pace = Pace.values()[i % Pace.values().length];
        boolean upload = i % 8 >= 5;
        running.add(Thread.ofVirtual().start(() -> use(client, pace, upload)));
      }
      long seen = 0;
      for (int i = 0; i < LOOKS; i++) {
        seen += look(relay, raw);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      assertThat(seen).as("bytes held, all looks together").isPositive();
      over.countDown();
      clients.forEach(HoldingsTest::reset);
      for (Thread thread : running) {
        thread.join();
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "all closed");
    }
  }

  private static RelayFixture start(
      Spoken spoken, ServerTls tls, int port, boolean raw, boolean splice, MemorySettings memory)
      throws IOException {
    RelayFixture.Builder wanted = RelayFixture.to(port).raw(raw).splice(splice).memory(memory);
    return switch (spoken) {
      case PLAIN -> wanted.start();
      case TUNNEL -> wanted.tcp().start();
      case NATIVE, JDK -> wanted.serverTls(tls).start();
    };
  }

  /** Returns what all held together; where that cannot be told, what is leased. */
  private static long look(RelayFixture relay, boolean raw) {
    long held = 0;
    for (Holding each : relay.server().holdings()) {
      assertThat(each.heldBytes()).as("%s", each).isLessThanOrEqualTo(each.leaseBytes());
      held += Math.max(0, each.heldBytes());
    }
    long leased = relay.server().leased().leasedBytes();
    assertThat(leased).isLessThanOrEqualTo(relay.server().leased().budgetBytes());
    return raw ? held : leased;
  }

  private static void reset(RawClient client) {
    try {
      client.reset();
    } catch (IOException alreadyClosed) {
      // The JDK closes a socket by itself when its stream of records breaks off.
    }
  }

  private enum Pace {
    FAST,
    SLOW,
    STALLED,
    ALTERNATING;

    /** How long it waits before the next read or write. */
    long pauseMillis(Random random) {
      return switch (this) {
        case FAST -> 0;
        case SLOW -> 100;
        case STALLED -> 60_000;
        case ALTERNATING -> random.nextInt(64) == 0 ? 300 : 0;
      };
    }

    int bytes() {
      return this == SLOW ? 2_000 : 64 * 1024;
    }
  }

  private void use(RawClient client, Pace pace, boolean upload) {
    Random random = new Random(SEED);
    try {
      if (upload) {
        client.write(
            "PUT /" + pace + " HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
        move(client, Pace.FAST, random, true);
      } else {
        client.write("GET /" + pace + " HTTP/1.1\r\nHost: a\r\n\r\n");
        client.readHead();
        move(client, pace, random, false);
      }
    } catch (IOException | InterruptedException e) {
      // the test is over
    }
  }

  /** Until the connection breaks. */
  private void move(RawConnection connection, Pace pace, Random random, boolean write)
      throws IOException, InterruptedException {
    for (long position = 0; ; position += pace.bytes()) {
      if (write) {
        connection.write(BYTES, position, pace.bytes());
      } else {
        assertThat(connection.readSeeded(BYTES, position, pace.bytes())).isEqualTo(-1);
      }
      if (over.await(pace.pauseMillis(random), TimeUnit.MILLISECONDS)) {
        return;
      }
    }
  }

  private void serve(RawConnection connection) throws IOException, InterruptedException {
    String head = connection.readHead();
    if (head.startsWith("GET ")) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
      move(connection, Pace.FAST, new Random(SEED), true);
    } else if (head.startsWith("PUT ")) {
      Pace pace = Pace.valueOf(head.substring(5, head.indexOf(' ', 5)));
      move(connection, pace, new Random(SEED), false);
    }
  }
}
