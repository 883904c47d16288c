package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginTest {
  private static final long LIMIT_MILLIS = RawClient.TIME_LIMIT_MILLIS;
  private static final String END = " HTTP/1.1\r\nHost: a\r\n\r\n";

  private final SeededBytes sequence = new SeededBytes(7);
  private Origin origin;
  private RawClient client;

  @BeforeEach
  void start() throws Exception {
    origin = Origin.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 7);
    client = RawClient.connect(origin.port());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    assertThat(origin.await(counters -> counters.open() == 0, LIMIT_MILLIS)).isTrue();
    origin.close();
  }

  private void assertSeeded(byte[] body, int length, long position) {
    assertThat(body).hasSize(length);
    assertThat(sequence.mismatch(body, 0, length, position)).isEqualTo(-1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_520, 65_521, 65_522, 458_647, 458_648, 1_048_577, 5_000_000})
  void bytesChunkedAndClose_awkwardSizes_arriveWhole(int size) throws Exception {
    for (String path : new String[] {"/bytes/", "/chunked/", "/close/"}) {
      client.write("GET " + path + size + END);
      assertSeeded(client.readBody(client.readHead()), size, 0);
    }
    assertThat(client.readToEnd().bytes()).isEmpty();
    assertThat(origin.counters().requests()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,10000", "7,65521", "16384,16384", "65521,131042", "1m,3000000", "2m,5"})
  void chunked_anyChunkSize_arrivesWhole(String chunk, int size) throws Exception {
    client.write("GET /chunked/" + size + "?chunk=" + chunk + END);
    String head = client.readHead();
    assertThat(head).contains("Transfer-Encoding: chunked");
    assertSeeded(client.readBody(head), size, 0);
  }

  @Test
  void requests_pipelined_areAnsweredInTurn() throws Exception {
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      requests.append(i % 3 == 0 ? "HEAD" : "GET").append(" /bytes/").append(i * 100).append(END);
    }
    client.write(requests.toString());
    for (int i = 0; i < 200; i++) {
      String head = client.readHead();
      assertThat(RawConnection.header(head, "Content-Length")).isEqualTo("" + i * 100);
      if (i % 3 != 0) {
        assertSeeded(client.readBody(head), i * 100, 0);
      }
    }
    assertThat(origin.counters().accepted()).isEqualTo(1);
    assertThat(origin.counters().bytesRead()).isEqualTo(requests.length());
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 0, 1", "bytes=65520-65521, 65520, 2", "bytes=99999-, 99999, 1",
    "bytes=-5, 99995, 5", "bytes=-200000, 0, 100000", "bytes=10-500000, 10, 99990"
  })
  void range_single_isPartialContent(String range, int first, int length) throws Exception {
    client.write("GET /bytes/100000 HTTP/1.1\r\nHost: a\r\nRange: " + range + "\r\n\r\n");
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 206 ");
    String expected = "bytes " + first + "-" + (first + length - 1) + "/100000";
    assertThat(RawConnection.header(head, "Content-Range")).isEqualTo(expected);
    assertSeeded(client.readBody(head), length, first);
  }

  @ParameterizedTest
  @CsvSource({"bytes=100000-, 416", "bytes=-0, 416", "lines=1-2, 200", "bytes=5-3, 200"})
  void range_notUsable_isRefusedOrIgnored(String range, String status) throws Exception {
    client.write("GET /bytes/100000 HTTP/1.1\r\nHost: a\r\nRange: " + range + "\r\n\r\n");
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 " + status);
    client.readBody(head);
  }

  @Test
  void range_ifRangeWithOtherTag_isTheWholeFile() throws Exception {
    String range = "HTTP/1.1\r\nHost: a\r\nRange: bytes=1-1\r\nIf-Range: ";
    client.write("GET /bytes/9 " + range + "\"other\"\r\n\r\n");
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 200 ");
    assertSeeded(client.readBody(head), 9, 0);
    client.write("GET /bytes/9 " + range + RawConnection.header(head, "ETag") + "\r\n\r\n");
    assertThat(client.readHead()).startsWith("HTTP/1.1 206 ");
    client.readExactly(1);
  }

  @Test
  void diskImage_rangeBehindGigabytes_isThere() throws Exception {
    String range = "Range: bytes=999999999999-\r\n";
    client.write("GET /disk.img HTTP/1.1\r\nHost: a\r\n" + range + "\r\n");
    assertThat(client.readHead()).contains("Content-Length: 99511627777\r\n");
    assertThat(client.readSeeded(sequence, 999_999_999_999L, 3_000_000)).isEqualTo(-1);
  }

  @Test
  void diskImage_clientLeaves_transferStops() throws Exception {
    client.write("GET /disk.img" + END);
    client.readHead();
    assertThat(client.readSeeded(sequence, 0, 10_000_000)).isEqualTo(-1);
    client.reset();
    assertThat(origin.await(counters -> counters.open() == 0, LIMIT_MILLIS)).isTrue();
    assertThat(origin.counters().bytesWritten()).isBetween(10_000_000L, 100_000_000L);
  }

  @Test
  void abort_reset_isSeenAsReset() throws Exception {
    client.write("GET /abort/1000000/70000" + END);
    assertThat(client.readHead()).contains("Content-Length: 1000000");
    RawConnection.Ending ending = client.readToEnd();
    assertThat(ending.reset()).isTrue();
    assertThat(ending.bytes().length).isLessThanOrEqualTo(70_000);
  }

  @Test
  void abort_fin_isSeenAsEarlyEnd() throws Exception {
    client.write("GET /abort/1000000/70000?fin" + END);
    client.readHead();
    RawConnection.Ending ending = client.readToEnd();
    assertThat(ending.reset()).isFalse();
    assertSeeded(ending.bytes(), 70_000, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "/status/204, 204", "/status/503, 503", "/status/99, 400", "/redirect, 302", "/slow/1, 200",
    "/hello, 200", "/nowhere, 404", "/bytes/x, 400", "http://h:1/hello, 200", "/abort/1, 400"
  })
  void path_status_isAsSaid(String path, String status) throws Exception {
    client.write("GET " + path + END);
    String head = client.readHead();
    assertThat(head).startsWith("HTTP/1.1 " + status);
    client.readBody(head);
  }

  @Test
  void slow_clientLeavesBefore_isClosed() throws Exception {
    client.write("GET /slow/3600000" + END);
    assertThat(origin.await(counters -> counters.requests() == 1, LIMIT_MILLIS)).isTrue();
    client.reset();
    assertThat(origin.await(counters -> counters.open() == 0, LIMIT_MILLIS)).isTrue();
  }

  @Test
  void slow_pipelinedBehind_keepsOrder() throws Exception {
    client.write("GET /slow/30" + END + "GET /bytes/3" + END);
    assertThat(client.readBody(client.readHead())).asString().isEqualTo("hello\n");
    assertSeeded(client.readBody(client.readHead()), 3, 0);
  }

  @Test
  void connection_closeAsked_isClosed() throws Exception {
    client.write("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assertThat(client.readToEnd().text()).contains("Connection: close").endsWith("hello\n");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 65_522, 3_000_000})
  void upload_sizedAndChunked_isCountedAndHashed(int size) throws Exception {
    byte[] bytes = new byte[size];
    sequence.fill(bytes, 0);
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    String sha = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    String expected =
        "{\"bytes\":"
            + size
            + ",\"matches\":true,\"mismatch_at\":-1,\"crc32c\":\""
            + HexFormat.of().toHexDigits((int) crc.getValue())
            + "\",\"sha256\":\""
            + sha
            + "\"}\n";
    String head = "POST /up?sha256 HTTP/1.1\r\nHost: a\r\n";
    client.write(head + "Content-Length: " + size + "\r\n\r\n");
    client.write(bytes);
    assertThat(client.readBody(client.readHead())).asString().isEqualTo(expected);
    client.write(head + "Transfer-Encoding: chunked\r\n\r\n");
    client.write(chunked(bytes, 9_999));
    assertThat(client.readBody(client.readHead())).asString().isEqualTo(expected);
  }

  private static byte[] chunked(byte[] bytes, int chunk) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    for (int done = 0; done < bytes.length; done += chunk) {
      int span = Math.min(chunk, bytes.length - done);
      wire.writeBytes((Integer.toHexString(span) + ";x\r\n").getBytes(ISO_8859_1));
      wire.write(bytes, done, span);
      wire.writeBytes("\r\n".getBytes(ISO_8859_1));
    }
    wire.writeBytes("0\r\nTrailer: t\r\n\r\n".getBytes(ISO_8859_1));
    return wire.toByteArray();
  }

  @Test
  void upload_otherBytes_saysWhere() throws Exception {
    byte[] bytes = new byte[100_000];
    sequence.fill(bytes, 0);
    bytes[70_000] ^= 4;
    client.write("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    client.write(bytes);
    assertThat(client.readBody(client.readHead()))
        .asString()
        .contains("\"matches\":false,\"mismatch_at\":70000,");
  }

  @Test
  void upload_expectContinue_isToldToGoOn() throws Exception {
    client.write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
    assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
    client.write("x");
    assertThat(client.readBody(client.readHead())).asString().contains("\"bytes\":1");
  }

  @Test
  void echo_bothFramings_returnsTheBody() throws Exception {
    byte[] bytes = new byte[3_000];
    sequence.fill(bytes, 0);
    client.write("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.write(chunked(bytes, 1_000));
    assertSeeded(client.readBody(client.readHead()), bytes.length, 0);
    client.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n");
    client.write(bytes);
    client.write("GET /bytes/4" + END);
    assertSeeded(client.readBody(client.readHead()), bytes.length, 0);
    assertSeeded(client.readBody(client.readHead()), 4, 0);
  }

  @Test
  void echo_answerBlocked_stopsReadingAndGoesOn() throws Exception {
    int size = 64 * 1024 * 1024;
    client.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
    Thread writer = Thread.ofVirtual().start(() -> writeQuietly(size));
    assertThat(origin.await(counters -> counters.bytesRead() > 100_000, LIMIT_MILLIS)).isTrue();
    // Nobody reads the answer, so all of the body can never have been read.
    assertThat(origin.await(counters -> counters.bytesRead() >= size, 200)).isFalse();
    assertSeeded(client.readBody(client.readHead()), size, 0);
    writer.join();
    long read = origin.counters().bytesRead();
    assertThat(read).isGreaterThanOrEqualTo(size);
  }

  private void writeQuietly(int size) {
    try {
      client.write(sequence, 0, size);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void head_neverEnding_isRefused() throws Exception {
    client.write("GET / HTTP/1.1\r\nX: " + "y".repeat(64 * 1024));
    assertThat(client.readHead()).startsWith("HTTP/1.1 400 ");
  }

  @Test
  void close_openDownload_endsIt() throws Exception {
    client.write("GET /disk.img" + END);
    client.readHead();
    origin.close();
    client.awaitEof();
    assertThat(origin.counters().open()).isZero();
  }
}
