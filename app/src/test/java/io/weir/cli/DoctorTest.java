package io.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.weir.doctor.Scene;
import io.weir.memory.probe.Obstacle;
import io.weir.memory.probe.ObstacleException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Scene scene = new Scene("relay", 100);

  private int run(String line) throws InterruptedException {
    Weir weir = new Weir(new PrintStream(out), new PrintStream(err), (pid, attach) -> scene);
    return weir.run(line.split(" ", -1));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void doctor_withoutAWatch_looksTwiceAndExitsByTheVerdict() throws Exception {
    assertThat(run("doctor 4711")).isEqualTo(12);
    assertThat(scene.looks()).isEqualTo(2);
    assertThat(out()).startsWith("RETAINED  99.0 MB in relay (PID 4711)").doesNotContain("\u001b");
    assertThat(err()).isEmpty();
  }

  @Test
  void doctor_json_printsOneObject() throws Exception {
    assertThat(run("doctor 4711 --json")).isEqualTo(12);
    assertThat(out()).startsWith("{\"pid\":4711").endsWith("}\n").hasLineCount(1);
  }

  @Test
  void doctor_watch_looksAtEachInterval() throws Exception {
    assertThat(run("doctor 4711 --watch 1s --interval 200ms")).isEqualTo(12);
    assertThat(scene.looks()).isBetween(2, 6);
  }

  @Test
  void doctor_processThatEnds_speaksOfWhatWasSeen() throws Exception {
    scene = new Scene("relay", 3);

    assertThat(run("doctor 4711 --watch 1h --interval 100ms")).isEqualTo(12);
    assertThat(err()).startsWith("weir: process 4711 has ended\n").contains("until then");
    assertThat(out()).contains("3 looks");
  }

  @Test
  void doctor_noSuchProcess_isOneSentenceAndExitsWith1() throws Exception {
    Weir weir =
        new Weir(
            new PrintStream(out),
            new PrintStream(err),
            (pid, attach) -> {
              throw new ObstacleException(
                  Obstacle.NOT_PERMITTED, "another user's process", "run it as root");
            });

    assertThat(weir.run("doctor", "7")).isEqualTo(Weir.FAILED);
    assertThat(err())
        .isEqualTo("weir: process 7: another user's process\nTo see it: run it as root\n");
    assertThat(out()).isEmpty();
  }

  @Test
  void doctor_html_writesThePage(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("a.html");

    assertThat(run("doctor 4711 --html " + page)).isEqualTo(12);
    assertThat(Files.readString(page)).startsWith("<!doctype html>").contains("RETAINED");
  }

  @Test
  void doctor_htmlWhereNothingCanBe_saysSoBeforeItLooks(@TempDir Path folder) throws Exception {
    Path page = folder.resolve("none/a.html");

    assertThat(run("doctor 4711 --html " + page)).isEqualTo(Weir.FAILED);
    assertThat(err()).contains("--html: cannot write " + page + ": there is no folder");
    assertThat(scene.looks()).isZero();
  }

  @Test
  void doctor_trimOfOthers_saysHow() throws Exception {
    run("doctor 4711 --trim");

    assertThat(out()).contains("not trimmed: nothing is ever injected").contains("malloc_trim(0)");
  }

  @Test
  void doctor_selfWhereNothingListens_isAClearError() throws Exception {
    assertThat(run("doctor --self http://127.0.0.1:1")).isEqualTo(Weir.FAILED);
    assertThat(err()).startsWith("weir: --self: no answer from http://127.0.0.1:1/memory: ");
  }

  @Test
  void doctor_self_showsTheLedgerAndRefusesWhatIsNone() throws Exception {
    byte[] ledger =
        "{\"pid\":5,\"rss_bytes\":1000000,\"charge_bytes\":2000000,\"ledger\":[{\"name\":\"pipes\",\"bytes\":2000000}]}"
            .getBytes(StandardCharsets.UTF_8);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/memory",
        exchange -> {
          exchange.sendResponseHeaders(200, ledger.length);
          exchange.getResponseBody().write(ledger);
          exchange.close();
        });
    server.createContext(
        "/no/memory",
        exchange -> {
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write(new byte[] {'[', ']'});
          exchange.close();
        });
    server.start();
    String url = "http://127.0.0.1:" + server.getAddress().getPort();
    try {
      assertThat(run("doctor --self " + url + "/")).isZero();
      assertThat(out()).contains("(PID 5)").contains("pipes                     2.0 MB  100 %");
      assertThat(run("doctor --self " + url + "/memory")).isZero();
      assertThat(run("doctor --self " + url + "/no")).isEqualTo(Weir.FAILED);
      assertThat(err()).contains("/no answers is no ledger");
    } finally {
      server.stop(0);
    }
  }
}
