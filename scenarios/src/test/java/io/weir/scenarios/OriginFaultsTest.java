package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Origins that cannot be had: the status and the word of each, as documented. */
class OriginFaultsTest {
  /** Each loop keeps one socket to the name server. */
  private static final int RESOLVER_DESCRIPTORS_MAX = Runtime.getRuntime().availableProcessors();

  private static void assertRefused(Program.Answer answer, int status, String word) {
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.field("Weir-Error")).isEqualTo(word);
    assertThat(answer.field("Content-Type")).isEqualTo("text/plain; charset=utf-8");
    assertThat(answer.text()).endsWith("\n").hasLineCount(1);
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void origin_refuses_is502UnreachableAndOneLogLine() throws Exception {
    int port = closedPort();
    try (Program weir = Program.serve("--to", "http://127.0.0.1:" + port)) {
      assertRefused(weir.get("/"), 502, "origin-unreachable");
      weir.err().await(line -> line.contains("origin-unreachable (502) for 127.0.0.1:"));
      assertThat(weir.failures("origin-unreachable")).isEqualTo(1);
    }
  }

  @Test
  void ownAnswer_toOneWhoPrefersJson_isJson() throws Exception {
    try (Program weir = Program.serve("--to", "http://127.0.0.1:" + closedPort())) {
      Program.Answer answer = weir.get("/", "Accept: application/json");
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.field("Content-Type")).isEqualTo("application/json");
      Map<String, Object> body = Json.parse(answer.text());
      assertThat(body).containsEntry("error", "origin-unreachable");
    }
  }

  @Test
  void origin_refusesAfterItServed_recoversWhenItIsBack() throws Exception {
    RawOrigin first = RawOrigin.start(OriginFaultsTest::serve);
    int port = first.port();
    try (Program weir = Program.serve("--to", "http://127.0.0.1:" + port)) {
      assertThat(weir.get("/").text()).isEqualTo("fine");
      first.close();
      assertRefused(weir.get("/"), 502, "origin-unreachable");
      try (ServerSocket again = new ServerSocket()) {
        again.setReuseAddress(true);
        again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread serving = Thread.ofVirtual().start(() -> serveOnce(again));
        assertThat(weir.get("/").text()).isEqualTo("back");
        serving.join();
      }
    }
  }

  private static void serve(RawConnection connection) throws IOException {
    connection.readHead();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
  }

  private static void serveOnce(ServerSocket listener) {
    try (Socket socket = listener.accept()) {
      byte[] some = new byte[4096];
      int read = socket.getInputStream().read(some);
      assertThat(read).isPositive();
      socket
          .getOutputStream()
          .write(
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nback"
                  .getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A backlog that is full drops what would connect, as a host behind a firewall does. */
  @Test
  void origin_doesNotConnect_is504ConnectTimeout() throws Exception {
    List<Socket> fillers = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Program weir =
            Program.serve(
                "--to", "http://127.0.0.1:" + full.getLocalPort(), "--connect-timeout", "300ms")) {
      boolean filled = false;
      while (!filled) {
        Socket filler = new Socket();
        fillers.add(filler);
        filled = !connects(filler, (InetSocketAddress) full.getLocalSocketAddress());
      }
      assertRefused(weir.get("/"), 504, "origin-connect-timeout");
    } finally {
      for (Socket filler : fillers) {
        filler.close();
      }
    }
  }

  private static boolean connects(Socket socket, InetSocketAddress to) {
    try {
      socket.connect(to, 300);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void origin_hangs_is504() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.awaitEof();
                });
        Program weir =
            Program.serve(
                "--to", "http://127.0.0.1:" + origin.port(), "--first-byte-timeout", "300ms")) {
      assertRefused(weir.get("/"), 504, "origin-timeout");
      origin.awaitIdle();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          closes without a word | origin-closed | ``
          closes within the head | origin-closed | HTTP/1.1 200 OK\\r\\nConte
          speaks another protocol | origin-bad-response | 220 mail ready\\r\\n\\r\\n
          repeats its length | origin-bad-response | HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n\\r\\nab
          has a length and chunks | origin-bad-response | HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          ends a line with LF | origin-bad-response | HTTP/1.1 200 OK\\r\\nX: y\\nContent-Length: 0\\r\\n\\r\\n
          has a status of two digits | origin-bad-response | HTTP/1.1 20 OK\\r\\n\\r\\n
          switches without being asked | origin-bad-response | HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n
          """)
  void origin_thatBreaksTheRules_is502(String name, String word, String bytes) throws Exception {
    String response = bytes.replace("\\r", "\r").replace("\\n", "\n");
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(response);
                });
        Program weir = Program.serve("--to", "http://127.0.0.1:" + origin.port())) {
      assertRefused(weir.get("/"), 502, word);
      origin.awaitIdle();
    }
  }

  @Test
  void origin_sendsMoreThanItsLength_clientGetsNoMore() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write(
                      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK");
                  connection.awaitEof();
                });
        Program weir = Program.serve("--to", "http://127.0.0.1:" + origin.port());
        RawClient client = weir.connect()) {
      for (int i = 0; i < 3; i++) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readBody(client.readHead())).asString().isEqualTo("abc");
      }
      // What is left over must never become the answer to another request.
      assertThat(origin.accepted()).isEqualTo(3);
    }
  }

  @Test
  void origin_unknownName_is502() throws Exception {
    try (NameServer names = NameServer.start("there.test");
        Program weir =
            Program.serve(
                "--to", "http://nowhere.test:80", "--resolver", "127.0.0.1:" + names.port())) {
      weir.allowDescriptors(RESOLVER_DESCRIPTORS_MAX);
      assertRefused(weir.get("/"), 502, "origin-name-unknown");
      assertThat(names.asked()).anyMatch(name -> name.startsWith("nowhere.test"));
    }
  }

  @Test
  void origin_knownName_isFoundAndNamedInHost() throws Exception {
    try (NameServer names = NameServer.start("there.test");
        RawOrigin origin = RawOrigin.start(OriginFaultsTest::serve);
        Program weir =
            Program.serve(
                "--to",
                "http://there.test:" + origin.port(),
                "--resolver",
                "127.0.0.1:" + names.port())) {
      weir.allowDescriptors(RESOLVER_DESCRIPTORS_MAX);
      assertThat(weir.get("/").text()).isEqualTo("fine");
      assertThat(origin.awaitHeads(1).getFirst())
          .contains("\r\nHost: there.test:" + origin.port() + "\r\n");
    }
  }

  @Test
  void resolver_silent_is504ConnectTimeout() throws Exception {
    try (Program weir =
        Program.serve(
            "--to",
            "http://there.test",
            "--resolver",
            "127.0.0.1:" + closedPort(),
            "--connect-timeout",
            "1s")) {
      weir.allowDescriptors(RESOLVER_DESCRIPTORS_MAX);
      assertRefused(weir.get("/"), 504, "origin-connect-timeout");
    }
  }
}
