package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.SeededBytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is still in the kernel when a response is over: delivered, or reset in time, never left. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class LastBytesTest {
  private static final long SEED = 44;
  private static final int BODY_BYTES = 1 << 20;
  private static final int RECEIVE_BUFFER_BYTES = 32 * 1024;
  private static final int READERS = Program.LONG ? 300 : 30;

  /** TIME_WAIT, in /proc/net/tcp: holds nothing. */
  private static final String TIME_WAIT = "06";

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

  private Program serve(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  private static RawClient ask(Program weir) throws IOException {
    RawClient client =
        RawClient.connect(weir.address(), RECEIVE_BUFFER_BYTES, RawClient.TIME_LIMIT_MILLIS);
    client.write("GET /bytes/1m HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return client;
  }

  /** The sockets of the relay's port that hold anything, in whatever state. */
  private static List<String> sockets(Program weir) throws IOException {
    String port = String.format(Locale.ROOT, ":%04X", weir.port());
    List<String> found = new ArrayList<>();
    for (String file : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(file))) {
        String[] words = line.strip().split("\\s+", -1);
        if (words[1].endsWith(port) && !words[3].equals("0A") && !words[3].equals(TIME_WAIT)) {
          found.add(line);
        }
      }
    }
    return found;
  }

  @Test
  void reader_slowWithConnectionClose_getsAllAndNoSocketIsLeft() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try (Program weir = serve()) {
      for (int i = 0; i < READERS; i++) {
        clients.add(ask(weir));
      }
      for (RawClient client : clients) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Void>> read = new ArrayList<>();
        clients.forEach(client -> read.add(readers.submit(() -> readInSteps(client))));
        for (Future<Void> each : read) {
          each.get(2, TimeUnit.MINUTES);
        }
      }
      for (RawClient client : clients) {
        assertThat(client.awaitEof()).isTrue();
        client.close();
      }
      weir.await("no socket is left", () -> sockets(weir).isEmpty());
      weir.await("no connection is left", () -> weir.total("open_connections") == 0);
    }
  }

  /**
   * Reads a part, pauses, and so on: most of the body is in the kernel when the origin has ended.
   */
  private @Nullable Void readInSteps(RawClient client) throws Exception {
    int step = BODY_BYTES / 8;
    for (int at = 0; at < BODY_BYTES; at += step) {
      assertThat(client.readSeeded(sequence, at, step)).isEqualTo(-1);
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return null;
  }

  @Test
  void reader_thatTakesNothing_isResetAtTheSendTimeoutAndNoSocketIsLeft() throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try (Program weir = serve("--send-timeout", "2s")) {
      for (int i = 0; i < READERS; i++) {
        clients.add(ask(weir));
      }
      weir.await("all were given up", () -> weir.total("open_connections") == 0);
      // A reset takes no place on the side that sent it.
      weir.await("no socket is left", () -> sockets(weir).isEmpty());
      for (RawClient client : clients) {
        RawConnection.Ending ending = client.readToEnd();
        assertThat(ending.bytes().length).isLessThan(BODY_BYTES);
        assertThat(ending.reset()).isTrue();
        client.close();
      }
    }
  }
}
