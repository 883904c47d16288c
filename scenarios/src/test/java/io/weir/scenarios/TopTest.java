package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir top} on a terminal, without one, and where there is nothing to see. */
class TopTest {
  private static final String LEAVES_FULL_SCREEN = "\033[?1049l";

  @TempDir Path folder;

  private Origin origin;
  private Program weir;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 5);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port());
  }

  @AfterEach
  void stop() throws Exception {
    weir.close();
    origin.close();
  }

  private String url() {
    return "http://127.0.0.1:" + weir.adminPort();
  }

  private PseudoTerminal top() throws Exception {
    return PseudoTerminal.start(Program.java(List.of("top", url())));
  }

  @Test
  void top_onATerminal_showsFlowsAndEndsAtQ() throws Exception {
    try (PseudoTerminal terminal = top();
        RawClient client = weir.connect()) {
      client.write("GET /bytes/32m HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      terminal.await("charge ", 0);
      terminal.await("127.0.0.1:" + client.localPort(), 0);
      int before = terminal.length();
      terminal.type("/nobody\r\f");
      terminal.await("filter: nobody (0)", before);
      terminal.resize(30, 120);
      terminal.await("LEASE kB", before);
      terminal.type("q");
      assertThat(terminal.awaitEnd()).isZero();
      assertThat(terminal.since(before)).contains(LEAVES_FULL_SCREEN);
      assertThat(client.readSeeded(origin.sequence(), 0, 32 << 20)).isEqualTo(-1);
    }
  }

  @Test
  void top_atCtrlC_restoresTheTerminal() throws Exception {
    try (PseudoTerminal terminal = top()) {
      terminal.await("charge ", 0);
      terminal.type("\003");
      assertThat(terminal.awaitEnd()).isZero();
      assertThat(terminal.since(0)).contains(LEAVES_FULL_SCREEN);
    }
  }

  @Test
  void top_atSigterm_restoresTheTerminal() throws Exception {
    try (PseudoTerminal terminal = top()) {
      terminal.await("charge ", 0);
      terminal.signal("TERM");
      assertThat(terminal.awaitEnd()).isEqualTo(128 + 15);
      assertThat(terminal.since(0)).contains(LEAVES_FULL_SCREEN);
    }
  }

  @Test
  void top_whenTheWeirGoesAndComes_saysSoAndGoesOn() throws Exception {
    try (PseudoTerminal terminal = top()) {
      terminal.await("charge ", 0);
      String admin = "127.0.0.1:" + weir.adminPort();
      weir.close();
      terminal.await("LOST", 0);
      weir = Program.serve("--to", "http://127.0.0.1:" + origin.port(), "--admin", admin);
      weir.await("it has asked again", () -> found(terminal));
      terminal.type("q");
      assertThat(terminal.awaitEnd()).isZero();
    }
  }

  /** Ctrl-L has everything drawn anew: is the loss still there? */
  private static boolean found(PseudoTerminal terminal) throws Exception {
    int before = terminal.length();
    terminal.type("\f");
    terminal.await("q quit", before);
    return !terminal.since(before).contains("LOST");
  }

  @Test
  void top_withoutATerminal_printsOneSnapshot() throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("GET /bytes/32m HTTP/1.1\r\nHost: a\r\n\r\n");
      client.readHead();
      Program.Outcome outcome = Program.run("top", url());
      assertThat(outcome.exitCode()).isZero();
      assertThat(outcome.out())
          .anyMatch(line -> line.startsWith("charge "))
          .anyMatch(line -> line.startsWith("127.0.0.1:" + client.localPort()))
          .noneMatch(line -> line.contains("\033"));
      assertThat(client.readSeeded(origin.sequence(), 0, 32 << 20)).isEqualTo(-1);
    }
  }

  @Test
  void top_whereNoWeirIs_saysSoAndFails() throws Exception {
    assertFails("no answer from http://127.0.0.1:1/flows", "top", "http://127.0.0.1:1");
    assertFails("/flows answers ", "top", "http://127.0.0.1:" + weir.port() + "/status/404");
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write("{}".getBytes(StandardCharsets.US_ASCII));
          exchange.close();
        });
    other.start();
    try {
      String there = "http://127.0.0.1:" + other.getAddress().getPort();
      assertFails("is not from a Weir", "top", there);
    } finally {
      other.stop(0);
    }
  }

  @Test
  void top_withAToken_sendsItAndSaysIfItIsWrong() throws Exception {
    HttpServer gate =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    gate.createContext(
        "/",
        exchange -> {
          boolean right =
              "Bearer sesame".equals(exchange.getRequestHeaders().getFirst("Authorization"));
          String page = exchange.getRequestURI().getPath();
          byte[] body =
              right ? weir.admin(page).body() : "who?\n".getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(right ? 200 : 401, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    gate.start();
    try {
      String there = "http://127.0.0.1:" + gate.getAddress().getPort();
      String right = Files.writeString(folder.resolve("right"), "sesame\n").toString();
      String wrong = Files.writeString(folder.resolve("wrong"), "simsim\n").toString();
      String empty = Files.writeString(folder.resolve("empty"), "\n").toString();
      assertThat(Program.run("top", there, "--token-file", right).exitCode()).isZero();
      assertFails("it asks for a token, see --token-file", "top", there);
      assertFails("does not take this token", "top", there, "--token-file", wrong);
      assertFails("does not hold one token", "top", there, "--token-file", empty);
      assertFails("there is no such file", "top", there, "--token-file", right + "er");
    } finally {
      gate.stop(0);
    }
  }

  private static void assertFails(String message, String... words) throws Exception {
    Program.Outcome outcome = Program.run(words);
    assertThat(outcome.err()).singleElement().asString().contains(message);
    assertThat(outcome.exitCode()).isEqualTo(1);
  }
}
