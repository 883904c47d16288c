package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.Readers;
import io.weir.load.SeededBytes;
import io.weir.relay.http.Reason;
import io.weir.relay.loop.LoopGroup;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for bodies holds with splicing and without it, over real sockets. */
final class SpliceTest {
  private static final long SEED = 20260;
  private static final SeededBytes BYTES = new SeededBytes(SEED);
  private static final int MIB = 1 << 20;
  private static final long HUGE_BYTES = 1L << 40;
  private static final int[] SIZES = {
    0, 1, 65_535, 65_536, 65_537, MIB - 1, MIB, MIB + 1, 5_000_011
  };

  private static Origin seeded() throws IOException {
    return Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  private static RelayFixture start(int port, boolean splice) throws IOException {
    return RelayFixture.to(port).splice(splice).start();
  }

  static Stream<Arguments> downloads() {
    List<Arguments> all = new ArrayList<>();
    for (boolean splice : new boolean[] {true, false}) {
      for (String how : new String[] {"bytes", "chunked", "chunked10", "close", "close10"}) {
        for (int size : SIZES) {
          all.add(Arguments.of(splice, how, size));
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("downloads")
  void download_ofAwkwardSize_arrivesByteForByte(boolean splice, String how, int size)
      throws Exception {
    String version = how.endsWith("10") ? "1.0" : "1.1";
    String kind = how.replace("10", "");
    try (RawOrigin origin = RawOrigin.start(c -> answer(c, kind, size));
        RelayFixture relay = start(origin.port(), splice)) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/" + version + "\r\nHost: a\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        byte[] body = client.readBody(head);
        assertThat(body).hasSize(size);
        assertThat(BYTES.mismatch(body, 0, size, 0)).isEqualTo(-1);
      }
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isNull();
      boolean spliced = relay.server().splicedBytes() > 0;
      if (!splice || size == 0) {
        assertThat(spliced).isFalse();
      } else if (size > 2 * MIB && !how.equals("close") && LoopGroup.rawAvailable()) {
        assertThat(spliced).isTrue();
      }
    }
  }

  /** Chunks of a MiB and a bit, but for the last. */
  private static void answer(RawConnection connection, String kind, int size) throws Exception {
    if (connection.readHead().isEmpty()) {
      return;
    }
    if (!kind.equals("chunked")) {
      String length = kind.equals("bytes") ? "Content-Length: " + size + "\r\n" : "";
      connection.write("HTTP/1.1 200 OK\r\n" + length + "Connection: close\r\n\r\n");
      connection.write(BYTES, 0, size);
      return;
    }
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int done = 0; done < size; ) {
      int chunk = Math.min(size - done, MIB + 77);
      connection.write(Integer.toHexString(chunk) + "\r\n");
      connection.write(BYTES, done, chunk);
      connection.write("\r\n");
      done += chunk;
    }
    connection.write("0\r\n\r\n");
  }

  @ParameterizedTest
  @CsvSource({"true,65536", "true,1048577", "true,5000011", "false,1048577", "false,5000011"})
  void upload_ofAwkwardSize_arrivesByteForByte(boolean splice, int size) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          assertThat(connection.readSeeded(BYTES, 0, size)).isEqualTo(-1);
          connection.write("HTTP/1.1 204 No Content\r\n\r\n");
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), splice);
        RawClient client = relay.client()) {
      client.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
      client.write(BYTES, 0, size);
      assertThat(client.readHead()).startsWith("HTTP/1.1 204 ");
      assertThat(relay.awaitEnd(1).uploadedBytes()).isEqualTo(size);
      assertThat(origin.failures()).isEmpty();
      if (splice && size > 2 * MIB) {
        assertThat(relay.server().splicedBytes()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void keptConnection_afterALargeBody_servesTheNextRequest(boolean splice) throws Exception {
    try (Origin origin = seeded();
        RelayFixture relay = RelayFixture.to(origin.port()).threads(1).splice(splice).start();
        RawClient client = relay.client()) {
      for (int i = 0; i < 6; i++) {
        client.write("GET /bytes/2000003 HTTP/1.1\r\nHost: a\r\n\r\n");
        byte[] body = client.readBody(client.readHead());
        assertThat(body).hasSize(2_000_003);
        assertThat(BYTES.mismatch(body, 0, body.length, 0)).isEqualTo(-1);
      }
      relay.awaitIdle();
      assertThat(origin.counters().open()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void narrowClient_getsEveryByte(boolean splice) throws Exception {
    int size = 3_000_017;
    try (Origin origin = seeded();
        RelayFixture relay = RelayFixture.to(origin.port()).narrow().splice(splice).start();
        RawClient client = relay.narrowClient()) {
      client.write("GET /bytes/" + size + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      byte[] body = client.readBody(client.readHead());
      assertThat(body).hasSize(size);
      assertThat(BYTES.mismatch(body, 0, size, 0)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void slowReaders_allGetTheirBytes_andNoneKeepsAPipe(boolean splice) throws Exception {
    int count = Boolean.getBoolean("weir.long") ? 1_000 : 100;
    try (Origin origin = seeded();
        RelayFixture relay = start(origin.port(), splice)) {
      InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port());
      Readers.Plan plan = new Readers.Plan(to, "/bytes/2m", count, 1_000_000, 0, SEED);
      try (Readers readers = Readers.start(plan)) {
        assertThat(readers.await(120_000)).isTrue();
        Readers.Summary summary = readers.stop();
        assertThat(summary.progress().ok()).as(summary.toString()).isEqualTo(count);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true,rst", "true,fin", "false,rst", "false,fin"})
  void client_leavesWhileItsFlowIsBlocked_nothingIsLeft(boolean splice, String how)
      throws Exception {
    try (Origin origin = seeded();
        RelayFixture relay = start(origin.port(), splice)) {
      RawClient client = relay.client();
      client.write("GET /bytes/" + HUGE_BYTES + " HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      client.readExactly(3_000_000);
      ClientFaultsTest.awaitStandstill(origin);
      if (how.equals("rst")) {
        client.reset();
      }
      client.close();
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isEqualTo(Reason.CLIENT_GONE);
      assertThat(end.downloadedBytes()).isGreaterThanOrEqualTo(3_000_000);
      assertThat(origin.await(counters -> counters.open() == 0, RelayFixture.PATIENCE_MILLIS))
          .isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"true,rst", "true,fin", "false,rst", "false,fin"})
  void origin_diesMidBody_clientGetsThatMuchAndABreak(boolean splice, String how) throws Exception {
    int sent = 2_500_003;
    CountDownLatch read = new CountDownLatch(1);
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n");
          connection.write(BYTES, 0, sent);
          read.await(); // a reset may overtake what was sent
          if (how.equals("rst")) {
            connection.reset();
          }
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), splice);
        RawClient client = relay.client()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      assertThat(client.readSeeded(BYTES, 0, sent)).isEqualTo(-1);
      read.countDown();
      RawConnection.Ending ending = client.readToEnd();
      assertThat(ending.bytes()).isEmpty();
      assertThat(ending.reset()).isTrue();
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isEqualTo(Reason.ORIGIN_BROKEN);
      assertThat(end.downloadedBytes()).isEqualTo(sent);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void origin_closesBehindItsLastByte_slowClientGetsAll(boolean splice) throws Exception {
    int size = 4_000_001;
    CountDownLatch closed = new CountDownLatch(1);
    RawOrigin.Script script =
        connection -> {
          answer(connection, "bytes", size);
          connection.halfClose();
          closed.countDown();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).narrow().splice(splice).start();
        RawClient client = relay.narrowClient()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      assertThat(client.readSeeded(BYTES, 0, size)).isEqualTo(-1);
      assertThat(closed.await(RelayFixture.PATIENCE_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tunnel_withMuchInBothDirections_passesEveryByteAndBothEnds(boolean splice) throws Exception {
    int size = 12_000_007;
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
          Thread sending = sending(connection, size);
          assertThat(connection.readSeeded(BYTES, 9, size)).isEqualTo(-1);
          assertThat(connection.awaitEof()).isTrue();
          sending.join();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), splice)) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
        Thread sending = sending(client, size);
        assertThat(client.readSeeded(BYTES, 9, size)).isEqualTo(-1);
        sending.join();
        client.halfClose();
        assertThat(client.awaitEof()).isTrue();
      }
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isNull();
      assertThat(end.downloadedBytes()).isEqualTo(size);
      assertThat(end.uploadedBytes()).isEqualTo(size);
      assertThat(origin.failures()).isEmpty();
      assertThat(relay.server().splicedBytes() > 0).isEqualTo(splice && LoopGroup.rawAvailable());
    }
  }

  private static Thread sending(RawConnection connection, long length) {
    return Thread.ofVirtual()
        .start(
            () -> {
              try {
                connection.write(BYTES, 9, length);
              } catch (IOException e) {
                // the reading side fails, and says so
              }
            });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void urgentData_inATunnel_doesNotStopTheBytesBehindIt(boolean splice) throws Exception {
    int size = 3_000_000;
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write("HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
          boolean right = connection.readSeeded(BYTES, 0, 2L * size) == -1;
          connection.write(right ? "ok" : "no");
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = start(origin.port(), splice);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
      client.setSoTimeout((int) RelayFixture.PATIENCE_MILLIS);
      OutputStream out = client.getOutputStream();
      out.write(
          "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
              .getBytes(US_ASCII));
      byte[] bytes = new byte[2 * size];
      for (int from = 0; from < bytes.length; from += size) {
        BYTES.fill(bytes, from, size, from);
      }
      out.write(bytes, 0, size);
      client.sendUrgentData('!');
      out.write(bytes, size, size);
      StringBuilder answer = new StringBuilder();
      while (answer.indexOf("ok") < 0 && answer.indexOf("no") < 0) {
        int next = client.getInputStream().read();
        assertThat(next).as("after %s", answer).isNotEqualTo(-1);
        answer.append((char) next);
      }
      assertThat(answer.toString()).endsWith("ok");
      client.close();
      relay.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void eitherSideKilledAtRandomPlaces_leavesNothing(boolean splice) throws Exception {
    int count = Boolean.getBoolean("weir.long") ? 1_000 : 100;
    Random random = new Random(SEED);
    try (RawOrigin origin = RawOrigin.start(SpliceTest::dieOrServe);
        RelayFixture relay = start(origin.port(), splice)) {
      List<Thread> running = new ArrayList<>();
      List<AssertionError> wrong = new CopyOnWriteArrayList<>();
      for (int i = 0; i < count; i++) {
        String how = List.of("rst", "fin", "crst", "cfin").get(random.nextInt(4));
        int size = 100_000 + random.nextInt(6_000_000);
        int place = random.nextInt(size);
        running.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      try {
                        oneKill(relay, how, size, place);
                      } catch (AssertionError e) {
                        wrong.add(e);
                      }
                    }));
        if (running.size() == 16) {
          running.removeFirst().join();
        }
      }
      for (Thread thread : running) {
        thread.join();
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "all closed");
      assertThat(relay.totals().exchanges()).isEqualTo(count);
      assertThat(origin.failures()).isEmpty();
      assertThat(wrong).isEmpty();
    }
  }

  private static void dieOrServe(RawConnection connection) throws Exception {
    String[] path = connection.readHead().split(" ", 3)[1].split("/", -1);
    long size = Long.parseLong(path[2]);
    boolean serves = path[1].startsWith("c");
    try {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
      connection.write(BYTES, 0, serves ? size : Long.parseLong(path[3]));
      if (path[1].equals("rst")) {
        connection.reset();
      }
    } catch (IOException e) {
      assertThat(serves).as("only a client that dies breaks the origin's writing").isTrue();
    }
  }

  /** What arrives before the end is right, whoever dies. */
  private static void oneKill(RelayFixture relay, String how, int size, int place) {
    try (RawClient client = relay.client()) {
      client.write(
          "GET /"
              + how
              + "/"
              + size
              + "/"
              + place
              + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      client.readHead();
      if (how.startsWith("c")) {
        assertThat(client.readSeeded(BYTES, 0, place)).isEqualTo(-1);
        if (how.equals("crst")) {
          client.reset();
        }
      } else {
        byte[] got = client.readToEnd().bytes();
        assertThat(got.length).isLessThanOrEqualTo(place);
        assertThat(BYTES.mismatch(got, 0, got.length, 0)).isEqualTo(-1);
      }
    } catch (IOException e) {
      // the other side died first
    }
  }
}
