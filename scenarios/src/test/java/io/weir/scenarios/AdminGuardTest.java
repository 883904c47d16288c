package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.Origin;
import io.weir.load.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin address against those who should not get at it, and those who are too many. */
class AdminGuardTest {
  private static final String TOKEN = "a-token-of-a-test";
  private static final int CROWD = 1_000;
  private @TempDir Path folder;
  private Origin origin;

  @BeforeEach
  void start() throws IOException {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 3);
  }

  @AfterEach
  void stop() throws Exception {
    origin.close();
  }

  private String[] words(String... more) {
    List<String> words = new ArrayList<>(List.of("--to", "http://127.0.0.1:" + origin.port()));
    words.addAll(List.of(more));
    return words.toArray(new String[0]);
  }

  private static String ask(Program weir, String line, String... fields) throws IOException {
    try (RawClient client = RawClient.connect(weir.adminPort())) {
      client.write(line + " HTTP/1.1\r\n" + String.join("\r\n", fields) + "\r\n\r\n");
      return client.readHead();
    }
  }

  @Test
  void admin_beyondLoopbackWithoutToken_isWrongUsage() throws Exception {
    String[] words = words("--admin", "0.0.0.0:0", "--listen", "127.0.0.1:0");
    List<String> all = new ArrayList<>(List.of("serve"));
    all.addAll(List.of(words));
    Program.Outcome outcome = Program.run(all.toArray(new String[0]));
    assertThat(outcome.exitCode()).isEqualTo(2);
    assertThat(outcome.err().getFirst()).contains("--admin: 0.0.0.0:0").contains("--admin-token");
  }

  @Test
  void token_inAFile_opensAllButHealthToItsBearer() throws Exception {
    Path file = Files.writeString(folder.resolve("token"), TOKEN + "\n");
    try (Program weir = Program.serve(words("--admin-token", file.toString()))) {
      String host = "Host: 127.0.0.1";
      assertThat(ask(weir, "GET /healthz", host)).startsWith("HTTP/1.1 200 ");
      assertThat(ask(weir, "GET /", host)).startsWith("HTTP/1.1 401 ").contains("WWW-Auth");
      assertThat(ask(weir, "GET /", host, "Authorization: Bearer " + TOKEN))
          .startsWith("HTTP/1.1 200 ")
          .contains("Content-Security-Policy: default-src 'none'")
          .contains("frame-ancestors 'none'")
          .contains("X-Content-Type-Options: nosniff")
          .contains("Referrer-Policy: no-referrer");
      weir.signal("TERM");
      assertThat(weir.awaitExit()).isZero();
    }
  }

  @Test
  void page_ofAnotherSite_getsNothing() throws Exception {
    try (Program weir = Program.serve(words("--admin-write"))) {
      String here = "Host: 127.0.0.1:" + weir.adminPort();
      assertThat(ask(weir, "GET /flows", "Host: rebound.example")).startsWith("HTTP/1.1 403 ");
      assertThat(ask(weir, "DELETE /flows/1", here, "Origin: http://evil.example"))
          .startsWith("HTTP/1.1 403 ");
      assertThat(ask(weir, "GET /live", here, "Sec-Fetch-Site: cross-site"))
          .startsWith("HTTP/1.1 403 ");
      for (String id : List.of("1", "+1", "-1", "0", "99999999999999999999", "")) {
        assertThat(ask(weir, "DELETE /flows/" + id, here)).as(id).startsWith("HTTP/1.1 404 ");
      }
      assertThat(ask(weir, "PUT /flows", here)).startsWith("HTTP/1.1 405 ");
    }
  }

  @Test
  void watchers_farTooMany_areRefusedAndHealthIsAnswered() throws Exception {
    List<RawClient> crowd = new ArrayList<>();
    try (Program weir = Program.serve(words())) {
      int watching = 0;
      int refused = 0;
      try {
        for (int i = 0; i < CROWD; i++) {
          RawClient client = RawClient.connect(weir.adminPort());
          crowd.add(client);
          client.write("GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
          String head = client.readHead();
          if (head.startsWith("HTTP/1.1 200 ")) {
            watching++;
          } else {
            assertThat(head)
                .startsWith("HTTP/1.1 503 ")
                .contains("Retry-After: ")
                .contains("Connection: close\r\n");
            refused++;
          }
        }
        assertThat(watching).isEqualTo(16);
        assertThat(refused).isEqualTo(CROWD - 16);
        assertThat(weir.admin("/healthz").status()).isEqualTo(200);
      } finally {
        for (RawClient client : crowd) {
          client.close();
        }
      }
    }
  }

  @Test
  void connections_thatAskNothing_giveWayToWhoAsks() throws Exception {
    List<RawClient> idle = new ArrayList<>();
    try (Program weir = Program.serve(words())) {
      try {
        for (int i = 0; i < 200; i++) {
          idle.add(RawClient.connect(weir.adminPort()));
        }
        assertThat(weir.admin("/healthz").status()).isEqualTo(200);
      } finally {
        for (RawClient client : idle) {
          client.close();
        }
      }
    }
  }
}
