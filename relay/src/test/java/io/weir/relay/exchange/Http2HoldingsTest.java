package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.exchange.FrameClient.Frame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What links and their streams hold while readers and writers of every speed use them. */
final class Http2HoldingsTest {
  private static final SeededBytes BYTES = new SeededBytes(29);
  private static final int LINKS = 6;
  private static final int STREAMS = 12;
  private static final int LOOKS = Boolean.getBoolean("weir.long") ? 2_000 : 120;
  private static final long PAUSE_NANOS = 10_000_000;
  private static final int FIRST_WINDOW_BYTES = 2_560;

  private final CountDownLatch over = new CountDownLatch(1);

  @ParameterizedTest
  @CsvSource({"8, true, 65535", "64, true, 1000000", "64, false, 65535"})
  void linksOfAnySpeed_neverHoldMoreThanTheirLeases(int budgetMib, boolean raw, int window)
      throws Exception {
    MemorySettings memory = new MemorySettings((long) budgetMib << 20, 1_000, 128);
    try (RawOrigin origin = RawOrigin.start(this::serve);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).memory(memory).start()) {
      List<FrameClient> clients = new ArrayList<>();
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < LINKS; i++) {
        FrameClient client = FrameClient.connect(relay.port(), 4, window);
        clients.add(client);
        running.add(Thread.ofVirtual().start(() -> use(client)));
      }
      long seen = 0;
      for (int i = 0; i < LOOKS; i++) {
        seen += look(relay, raw);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      assertThat(seen).as("bytes held, all looks together").isPositive();
      over.countDown();
      for (FrameClient client : clients) {
        client.abort();
      }
      for (Thread thread : running) {
        thread.join();
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "all closed");
      relay.awaitIdle();
    }
  }

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

  /** Of twelve streams: fast and slow downloads, some that never open a window, uploads. */
  private void use(FrameClient client) {
    Map<Integer, Integer> windows = new HashMap<>();
    int[] connectionWindow = {65_535};
    try {
      client.window(0, 1 << 30);
      for (int i = 0; i < STREAMS; i++) {
        int stream = 2 * i + 1;
        if (i % 4 == 3) {
          client.request(stream, false, "PUT", i % 8 == 3 ? "/fast" : "/slow");
          windows.put(stream, FIRST_WINDOW_BYTES);
        } else {
          client.get(stream, "/");
        }
      }
      long looked = System.nanoTime();
      for (Frame frame = client.read(); frame != null; frame = client.read()) {
        handle(client, frame, windows, connectionWindow);
        if (System.nanoTime() - looked > 50_000_000) {
          looked = System.nanoTime();
          client.window(3, 2_000); // the slow one
        }
      }
    } catch (IOException e) {
      // the test is over
    }
  }

  private static void handle(
      FrameClient client, Frame frame, Map<Integer, Integer> windows, int[] connectionWindow)
      throws IOException {
    int place = frame.stream() / 2 % 4;
    if (frame.type() == FrameClient.DATA && frame.payload().length > 0 && place == 0) {
      client.window(frame.stream(), frame.payload().length);
    }
    if (frame.type() == FrameClient.WINDOW_UPDATE) {
      if (frame.stream() == 0) {
        connectionWindow[0] += frame.number();
      } else {
        windows.merge(frame.stream(), frame.number(), Integer::sum);
      }
    }
    for (Map.Entry<Integer, Integer> upload : windows.entrySet()) {
      int piece = Math.min(Math.min(upload.getValue(), connectionWindow[0]), 16_000);
      if (piece > 0) {
        client.data(upload.getKey(), new byte[piece], false);
        upload.setValue(upload.getValue() - piece);
        connectionWindow[0] -= piece;
      }
    }
  }

  private void serve(RawConnection connection) throws IOException, InterruptedException {
    String head = connection.readHead();
    if (head.startsWith("GET ")) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
      for (long at = 0; ; at += 100_000) {
        connection.write(BYTES, at, 100_000);
      }
    }
    boolean slow = head.startsWith("PUT /slow");
    while (!over.await(slow ? 100 : 0, TimeUnit.MILLISECONDS)) {
      connection.readExactly(slow ? 1_000 : 10_000);
    }
  }
}
