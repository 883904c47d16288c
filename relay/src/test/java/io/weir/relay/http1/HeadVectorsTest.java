package io.weir.relay.http1;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.http1.Vectors.Vector;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tables of heads, whole and cut off at every byte. */
class HeadVectorsTest {
  private final RequestHead request = new RequestHead(HeadLimits.DEFAULT);
  private final ResponseHead response = new ResponseHead(HeadLimits.DEFAULT);

  static List<Vector> requests() {
    return Vectors.read("request-heads.txt");
  }

  static List<Vector> responses() {
    return Vectors.read("response-heads.txt");
  }

  @Test
  void tables_areRead_whole() {
    assertThat(requests()).hasSizeGreaterThan(100);
    assertThat(responses()).hasSizeGreaterThan(30);
  }

  @ParameterizedTest
  @MethodSource("requests")
  void request_ofTheTable_isJudgedSo(Vector vector) {
    byte[] b = vector.bytes();
    int result = request.parse(b, 0, b.length);
    if (vector.word().equals("OK")) {
      assertThat(result).as(request.faultDetail()).isEqualTo(b.length);
      check(vector.expected(), described(request));
    } else {
      assertThat(result).isEqualTo(Head.INVALID);
      assertThat(request.fault().name()).isEqualTo(vector.word());
      assertThat(request.faultDetail()).isNotEmpty().startsWith(vector.rule());
    }
    prefixesAgree(request, vector, result);
  }

  @ParameterizedTest
  @MethodSource("responses")
  void response_ofTheTable_isJudgedSo(Vector vector) {
    byte[] b = vector.bytes();
    int result = response.parse(b, 0, b.length);
    if (vector.word().equals("ORIGIN_BAD_RESPONSE")) {
      assertThat(result).isEqualTo(Head.INVALID);
      assertThat(response.fault().name()).isEqualTo(vector.word());
      assertThat(response.faultDetail()).isNotEmpty().startsWith(vector.rule());
    } else {
      assertThat(result).as(response.faultDetail()).isEqualTo(b.length);
      ResponseHead.Body body = response.body(Method.GET, false);
      assertThat(response.faulted()).isEqualTo(vector.word().equals("UNASKED"));
      assertThat(response.faultDetail()).isEqualTo(vector.rule());
      check(
          vector.expected(),
          Map.of(
              "status", "" + response.status(),
              "body", "" + body,
              "length", "" + response.contentLength(),
              "interim", "" + response.interim(),
              "keep", "" + response.keepAlive()));
    }
    prefixesAgree(response, vector, result);
  }

  private static Map<String, String> described(RequestHead head) {
    return Map.of(
        "method", "" + head.method(),
        "target", head.target(),
        "host", head.host(),
        "minor", "" + head.minorVersion(),
        "length", "" + head.contentLength(),
        "chunked", "" + head.chunked(),
        "body", "" + head.hasBody(),
        "keep", "" + head.keepAlive(),
        "upgrade", "" + head.upgrade(),
        "expect", "" + head.expectContinue());
  }

  private static void check(Map<String, String> expected, Map<String, String> actual) {
    assertThat(actual).containsAllEntriesOf(expected);
  }

  private static void prefixesAgree(Head head, Vector vector, int whole) {
    byte[] b = vector.bytes();
    head.parse(b, 0, b.length);
    String detail = head.faultDetail();
    for (int to = 0; to < b.length; to++) {
      int result = head.parse(b, 0, to);
      if (result != Head.NEED_MORE) {
        assertThat(result).as("prefix of %d bytes", to).isEqualTo(whole).isEqualTo(Head.INVALID);
        assertThat(head.faultDetail()).isEqualTo(detail);
      }
    }
  }
}
