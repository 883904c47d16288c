package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.http.Reason;
import org.junit.jupiter.api.Test;

class HeadLimitsTest {
  private static final String HOST = "Host: a\r\n";
  private final RequestHead head = new RequestHead(new HeadLimits(200, 20, 3));

  private int parse(String text) {
    byte[] b = bytes(text);
    return head.parse(b, 0, b.length);
  }

  @Test
  void limits_belowOne_areRefused() {
    assertThatThrownBy(() -> new HeadLimits(1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("targetBytesMax");
  }

  @Test
  void head_ofExactlyTheLimit_isTaken() {
    String rest = "GET / HTTP/1.1\r\n" + HOST + "X: ";
    String text = rest + "x".repeat(200 - rest.length() - 4) + "\r\n\r\n";
    assertThat(parse(text)).isEqualTo(200);
  }

  @Test
  void head_oneByteOverTheLimit_isTooLarge() {
    String rest = "GET / HTTP/1.1\r\n" + HOST + "X: ";
    String text = rest + "x".repeat(201 - rest.length() - 4) + "\r\n\r\n";
    assertThat(parse(text)).isEqualTo(Head.INVALID);
    assertThat(head.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
  }

  @Test
  void head_notWholeAtTheLimit_isTooLargeAtOnce() {
    assertThat(parse("GET / HTTP/1.1\r\nX: ".concat("x".repeat(200)).substring(0, 199))).isZero();
    assertThat(parse("GET / HTTP/1.1\r\nX: ".concat("x".repeat(200)).substring(0, 200)))
        .isEqualTo(Head.INVALID);
    assertThat(head.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
  }

  @Test
  void target_ofExactlyTheLimit_isTaken() {
    assertThat(parse("GET /" + "x".repeat(19) + " HTTP/1.1\r\n" + HOST + "\r\n")).isPositive();
  }

  @Test
  void target_overTheLimit_isTooLongBeforeItsEnd() {
    assertThat(parse("GET /" + "x".repeat(19))).isEqualTo(Head.NEED_MORE);
    assertThat(parse("GET /" + "x".repeat(20))).isEqualTo(Head.INVALID);
    assertThat(head.fault()).isEqualTo(Reason.TARGET_TOO_LONG);
  }

  @Test
  void fields_overTheLimit_areTooManyAtTheNextByte() {
    String three = "GET / HTTP/1.1\r\n" + HOST + "X:\r\nX:\r\n";
    assertThat(parse(three + "\r\n")).isPositive();
    assertThat(parse(three)).isEqualTo(Head.NEED_MORE);
    assertThat(parse(three + "Y")).isEqualTo(Head.INVALID);
    assertThat(head.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
  }

  @Test
  void head_ofOneMegabyte_isTooLargeHoweverItIsMadeUp() {
    RequestHead standard = new RequestHead(HeadLimits.DEFAULT);
    String start = "GET / HTTP/1.1\r\n" + HOST;
    String[] heads = {
      start + "X: " + "x".repeat(1 << 20) + "\r\n\r\n",
      start + "X".repeat(1 << 20) + ": x\r\n\r\n",
      start + "X: y\r\n".repeat(1 << 17) + "\r\n",
      start + "X:" + " ".repeat(1 << 20) + "\r\n\r\n",
      "X".repeat(1 << 20) + " / HTTP/1.1\r\n\r\n",
    };
    for (String text : heads) {
      byte[] b = bytes(text);
      assertThat(standard.parse(b, 0, b.length)).isEqualTo(Head.INVALID);
      assertThat(standard.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
    }
    byte[] b = bytes("GET /" + "x".repeat(1 << 20) + " HTTP/1.1\r\n\r\n");
    assertThat(standard.parse(b, 0, b.length)).isEqualTo(Head.INVALID);
    assertThat(standard.fault()).isEqualTo(Reason.TARGET_TOO_LONG);
  }

  @Test
  void connectionOptions_overTheLimitOfFields_areTooMany() {
    assertThat(parse("GET / HTTP/1.1\r\n" + HOST + "Connection: a,a, ,a\r\n\r\n")).isPositive();
    assertThat(parse("GET / HTTP/1.1\r\n" + HOST + "Connection: a,a\r\nConnection: a,a\r\n\r\n"))
        .isEqualTo(Head.INVALID);
    assertThat(head.fault()).isEqualTo(Reason.HEAD_TOO_LARGE);
  }

  @Test
  void head_byteByByte_isParsedFewTimes() {
    RequestHead standard = new RequestHead(HeadLimits.DEFAULT);
    byte[] b = bytes("GET / HTTP/1.1\r\n" + HOST + "X: " + "x".repeat(30_000) + "\r\n\r\n");
    int seen = 0;
    int parses = 0;
    int result = Head.NEED_MORE;
    for (int to = 1; to <= b.length && result == Head.NEED_MORE; to++) {
      if (standard.worthParsing(b, 0, to, seen)) {
        result = standard.parse(b, 0, to);
        parses++;
        seen = to;
      }
    }
    assertThat(result).isEqualTo(b.length);
    assertThat(parses).isLessThan(25);
  }

  @Test
  void begun_afterEmptyLinesOnly_isFalse() {
    assertThat(parse("\r\n")).isEqualTo(Head.NEED_MORE);
    assertThat(head.begun()).isFalse();
    assertThat(parse("\r\nG")).isEqualTo(Head.NEED_MORE);
    assertThat(head.begun()).isTrue();
  }

  @Test
  void pathEscapes_inEverySpelling_isSeen() {
    String[] escaping = {
      "/..",
      "/a/../b",
      "/./a",
      "/%2e%2E/a",
      "/.%2e",
      "/a/%2e",
      "/..;x/a",
      "/..%3bx",
      "/a%2f..%2fb",
      "/a\\..\\b",
      "/a%5C..",
      "/..?q",
      "http://h/../x"
    };
    for (String target : escaping) {
      assertThat(parse("GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n")).isPositive();
      assertThat(head.pathEscapes()).as(target).isTrue();
    }
    for (String target : new String[] {"/", "/a..b", "/...", "/.a", "/a/..b", "/a.", "/?/../"}) {
      assertThat(parse("GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n")).isPositive();
      assertThat(head.pathEscapes()).as(target).isFalse();
    }
  }

  @Test
  void acceptsJson_onlyWhereItIsNamed() {
    assertThat(parse("GET / HTTP/1.1\r\n" + HOST + "Accept: a/b, Application/JSON;q=1\r\n\r\n"))
        .isPositive();
    assertThat(head.acceptsJson()).isTrue();
    assertThat(parse("GET / HTTP/1.1\r\n" + HOST + "Accept: */*\r\n\r\n")).isPositive();
    assertThat(head.acceptsJson()).isFalse();
  }

  @Test
  void value_ofAKnownField_isTheFirst() {
    assertThat(parse("GET / HTTP/1.1\r\n" + HOST + "User-Agent: x y\r\nUser-Agent: z\r\n\r\n"))
        .isPositive();
    assertThat(head.value(KnownField.USER_AGENT)).isEqualTo("x y");
    assertThat(head.value(KnownField.VIA)).isNull();
    assertThat(head.fieldCount()).isEqualTo(3);
  }
}
