package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done, in which order, where there is no room for one more. */
final class LadderTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String BULK = "GET /bulk HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String PUT =
      "PUT /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\n";
  private static final SeededBytes BYTES = new SeededBytes(29);
  private static final long BULK_BYTES = 1L << 30;
  private static final int STALLED_MILLIS = 1_000;
  private static final int READER_BUFFER_BYTES = 16 * 1024;

  /** The origin reads none of an upload's body before that. */
  private final CountDownLatch over = new CountDownLatch(1);

  private RawOrigin origin() throws IOException {
    return RawOrigin.start(this::serve, 8 * 1024);
  }

  /** Answers at once; /bulk is long, and of /sink nothing is read but the head. */
  private void serve(RawConnection connection) throws Exception {
    String head = connection.readHead();
    while (!head.isEmpty()) {
      if (head.startsWith("PUT ")) {
        over.await();
        return;
      }
      if (head.startsWith("GET /bulk ")) {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + BULK_BYTES + "\r\n\r\n");
        try {
          connection.write(BYTES, 0, BULK_BYTES);
        } catch (IOException clientLeft) {
          return;
        }
      } else {
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      }
      head = connection.readHead();
    }
  }

  private static void isServed(RawClient client) throws IOException {
    client.write(GET);
    assertThat(client.readBody(client.readHead())).asString().isEqualTo("ok");
  }

  /** Asks again and again, as a client does that is told to come back later. */
  private static RawClient insist(RelayFixture relay) throws IOException {
    long deadline = System.nanoTime() + RelayFixture.PATIENCE_MILLIS * 1_000_000;
    while (true) {
      RawClient client = relay.client();
      client.write(GET);
      String head = client.readHead();
      client.readBody(head);
      if (head.startsWith("HTTP/1.1 200 ")) {
        return client;
      }
      assertThat(head).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
      client.close();
      assertThat(System.nanoTime() - deadline).as("asked in vain").isNegative();
    }
  }

  /** A reader of a long body that has read its head; null if it was refused. */
  private static @Nullable RawClient mayBeReader(RelayFixture relay) throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port());
    RawClient reader = RawClient.connect(address, READER_BUFFER_BYTES, RawClient.TIME_LIMIT_MILLIS);
    reader.write(BULK);
    if (reader.readHead().startsWith("HTTP/1.1 200 ")) {
      return reader;
    }
    reader.close();
    return null;
  }

  private static RawClient reader(RelayFixture relay) throws IOException {
    RawClient reader = mayBeReader(relay);
    assertThat(reader).isNotNull();
    return Objects.requireNonNull(reader);
  }

  /** How the exchange ended that was reset first; waits for it. */
  private static ExchangeEnd firstReset(RelayFixture relay) {
    Predicate<ExchangeEnd> reset = end -> end.reason() == Reason.RESET_STALLED;
    RelayFixture.await(() -> relay.ends().stream().anyMatch(reset), "one that is reset");
    return relay.ends().stream().filter(reset).findFirst().orElseThrow();
  }

  private static MemorySettings room(boolean raw, double leases) {
    long least = ConnectionCost.of(raw, false, false).leaseBytes();
    return new MemorySettings((long) (least * leases), 100, 16);
  }

  // --- Clients at rest --------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noPlace_theClientLongestAtRestIsClosed_neverOneThatHasBegun(boolean raw) throws Exception {
    MemorySettings three = new MemorySettings(1 << 24, 3, 16);
    try (RawOrigin origin = origin();
        RelayFixture relay =
            RelayFixture.to(origin.port()).raw(raw).threads(1).memory(three).start();
        RawClient begun = relay.client();
        RawClient first = relay.client();
        RawClient second = relay.client()) {
      begun.write("GET / HT");
      isServed(first);
      isServed(second);
      try (RawClient fourth = insist(relay)) {
        assertThat(first.awaitEof()).as("closed in order").isTrue();
        isServed(second);
        isServed(fourth);
        begun.write("TP/1.1\r\nHost: a\r\n\r\n");
        assertThat(begun.readBody(begun.readHead())).asString().isEqualTo("ok");
      }
      assertThat(relay.server().leased().idleClosed()).isEqualTo(1);
      assertThat(relay.server().leased().refused())
          .isEqualTo(relay.totals().failures(Reason.OVERLOADED));
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 1", "true, 2", "false, 1", "false, 2"})
  void noLease_aClientAtRestGivesWay(boolean raw, int threads) throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay =
            RelayFixture.to(origin.port())
                .raw(raw)
                .threads(threads)
                .memory(room(raw, 1.5))
                .start();
        RawClient first = relay.client()) {
      isServed(first);
      try (RawClient second = insist(relay)) {
        assertThat(first.awaitEof()).as("closed in order").isTrue();
        isServed(second);
      }
      Leased leased = relay.server().leased();
      assertThat(leased.idleClosed()).isEqualTo(1);
      assertThat(leased.waits()).isPositive();
    }
  }

  /** More without a lease rest longer than would be looked at. */
  @Test
  void noLease_theOneClientThatHasOne_isFoundBehindManyWithout() throws Exception {
    List<RawClient> without = new ArrayList<>();
    try (RawOrigin origin = origin();
        RelayFixture relay =
            RelayFixture.to(origin.port()).threads(1).memory(room(true, 1.5)).start();
        RawClient first = relay.client()) {
      isServed(first);
      for (int i = 0; i < 70; i++) {
        without.add(relay.client());
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 71, "all are accepted");
      isServed(first); // so it rests behind them
      try (RawClient second = insist(relay)) {
        assertThat(first.awaitEof()).as("closed in order").isTrue();
        isServed(second);
      }
      assertThat(relay.server().leased().idleClosed()).isEqualTo(1);
      for (RawClient client : without) {
        client.close();
      }
    }
  }

  @Test
  void clientWhoseAnswerIsUnderWay_isNotAtRest() throws Exception {
    MemorySettings one = new MemorySettings(1 << 24, 1, 16);
    byte[] large = new byte[32_000];
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 32000\r\n\r\n");
                  connection.write(large);
                  connection.awaitEof();
                });
        RelayFixture relay = RelayFixture.to(origin.port()).threads(1).memory(one).start();
        RawClient reader = relay.narrowClient()) {
      reader.write(GET);
      RelayFixture.await(
          () -> relay.totals().exchanges() == 1 && relay.totals().openExchanges() == 0,
          "the relay has written it all");
      long deadline = System.nanoTime() + 1_500_000_000;
      while (System.nanoTime() - deadline < 0) {
        try (RawClient other = relay.client()) {
          other.write(GET);
          assertThat(other.readHead()).startsWith("HTTP/1.1 503 ");
        }
      }
      assertThat(relay.server().leased().idleClosed()).isZero();
      assertThat(reader.readBody(reader.readHead())).isEqualTo(large);
    }
  }

  // --- Stalled flows ----------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"true, 1", "true, 2", "false, 1", "false, 2"})
  void stalledReader_isReset_forARequestThatWaitedInVain(boolean raw, int threads)
      throws Exception {
    MemorySettings memory = room(raw, 2.5).resettingStalled(STALLED_MILLIS);
    try (RawOrigin origin = origin();
        RelayFixture relay =
            RelayFixture.to(origin.port()).raw(raw).threads(threads).memory(memory).start();
        RawClient first = reader(relay);
        RawClient second = reader(relay)) {
      try (RawClient third = insist(relay)) {
        isServed(third);
        ExchangeEnd end = firstReset(relay);
        assertThat(end.status()).isEqualTo(200);
        boolean firstIsReset = end.peer().getPort() == first.localPort();
        RawClient victim = firstIsReset ? first : second;
        RawClient other = firstIsReset ? second : first;
        assertThat(victim.awaitEof()).as("seen as a whole").isFalse();
        assertThat(other.readSeeded(BYTES, 0, 1 << 20)).isEqualTo(-1);
        assertThat(relay.server().leased().resetStalled()).isEqualTo(1);
        assertThat(relay.totals().failures(Reason.RESET_STALLED)).isEqualTo(1);
        assertThat(relay.server().leased().stoppedSources()).isPositive();
        other.reset();
      }
      relay.awaitIdle();
    }
  }

  @Test
  void stalledUpload_isResetToo() throws Exception {
    MemorySettings memory = room(true, 1.5).resettingStalled(STALLED_MILLIS);
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).memory(memory).start();
        RawClient upload = relay.client()) {
      upload.write(PUT);
      Thread writer = Thread.ofVirtual().start(() -> writeUntilBroken(upload));
      RelayFixture.await(() -> relay.totals().uploadedBytes() > 0, "the upload has begun");
      try (RawClient other = insist(relay)) {
        isServed(other);
      }
      writer.join(); // its connection broke
      assertThat(relay.totals().failures(Reason.RESET_STALLED)).isEqualTo(1);
      over.countDown();
    }
  }

  private static void writeUntilBroken(RawClient upload) {
    try {
      upload.write(BYTES, 0, 999_999);
      upload.readHead();
    } catch (IOException broken) {
      return;
    }
    throw new AssertionError("it was taken");
  }

  @Test
  void ofTheStalled_theOneThatHoldsMost_isReset() throws Exception {
    MemorySettings memory = room(true, 20).resettingStalled(STALLED_MILLIS);
    List<RawClient> small = new ArrayList<>();
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).threads(1).memory(memory).start()) {
      small.add(reader(relay));
      RawClient large = reader(relay);
      assertThat(large.readSeeded(BYTES, 0, 8 << 20)).isEqualTo(-1);
      while (relay.totals().failures(Reason.RESET_STALLED) == 0) {
        RawClient next = mayBeReader(relay);
        if (next != null) {
          small.add(next);
        }
        assertThat(small).as("readers that had room").hasSizeLessThanOrEqualTo(20);
      }
      assertThat(firstReset(relay).peer().getPort()).isEqualTo(large.localPort());
      large.close();
      for (RawClient each : small) {
        each.reset();
      }
      relay.awaitIdle();
    }
  }

  @Test
  void flowThatMoves_isNeverReset() throws Exception {
    MemorySettings memory = room(true, 1.5).resettingStalled(2 * STALLED_MILLIS);
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).memory(memory).start();
        RawClient slow = reader(relay)) {
      for (int refusals = 0; refusals < 3; refusals++) {
        try (RawClient other = relay.client()) {
          other.write(GET);
          Thread answer = Thread.ofVirtual().start(() -> isRefused(other));
          while (answer.isAlive()) {
            assertThat(slow.readExactly(4_000)).hasSize(4_000);
            answer.join(50);
          }
        }
      }
      assertThat(relay.totals().failures(Reason.OVERLOADED)).isEqualTo(3);
      assertThat(relay.totals().failures(Reason.RESET_STALLED)).isZero();
      slow.reset();
      relay.awaitIdle();
    }
  }

  private static void isRefused(RawClient client) {
    try {
      assertThat(client.readHead()).startsWith("HTTP/1.1 503 ");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
