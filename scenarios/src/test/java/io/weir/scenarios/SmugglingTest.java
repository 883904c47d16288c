package io.weir.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Messages about whose end two readers could disagree, over the wire. Behind each one a second
 * request is hidden: the client must get one answer, then the end, and the origin nothing.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SmugglingTest {
  private static final String HIDDEN = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";

  private RawOrigin origin;
  private Program weir;

  @BeforeAll
  void start() throws Exception {
    origin = RawOrigin.start(SmugglingTest::answerAll);
    weir = Program.serve("--to", "http://127.0.0.1:" + origin.port());
  }

  /** Answers whatever comes, so that a request that got through shows on both sides. */
  private static void answerAll(RawConnection connection) throws Exception {
    while (true) {
      String head = connection.readHead();
      connection.readBody(head);
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npassed");
    }
  }

  @AfterAll
  void stop() throws Exception {
    weir.close();
    origin.close();
  }

  /** Without those whose chunks were refused: they may come late. */
  private long heads() {
    return origin.heads().stream().filter(head -> !head.startsWith("POST /chunks ")).count();
  }

  private static String unescaped(String text) {
    return text.replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\0", "\0")
        .replace("\\v", "\u000b")
        .replace("\\h", "\u0080");
  }

  // long: one form of smuggling a line
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = true,
      textBlock =
          """
          two lengths that differ | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\nContent-Length: 4\\r\\n\\r\\nabcd
          two lengths that are equal | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\nContent-Length: 3\\r\\n\\r\\nabc
          a list of lengths | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3, 3\\r\\n\\r\\nabc
          length with a sign | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: +3\\r\\n\\r\\nabc
          negative length | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: -1\\r\\n\\r\\n
          hexadecimal length | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 0x3\\r\\n\\r\\nabc
          empty length | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length:\\r\\n\\r\\n
          length beyond 64 bits | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 18446744073709551619\\r\\n\\r\\nabc
          length with a gap | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1 0\\r\\n\\r\\nabc
          length and chunked | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          chunked and length | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\nContent-Length: 5\\r\\n\\r\\n0\\r\\n\\r\\n
          chunked on HTTP/1.0 | 400 | POST / HTTP/1.0\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          chunked twice | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked, chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          two transfer codings in two fields | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\nTransfer-Encoding: identity\\r\\n\\r\\n0\\r\\n\\r\\n
          chunked is not the last | 501 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked, gzip\\r\\n\\r\\n0\\r\\n\\r\\n
          identity | 501 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: identity\\r\\n\\r\\n
          unknown coding | 501 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: xchunked\\r\\n\\r\\n0\\r\\n\\r\\n
          known coding before chunked | 501 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: gzip, chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          quoted coding | 501 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: "chunked"\\r\\n\\r\\n0\\r\\n\\r\\n
          coding behind a vertical tab | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: \\vchunked\\r\\n\\r\\n0\\r\\n\\r\\n
          empty coding | 501 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding:\\r\\n\\r\\n
          folded coding | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding:\\r\\n chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          space before the colon | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length : 3\\r\\n\\r\\nabc
          tab before the colon | 400 | POST / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding\\t: chunked\\r\\n\\r\\n0\\r\\n\\r\\n
          no colon | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length\\r\\n\\r\\n
          no name | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\n: 3\\r\\n\\r\\n
          name with a byte above ASCII | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length\\h: 3\\r\\n\\r\\n
          first field begins with a space | 400 | GET / HTTP/1.1\\r\\n Host: a\\r\\n\\r\\n
          folded field | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nX: 1\\r\\n\\tContent-Length: 40\\r\\n\\r\\n
          LF ends the request line | 400 | GET / HTTP/1.1\\nHost: a\\r\\n\\r\\n
          LF ends a field | 400 | GET / HTTP/1.1\\r\\nHost: a\\nContent-Length: 40\\r\\n\\r\\n
          LF ends the head | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\n\\n
          CR in a value | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nX: a\\rContent-Length: 40\\r\\n\\r\\n
          CR before the end of a line | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\r\\n\\r\\n
          NUL in a value | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nX: a\\0b\\r\\n\\r\\n
          NUL in the target | 400 | GET /\\0 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n
          space in the target | 400 | GET /a b HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n
          no host | 400 | GET / HTTP/1.1\\r\\n\\r\\n
          two hosts | 400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: a\\r\\n\\r\\n
          host with a path | 400 | GET / HTTP/1.1\\r\\nHost: a/b\\r\\n\\r\\n
          host with a user | 400 | GET / HTTP/1.1\\r\\nHost: u@a\\r\\n\\r\\n
          host with a list | 400 | GET / HTTP/1.1\\r\\nHost: a, b\\r\\n\\r\\n
          host with a bad port | 400 | GET / HTTP/1.1\\r\\nHost: a:80x\\r\\n\\r\\n
          absolute target with a user | 400 | GET http://u@a/ HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n
          trace | 501 | TRACE / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n
          connect | 501 | CONNECT a:80 HTTP/1.1\\r\\nHost: a:80\\r\\n\\r\\n
          not quite the preface of HTTP/2 | 505 | PRI * HTTP/2.0\\r\\n\\r\\n
          HTTP/0.9 | 400 | GET /\\r\\n
          no HTTP at all | 400 | \\0\\0\\0\\0\\r\\n\\r\\n
          """)
  void head_thatCanBeReadInTwoWays_isRefusedAndNeverPassedOn(
      String name, int status, String payload) throws Exception {
    long headsBefore = heads();
    try (RawClient client = weir.connect()) {
      client.write(unescaped(payload) + HIDDEN);
      String text = client.readToEnd().text();
      assertThat(text).startsWith("HTTP/1.1 " + status + " ").contains("\r\nWeir-Error: ");
      assertThat(text).contains("\r\nConnection: close\r\n");
      assertThat(text.split("HTTP/1.1 \\d", -1)).as(text).hasSize(2);
    }
    assertThat(heads()).isEqualTo(headsBefore);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          size that is no number | xyz\\r\\nabc\\r\\n0\\r\\n\\r\\n
          size with a sign | +3\\r\\nabc\\r\\n0\\r\\n\\r\\n
          negative size | -3\\r\\nabc\\r\\n0\\r\\n\\r\\n
          size with 0x | 0x3\\r\\nabc\\r\\n0\\r\\n\\r\\n
          empty size | \\r\\nabc\\r\\n0\\r\\n\\r\\n
          size beyond 64 bits | 10000000000000003\\r\\nabc\\r\\n0\\r\\n\\r\\n
          size with a gap | 3 3\\r\\nabc\\r\\n0\\r\\n\\r\\n
          size line ends with LF | 3\\nabc\\r\\n0\\r\\n\\r\\n
          size line ends with CR | 3\\rabc\\r\\n0\\r\\n\\r\\n
          data longer than its size | 3\\r\\nabcd\\r\\n0\\r\\n\\r\\n
          data shorter than its size | 4\\r\\nabc\\r\\n0\\r\\n\\r\\n
          data ends with LF | 3\\r\\nabc\\n0\\r\\n\\r\\n
          LF in an extension | 3;a=b\\nc\\r\\nabc\\r\\n0\\r\\n\\r\\n
          last chunk ends with LF | 3\\r\\nabc\\r\\n0\\n\\n
          bad trailer | 3\\r\\nabc\\r\\n0\\r\\nX : y\\r\\n\\r\\n
          folded trailer | 3\\r\\nabc\\r\\n0\\r\\nX: y\\r\\n z\\r\\n\\r\\n
          """)
  void chunks_thatCanBeReadInTwoWays_endTheConnectionAndNothingBehindIsServed(
      String name, String chunks) throws Exception {
    try (RawClient client = weir.connect()) {
      client.write(
          "POST /chunks HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              + unescaped(chunks)
              + HIDDEN);
      String text = client.readToEnd().text();
      assertThat(text).startsWith("HTTP/1.1 400 ").contains("\r\nWeir-Error: bad-framing\r\n");
      assertThat(text).doesNotContain("passed");
    }
    // The request may have begun upstream; it is never complete there, nor is anything behind it.
    assertThat(origin.heads()).noneMatch(head -> head.contains("/hidden"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/../x", "/%2e%2E/x", "/a/..%2fx", "/a/.%2e/../x", "/.."})
  void path_withDots_neverLeavesTheBase(String path) throws Exception {
    long headsBefore = heads();
    try (Program based = Program.serve("--to", "http://127.0.0.1:" + origin.port() + "/base")) {
      Program.Answer answer = based.get(path);
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.field("Weir-Error")).isEqualTo("path-escapes");
    }
    assertThat(heads()).isEqualTo(headsBefore);
  }

  @Test
  void head_thatIsFine_isPassedOn() throws Exception {
    try (RawClient client = weir.connect()) {
      client.write("POST /fine HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n");
      client.write("3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n");
      client.write("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      String text = client.readToEnd().text();
      assertThat(text.split("passed", -1)).hasSize(3);
    }
    assertThat(origin.heads()).anyMatch(head -> head.startsWith("POST /fine HTTP/1.1\r\n"));
    assertThat(origin.heads()).anyMatch(head -> head.startsWith("GET /next HTTP/1.1\r\n"));
  }
}
