package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that do not fit into the first windows, with plenty of memory and with hardly any. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class LongMessagesTest {
  private static final long SEED = 45;
  private static final int HEAD_BYTES = 30 * 1024;
  private static final int SLICE_BYTES = 6 * 1024;
  private static final int PIPELINED_BYTES = 100 * 1024;

  private static Program serve(int port, String memory) throws Exception {
    return Program.serve("--to", "http://127.0.0.1:" + port, "--memory", memory);
  }

  private static String fields(int bytes) {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; fields.length() < bytes; i++) {
      fields.append("X-").append(i).append(": ").append("v".repeat(1_000)).append("\r\n");
    }
    return fields.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"90m", "256m"})
  void heads_of30KiB_passBothWays(String memory) throws Exception {
    String fields = fields(HEAD_BYTES - 2_000);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  for (int i = 0; i < 3; i++) {
                    assertThat(connection.readHead()).contains(fields);
                    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields);
                    connection.write("\r\nok");
                  }
                  connection.awaitEof();
                });
        Program weir = serve(origin.port(), memory);
        RawClient client = weir.connect()) {
      for (int i = 0; i < 3; i++) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ").contains(fields);
        assertThat(client.readBody(head)).asString().isEqualTo("ok");
      }
      assertThat(origin.failures()).isEmpty();
    }
  }

  /** The pauses are longer than a look of the governor, which takes from sockets at rest. */
  @ParameterizedTest
  @ValueSource(strings = {"86m", "256m"})
  void heads_thatArriveInSlices_passBothWays(String memory) throws Exception {
    String fields = fields(HEAD_BYTES - 2_000);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  assertThat(connection.readHead()).contains(fields);
                  inSlices(
                      connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields + "\r\n");
                  connection.write("ok");
                  connection.awaitEof();
                });
        Program weir = serve(origin.port(), memory);
        RawClient client = weir.connect()) {
      inSlices(client, "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 200 ").contains(fields);
      assertThat(client.readBody(head)).asString().isEqualTo("ok");
      assertThat(origin.failures()).isEmpty();
    }
  }

  private static void inSlices(RawConnection to, String text) throws Exception {
    for (int at = 0; at < text.length(); at += SLICE_BYTES) {
      to.write(text.substring(at, Math.min(text.length(), at + SLICE_BYTES)));
      TimeUnit.MILLISECONDS.sleep(300);
    }
  }

  @Test
  void heads_thatTakeTheirTime_leaveRoomForOthers() throws Exception {
    List<RawClient> slow = new ArrayList<>();
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
        Program weir = serve(origin.port(), "110m")) {
      for (int i = 0; i < 200; i++) {
        RawClient client = weir.connect();
        slow.add(client);
        client.write("GET / HTTP/1.1\r\n");
      }
      weir.await("all have come", () -> weir.total("open_connections") == 200);
      for (int i = 0; i < 20; i++) {
        assertThat(weir.get("/hello").text()).isEqualTo("hello\n");
      }
      for (RawClient client : slow) {
        client.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"86m", "256m"})
  void chunks_ofOneByteWithALongExtensionAndTrailers_pass(String memory) throws Exception {
    String data = "0123456789".repeat(1_000);
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < data.length(); i++) {
      body.append(i == 5_000 ? "1;e=" + "x".repeat(4_000) : "1").append("\r\n");
      body.append(data.charAt(i)).append("\r\n");
    }
    body.append("0\r\nX-Trailer: ").append("t".repeat(7_900)).append("\r\n\r\n");
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  String head = connection.readHead();
                  assertThat(connection.readBody(head)).asString().isEqualTo(data);
                  connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  connection.write(body.toString());
                  connection.awaitEof();
                });
        Program weir = serve(origin.port(), memory);
        RawClient client = weir.connect()) {
      client.write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 200 ");
      assertThat(client.readBody(head)).asString().isEqualTo(data);
      assertThat(origin.failures()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"86m", "256m"})
  void requests_pipelinedInOneWrite_areAnsweredInOrder(String memory) throws Exception {
    String request = "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + "p".repeat(200) + "\r\n\r\n";
    int count = PIPELINED_BYTES / request.length();
    try (Origin origin =
            Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), SEED);
        Program weir = serve(origin.port(), memory);
        RawClient client = weir.connect()) {
      Thread writer = Thread.ofVirtual().start(() -> write(client, request.repeat(count)));
      for (int i = 0; i < count; i++) {
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(client.readBody(head)).asString().isEqualTo("hello\n");
      }
      writer.join();
    }
  }

  private static void write(RawClient client, String text) {
    try {
      client.write(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
