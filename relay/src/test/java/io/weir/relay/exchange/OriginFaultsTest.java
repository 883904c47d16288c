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
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Origins that die, lie or stay silent: the client never takes a part for the whole. */
final class OriginFaultsTest {
  private static final SeededBytes BYTES = new SeededBytes(7);
  private static final String LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  private static final String CLOSE = "HTTP/1.1 200 OK\r\n\r\n";

  private static String get(int minor) {
    return "GET / HTTP/1." + minor + "\r\nHost: a\r\n\r\n";
  }

  static RelayFixture start(boolean raw, RelayFixture.Builder builder) throws IOException {
    return raw ? builder.start() : builder.nio().start();
  }

  private static String head(String kind) {
    return switch (kind) {
      case "length" -> LENGTH;
      case "chunked" -> CHUNKED + "F4240\r\n";
      case "chunkline" -> CHUNKED + "5\r\nhello\r\nF42";
      default -> CLOSE;
    };
  }

  @ParameterizedTest
  @CsvSource({
    "true,length,1,rst",
    "true,length,0,rst",
    "true,length,1,fin",
    "true,length,0,fin",
    "true,chunked,1,rst",
    "true,chunked,0,rst",
    "true,chunked,1,fin",
    "true,chunked,0,fin",
    "true,chunkline,1,rst",
    "true,chunkline,0,rst",
    "true,chunkline,1,fin",
    "true,close,1,rst",
    "true,close,0,rst",
    "false,close,1,rst",
    "false,close,0,rst",
    "false,length,1,fin",
    "false,chunked,0,fin",
    "false,chunkline,1,rst",
    "false,length,0,rst",
  })
  void originDies_midBody_clientSeesABrokenTransfer(boolean raw, String kind, int minor, String how)
      throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    int part = kind.equals("chunkline") ? 0 : 70_001;
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(head(kind));
                  begun.await();
                  connection.write(BYTES, 0, part);
                  if (how.equals("rst")) {
                    connection.reset();
                  }
                });
        RelayFixture relay = start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(get(minor));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      begun.countDown();
      RawConnection.Ending ending = client.readToEnd();
      if (minor == 0 || kind.equals("length")) {
        assertThat(ending.reset()).isTrue();
      }
      assertThat(ending.text()).doesNotEndWith("0\r\n\r\n");
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_BROKEN);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void originResetsUntilCloseBody_whileClientUploads_isNotTakenForTheEnd(boolean raw)
      throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(CLOSE + "part");
                  begun.await();
                  connection.reset();
                });
        RelayFixture relay = start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write("POST / HTTP/1.0\r\nContent-Length: 1000000000\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.write(BYTES, 0, 1_000_000_000);
                    } catch (IOException e) {
                      // expected: the relay resets
                    }
                  });
      begun.countDown();
      ExchangeEnd end = relay.awaitEnd(1);
      writer.join();
      assertThat(end.reason()).isEqualTo(Reason.ORIGIN_BROKEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,accept,rst",
    "true,accept,fin",
    "true,request,rst",
    "true,request,fin",
    "true,head,rst",
    "true,head,fin",
    "false,accept,rst",
    "false,request,fin",
    "false,head,rst",
    "false,head,fin",
  })
  void originDies_beforeItsHeadIsWhole_clientGets502(boolean raw, String when, String how)
      throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  if (!when.equals("accept")) {
                    connection.readHead();
                  }
                  if (when.equals("head")) {
                    connection.write("HTTP/1.1 200 OK\r\nContent-Le");
                  }
                  if (how.equals("rst")) {
                    connection.reset();
                  }
                });
        RelayFixture relay = start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(get(1));
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 502 ");
      assertThat(RawConnection.header(head, "Weir-Error"))
          .isIn("origin-closed", "origin-unreachable");
      client.readBody(head);
      client.write(get(1));
      assertThat(client.readHead()).startsWith("HTTP/1.1 502 ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "true,'garbage\r\n\r\n'",
    "true,'HTTP/2.0 200 OK\r\n\r\n'",
    "false,'garbage\r\n\r\n'",
    "true,'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'",
    "true,'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'",
  })
  void origin_answersGarbage_clientGets502(boolean raw, String garbage) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(garbage);
                  connection.awaitEof();
                });
        RelayFixture relay = start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(get(1));
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 502 ")
          .contains("Weir-Error: origin-bad-response");
      origin.awaitIdle();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void origin_refuses_clientGets502(boolean raw) throws Exception {
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    try (RelayFixture relay = start(raw, RelayFixture.to(port));
        RawClient client = relay.client()) {
      client.write(get(1));
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 502 ")
          .contains("Weir-Error: origin-unreachable");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void origin_hangsInConnect_clientGets504(boolean raw) throws Exception {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (ServerSocket full = new ServerSocket()) {
      full.bind(any, 1);
      java.util.List<java.nio.channels.SocketChannel> fill = new java.util.ArrayList<>();
      // A backlog that is full drops SYNs: a further connect hangs.
      for (int i = 0; i < 8; i++) {
        java.nio.channels.SocketChannel one = java.nio.channels.SocketChannel.open();
        one.configureBlocking(false);
        one.connect(full.getLocalSocketAddress());
        fill.add(one);
      }
      try (RelayFixture relay =
              start(raw, RelayFixture.to(full.getLocalPort()).connectTimeoutMillis(400));
          RawClient client = relay.client()) {
        client.write(get(1));
        assertThat(client.readHead())
            .startsWith("HTTP/1.1 504 ")
            .contains("Weir-Error: origin-connect-timeout");
      } finally {
        for (var one : fill) {
          one.close();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void origin_sendsMoreThanItsLength_surplusReachesNobody(boolean raw) throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(
                      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 666 Evil\r\n"
                          + "Content-Length: 0\r\n\r\n");
                  connection.awaitEof();
                });
        RelayFixture relay = start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      for (int i = 0; i < 3; i++) {
        client.write(get(1));
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(client.readBody(head)).containsExactly('a', 'b');
      }
      assertThat(origin.accepted()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void originSurplus_inTheIdlePool_closesTheConnection(boolean raw) throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
                  if (connection.index() == 0) {
                    answered.await();
                    connection.write("HTTP/1.1 666 Evil\r\nContent-Length: 0\r\n\r\n");
                  }
                  connection.awaitEof();
                });
        RelayFixture relay = start(raw, RelayFixture.to(origin.port()));
        RawClient client = relay.client()) {
      client.write(get(1));
      client.readBody(client.readHead());
      answered.countDown();
      origin.awaitIdle();
      client.write(get(1));
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 200 ");
      client.readBody(head);
      assertThat(origin.accepted()).isEqualTo(2);
    }
  }
}
