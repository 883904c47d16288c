package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send nothing, too slowly, or too much. */
class PatienceTest {
  private static final long SEED = 14;
  private static final int SILENT = Program.LONG ? 3_500 : 2_000;

  /** Two thirds of what a connection with a head's buffer of 32 KiB would take. */
  private static final long SILENT_BYTES_EACH_MAX = 20 * 1024;

  private Origin origin;

  @BeforeEach
  void startOrigin() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
  }

  @AfterEach
  void stopOrigin() {
    origin.close();
  }

  private Program serve(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void connections_thatSendNothing_holdNobodyUpAndAreClosed() throws Exception {
    List<SocketChannel> silent = new ArrayList<>();
    try (Program weir = serve("--header-timeout", "5s")) {
      weir.get("/bytes/1m");
      long before = weir.rssBytes();
      for (int i = 0; i < SILENT; i++) {
        silent.add(SocketChannel.open(weir.address()));
        if (i % 500 == 0) {
          assertThat(weir.get("/hello").text()).isEqualTo("hello\n");
        }
      }
      assertThat(weir.get("/hello").text()).isEqualTo("hello\n");
      assertThat(weir.rssBytes() - before).isLessThan(SILENT * SILENT_BYTES_EACH_MAX);
      for (SocketChannel channel : silent) {
        awaitEnd(channel);
      }
      weir.await("all are closed", () -> weir.total("open_connections") == 0);
    } finally {
      for (SocketChannel channel : silent) {
        channel.close();
      }
    }
  }

  /** Blocks until the peer has ended the connection; the scenario's limit is the test's. */
  private static void awaitEnd(SocketChannel channel) {
    ByteBuffer some = ByteBuffer.allocate(1024);
    try {
      int read = 0;
      while (read >= 0) {
        read = channel.read(some.clear());
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  @Test
  void head_ofOneMegabyte_isRefusedWith431() throws Exception {
    try (Program weir = serve();
        RawClient client = weir.connect()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\nX: ");
      try {
        client.write("x".repeat(1 << 20));
      } catch (IOException e) {
        assertThat(e).hasMessageMatching("(?s).*(reset|pipe).*");
      }
      String text = client.readToEnd().text();
      assertThat(text).startsWith("HTTP/1.1 431 ").contains("Weir-Error: head-too-large\r\n");
    }
  }

  @Test
  void target_tooLong_isRefusedWith414() throws Exception {
    try (Program weir = serve()) {
      Program.Answer answer = weir.get("/" + "x".repeat(9_000));
      assertThat(answer.status()).isEqualTo(414);
      assertThat(answer.field("Weir-Error")).isEqualTo("target-too-long");
    }
  }

  @Test
  void fields_tooMany_areRefusedWith431() throws Exception {
    try (Program weir = serve("--max-fields", "10")) {
      String[] fields = new String[20];
      Arrays.fill(fields, "X: y");
      assertThat(weir.get("/hello", fields).status()).isEqualTo(431);
    }
  }

  /** Sends a byte whenever the relay has been seen to live, until it has had enough. */
  @Test
  void head_byteByByte_isRefusedWith408() throws Exception {
    try (Program weir = serve("--header-timeout", "1s");
        RawClient client = weir.connect()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\nX: ");
      weir.await(
          "it has enough",
          () -> {
            try {
              client.write("x");
            } catch (IOException e) {
              return true;
            }
            return weir.failures("request-timeout") == 1;
          });
      String text = client.readToEnd().text();
      assertThat(text).startsWith("HTTP/1.1 408 ").contains("Weir-Error: request-timeout\r\n");
    }
  }

  @Test
  void body_tooLong_isRefusedWith413() throws Exception {
    try (Program weir = serve("--max-body", "1k");
        RawClient client = weir.connect()) {
      client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n");
      String text = client.readToEnd().text();
      assertThat(text).startsWith("HTTP/1.1 413 ").contains("Weir-Error: body-too-large\r\n");
    }
  }
}
