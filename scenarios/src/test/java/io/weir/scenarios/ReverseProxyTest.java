package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawOrigin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the origin sees of a request, and what the access log keeps of it. */
class ReverseProxyTest {
  @TempDir Path folder;
  private RawOrigin origin;

  @BeforeEach
  void startOrigin() throws Exception {
    origin =
        RawOrigin.start(
            connection -> {
              while (true) {
                connection.readBody(connection.readHead());
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfine\n");
              }
            });
  }

  @AfterEach
  void stopOrigin() throws Exception {
    origin.close();
  }

  private Program serve(String base, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--to", authority(base), "--quiet"));
    all.addAll(List.of(options));
    return Program.serve(all.toArray(String[]::new));
  }

  private String authority(String base) {
    return "http://127.0.0.1:" + origin.port() + base;
  }

  /** Sends one request and returns the head that the origin got. */
  private String seen(Program weir, String path, String... fields) throws Exception {
    int before = origin.heads().size();
    assertThat(weir.get(path, fields).text()).isEqualTo("fine\n");
    return origin.awaitHeads(before + 1).get(before);
  }

  private static String field(String head, String name) {
    return String.valueOf(RawClient.header(head, name));
  }

  @Test
  void request_isRewrittenFromWhatWasUnderstood() throws Exception {
    try (Program weir = serve("/base/")) {
      String head =
          seen(weir, "/a/b?c=d&e", "X-Mine: 1", "Keep-Alive: 5", "X-Hop: 2", "Connection: x-hop");
      assertThat(head).startsWith("GET /base/a/b?c=d&e HTTP/1.1\r\n");
      assertThat(field(head, "Host")).isEqualTo("127.0.0.1:" + origin.port());
      assertThat(field(head, "X-Mine")).isEqualTo("1");
      assertThat(field(head, "X-Hop")).isEqualTo("null");
      assertThat(field(head, "Keep-Alive")).isEqualTo("null");
      assertThat(field(head, "Connection")).isEqualTo("null");
      assertThat(field(head, "Via")).isEqualTo("1.1 weir");
    }
  }

  @Test
  void forwardedFields_ofAStranger_areReplaced() throws Exception {
    try (Program weir = serve("")) {
      String head =
          seen(
              weir,
              "/",
              "X-Forwarded-For: 6.6.6.6",
              "X-Forwarded-Proto: https",
              "X-Forwarded-Host: evil");
      assertThat(field(head, "X-Forwarded-For")).isEqualTo("127.0.0.1");
      assertThat(field(head, "X-Forwarded-Proto")).isEqualTo("http");
      assertThat(field(head, "X-Forwarded-Host")).isEqualTo("test");
      assertThat(field(head, "Forwarded")).isEqualTo("null");
      assertThat(head).doesNotContain("6.6.6.6").doesNotContain("evil");
    }
  }

  @Test
  void forwardedFields_ofATrustedProxy_areKeptAndExtended() throws Exception {
    try (Program weir = serve("", "--trusted-proxy", "127.0.0.0/8", "--forwarded")) {
      String head = seen(weir, "/", "X-Forwarded-For: 9.9.9.9", "X-Forwarded-Proto: https");
      assertThat(field(head, "X-Forwarded-For")).isEqualTo("9.9.9.9, 127.0.0.1");
      assertThat(field(head, "X-Forwarded-Proto")).startsWith("https");
      assertThat(field(head, "Forwarded")).contains("for=127.0.0.1");
    }
  }

  @Test
  void switches_takeEveryFieldAway() throws Exception {
    try (Program weir = serve("", "--no-x-forwarded", "--no-via", "--preserve-host")) {
      String head = seen(weir, "/");
      assertThat(field(head, "Host")).isEqualTo("test");
      assertThat(head).doesNotContainIgnoringCase("forwarded").doesNotContainIgnoringCase("via:");
    }
  }

  @Test
  void resource_isTheAnswerToEveryPathAndReadOnly() throws Exception {
    try (Program weir = Program.serve("--quiet", "--resource", authority("/one?x=y"))) {
      assertThat(seen(weir, "/any/../path?q")).startsWith("GET /one?x=y HTTP/1.1\r\n");
      try (RawClient client = weir.connect()) {
        client.write(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        String text = client.readToEnd().text();
        assertThat(text).startsWith("HTTP/1.1 405 ").contains("\r\nAllow: GET, HEAD\r\n");
        assertThat(text).contains("\r\nWeir-Error: method-not-allowed\r\n");
      }
    }
    assertThat(origin.heads()).hasSize(1);
  }

  private static List<String> awaitLines(Program weir, Path file, int count) throws Exception {
    weir.await(
        count + " lines are in the log",
        () -> Files.exists(file) && Files.readAllLines(file).size() >= count);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(count);
    return lines;
  }

  @Test
  void accessLog_combined_hasALineForEachExchange() throws Exception {
    Path log = folder.resolve("access.log");
    try (Program weir = serve("", "--access-log", log.toString())) {
      seen(weir, "/a?b=\"c", "Referer: http://r/", "User-Agent: test \\ \"1\"");
      awaitLines(weir, log, 1);
      seen(weir, "/b");
      List<String> lines = awaitLines(weir, log, 2);
      String time = "\\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}]";
      assertThat(lines.get(0))
          .matches(
              "127\\.0\\.0\\.1 - - "
                  + time
                  + " \"GET /a\\?b=\\\\x22c HTTP/1\\.1\" 200 5 \"http://r/\""
                  + " \"test \\\\x5C \\\\x221\\\\x22\"");
      assertThat(lines.get(1)).endsWith("\"GET /b HTTP/1.1\" 200 5 \"-\" \"-\"");
    }
  }

  @Test
  void accessLog_json_parses() throws Exception {
    Path log = folder.resolve("access.json");
    try (Program weir = serve("", "--access-log", log.toString(), "--access-log-format", "json")) {
      seen(weir, "/j", "User-Agent: \"q\" \\");
      Map<String, Object> line = Json.parse(awaitLines(weir, log, 1).getFirst());
      assertThat(line)
          .containsEntry("method", "GET")
          .containsEntry("target", "/j")
          .containsEntry("status", 200L)
          .containsEntry("downloaded_bytes", 5L)
          .containsEntry("user_agent", "\"q\" \\")
          .containsKeys("time", "peer", "took_ms", "uploaded_bytes", "protocol");
    }
  }

  @Test
  void accessLog_onStandardOutput_isThere() throws Exception {
    try (Program weir = serve("", "--access-log", "-", "--access-log-format", "common")) {
      seen(weir, "/out");
      assertThat(weir.out().await(line -> line.contains("/out")))
          .endsWith("\"GET /out HTTP/1.1\" 200 5");
    }
  }

  @Test
  void accessLog_renamedAndHup_goesOnInANewFile() throws Exception {
    Path log = folder.resolve("access.log");
    Path old = folder.resolve("access.log.1");
    try (Program weir = serve("", "--access-log", log.toString())) {
      seen(weir, "/before");
      awaitLines(weir, log, 1);
      Files.move(log, old);
      seen(weir, "/between");
      assertThat(awaitLines(weir, old, 2).getLast()).contains("/between");
      weir.signal("HUP");
      weir.await("the file is there again", () -> Files.exists(log));
      seen(weir, "/after");
      assertThat(awaitLines(weir, log, 1).getFirst()).contains("/after");
      assertThat(Files.readAllLines(old)).hasSize(2);
    }
  }
}
