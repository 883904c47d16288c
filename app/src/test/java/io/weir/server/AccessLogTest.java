package io.weir.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.exchange.ExchangeEnd;
import io.weir.relay.http.Reason;
import io.weir.server.AccessLogTarget.Format;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogTest {
  private static final Instant AT = Instant.parse("2026-11-22T17:36:32.5Z");
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

  @TempDir Path folder = Path.of("");

  private static ExchangeEnd end(
      String method, String target, @Nullable String referer, @Nullable String agent) {
    InetSocketAddress peer = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 40312);
    return new ExchangeEnd(peer, method, target, 1, 200, 1234, 5, 0, 7, referer, agent, null, null);
  }

  private static String line(Format format, ExchangeEnd end) {
    AccessLine line = new AccessLine(format, ZONE);
    line.write(end, AT);
    return new String(line.bytes(), 0, line.length(), US_ASCII);
  }

  @Test
  void line_common_isAsNginxWritesIt() {
    assertThat(line(Format.COMMON, end("GET", "/a?b", null, null)))
        .isEqualTo("127.0.0.1 - - [22/Nov/2026:18:36:32 +0100] \"GET /a?b HTTP/1.1\" 200 1234\n");
  }

  @Test
  void line_combinedWithQuotesAndControls_escapesThem() {
    assertThat(line(Format.COMBINED, end("GET", "/", "a\"b\\c\n", "\u00e9\u007f")))
        .endsWith("200 1234 \"a\\x22b\\x5Cc\\x0A\" \"\\xE9\\x7F\"\n");
  }

  @Test
  void line_combinedWithoutFields_hasDashes() {
    assertThat(line(Format.COMBINED, end("GET", "/", null, null))).endsWith(" \"-\" \"-\"\n");
  }

  @Test
  void line_ofAUser_namesHim() {
    InetSocketAddress peer = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 40312);
    ExchangeEnd end =
        new ExchangeEnd(
            peer, "CONNECT", "a:443", 1, 200, 1234, 5, 0, 7, null, null, null, "an\u00e9");
    assertThat(line(Format.COMMON, end)).startsWith("127.0.0.1 - an\\xE9 [22/Nov/2026");
    assertThat(line(Format.JSON, end)).contains(",\"user\":\"an\\u00e9\"");
  }

  @Test
  void line_refusedHead_hasAnEmptyRequest() {
    assertThat(line(Format.COMMON, end("-", "-", null, null))).contains("] \"\" 200 ");
  }

  @Test
  void line_json_isOneObject() {
    ExchangeEnd end =
        new ExchangeEnd(
            new InetSocketAddress(InetAddress.ofLiteral("::1"), 9),
            "GET",
            "/\"\\\u0001",
            0,
            502,
            0,
            0,
            0,
            7,
            null,
            "curl",
            Reason.ORIGIN_CLOSED,
            null);

    assertThat(line(Format.JSON, end))
        .isEqualTo(
            "{\"time\":\"2026-11-22T18:36:32+01:00\",\"peer\":\"[0:0:0:0:0:0:0:1]:9\","
                + "\"method\":\"GET\",\"target\":\"/\\\"\\\\\\u0001\",\"protocol\":\"HTTP/1.0\","
                + "\"status\":502,\"downloaded_bytes\":0,\"uploaded_bytes\":0,\"took_ms\":7,"
                + "\"user_agent\":\"curl\",\"error\":\"origin-closed\"}\n");
  }

  @Test
  void line_afterALongerOne_hasNothingOfIt() {
    AccessLine line = new AccessLine(Format.COMBINED, ZONE);
    line.write(end("GET", "/" + "x".repeat(100_000), "y".repeat(9000), null), AT);
    int longest = line.length();
    line.write(end("GET", "/", null, null), AT);

    assertThat(longest).isBetween(16_000, 17_000);
    assertThat(new String(line.bytes(), 0, line.length(), US_ASCII))
        .isEqualTo(line(Format.COMBINED, end("GET", "/", null, null)));
  }

  @Test
  void ended_queueFull_dropsAndCountsButNeverWaits() throws IOException {
    // Its writer is not started: nothing leaves the queue.
    AccessLog log =
        new AccessLog(
            new LogSink(null, Channels.newChannel(OutputStream.nullOutputStream())),
            Format.COMMON,
            ZONE);
    ExchangeEnd end = end("GET", "/" + "x".repeat(1000), null, null);
    int lineBytes = line(Format.COMMON, end).length();
    int fit = AccessLog.HALF_BYTES_MAX / lineBytes;

    for (int i = 0; i < fit + 3; i++) {
      log.ended(end);
    }

    assertThat(log.dropped()).isEqualTo(3);
  }

  @Test
  void open_newFile_isForOwnerAndGroup_andKeepsEveryLine() throws Exception {
    Path file = folder.resolve("access.log");
    try (AccessLog log = AccessLog.open(new AccessLogTarget(file.toString(), Format.COMMON))) {
      for (int i = 0; i < 500; i++) {
        log.ended(end("GET", "/" + i, null, null));
      }
    }

    assertThat(Files.readAllLines(file)).hasSize(500).last().asString().contains("GET /499 HTTP");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .startsWith("rw-")
        .endsWith("---");
  }

  @Test
  void reopen_fileMovedAway_writesToANewOne() throws Exception {
    Path file = folder.resolve("access.log");
    Path moved = folder.resolve("access.log.1");
    try (AccessLog log = AccessLog.open(new AccessLogTarget(file.toString(), Format.COMMON))) {
      log.ended(end("GET", "/before", null, null));
      Files.move(file, moved);
      log.reopen();
      while (!Files.exists(file)) {
        Thread.onSpinWait();
      }
      log.ended(end("GET", "/after", null, null));
    }

    assertThat(Files.readAllLines(moved)).singleElement().asString().contains("/before");
    assertThat(Files.readAllLines(file)).singleElement().asString().contains("/after");
  }

  @Test
  void open_folderMissing_saysSo() {
    String file = folder.resolve("no/access.log").toString();

    assertThatThrownBy(() -> AccessLog.open(new AccessLogTarget(file, Format.COMMON)))
        .isInstanceOf(StartException.class)
        .hasMessageContaining(file)
        .hasMessageContaining("there is no such folder");
  }
}
