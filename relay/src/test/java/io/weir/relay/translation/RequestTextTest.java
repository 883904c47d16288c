package io.weir.relay.translation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A table of requests in HTTP/2 and what they are in HTTP/1.1; | stands between fields. */
final class RequestTextTest {
  private static final String GET = ":method=GET|:scheme=http|:path=/p?q|:authority=a";

  private static Http2Headers fields(String text) {
    Http2Headers fields = new DefaultHttp2Headers(false);
    for (String field : text.split("\\|", -1)) {
      int equals = field.indexOf('=');
      fields.add(field.substring(0, equals), field.substring(equals + 1));
    }
    return fields;
  }

  private static String head(String fields, boolean end, TargetForm form)
      throws MalformedException {
    String head = new String(new RequestText(fields(fields), end, form).head(), ISO_8859_1);
    assertThat(head).endsWith("\r\n\r\n");
    return head.substring(0, head.length() - 4).replace("\r\n", "~");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        ":method=GET|:scheme=http|:path=/p?q|:authority=a@ true@ GET /p?q HTTP/1.1~Host: a",
        ":method=GET|:scheme=https|:path=/|host=a:1@ true@ GET / HTTP/1.1~Host: a:1",
        ":method=GET|:scheme=http|:path=/|:authority=a|host=A@ true@ GET / HTTP/1.1~Host: a",
        ":method=GET|:scheme=http|:path=/@ true@ GET / HTTP/1.1",
        ":method=OPTIONS|:scheme=http|:path=*|:authority=a@ true@ OPTIONS * HTTP/1.1~Host: a",
        ":method=GET|:scheme=http|:path=/|:authority=a|cookie=b=1|x=y|cookie=c=2@ true@"
            + " GET / HTTP/1.1~Host: a~x: y~cookie: b=1; c=2",
        ":method=GET|:scheme=http|:path=/|:authority=a|te=trailers@ true@"
            + " GET / HTTP/1.1~Host: a~te: trailers",
        ":method=POST|:scheme=http|:path=/|:authority=a@ false@"
            + " POST / HTTP/1.1~Host: a~Transfer-Encoding: chunked",
        ":method=POST|:scheme=http|:path=/|:authority=a@ true@"
            + " POST / HTTP/1.1~Host: a~Content-Length: 0",
        ":method=POST|:scheme=http|:path=/|:authority=a|content-length=5@ false@"
            + " POST / HTTP/1.1~Host: a~content-length: 5",
        ":method=CONNECT|:authority=a:443@ false@ CONNECT a:443 HTTP/1.1~Host: a:443",
      },
      quoteCharacter = '`')
  void request_isSaidInHttp1(String fields, boolean end, String expected) throws Exception {
    assertThat(head(fields, end, TargetForm.ORIGIN)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        ":method=GET|:scheme=http|:path=/p?q|:authority=a:1@ GET http://a:1/p?q HTTP/1.1~Host: a:1",
        ":method=GET|:scheme=HTTP|:path=/|host=a@ GET http://a/ HTTP/1.1~Host: a",
        ":method=GET|:scheme=https|:path=/|:authority=a@ GET https://a/ HTTP/1.1~Host: a",
        ":method=OPTIONS|:scheme=http|:path=*|:authority=a@ OPTIONS http://a HTTP/1.1~Host: a",
        ":method=OPTIONS|:scheme=http|:path=/|:authority=a@ OPTIONS http://a/ HTTP/1.1~Host: a",
        ":method=GET|:scheme=http|:path=/@ GET / HTTP/1.1",
        ":method=CONNECT|:authority=a:443@ CONNECT a:443 HTTP/1.1~Host: a:443",
      })
  void request_whereClientsNameTheOrigin_isSaidInAbsoluteForm(String fields, String expected)
      throws Exception {
    assertThat(head(fields, true, TargetForm.ABSOLUTE)).isEqualTo(expected);
  }

  /** A path that would go on with the host's name, or with its port. */
  @ParameterizedTest
  @ValueSource(strings = {".b/", "8/", "*", "@b/", "?q", "http://b/"})
  void path_withoutASlash_isRefused(String path) {
    String fields = ":method=GET|:scheme=http|:authority=a:1|:path=" + path;
    for (TargetForm form : TargetForm.values()) {
      assertThatThrownBy(() -> new RequestText(fields(fields), true, form))
          .isInstanceOf(MalformedException.class)
          .hasMessageContaining(":path");
    }
  }

  @Test
  void extendedConnect_becomesAnUpgradeWithAKeyOfOurOwn() throws Exception {
    String fields =
        ":method=CONNECT|:scheme=https|:path=/chat|:authority=a|:protocol=websocket"
            + "|sec-websocket-version=13|sec-websocket-key=theirs|content-length=3";
    RequestText text = new RequestText(fields(fields), false, TargetForm.ORIGIN);
    assertThat(text.extendedConnect()).isTrue();
    assertThat(text.framing()).isEqualTo(Inbound.Framing.PLAIN);
    assertThat(new String(text.head(), ISO_8859_1))
        .isEqualTo(
            "GET /chat HTTP/1.1\r\nHost: a\r\nsec-websocket-version: 13\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Key: "
                + text.key()
                + "\r\n\r\n");
    assertThat(text.key()).hasSize(24).isNotEqualTo("theirs");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":scheme=http|:path=/|:authority=a",
        ":method=GET|:path=/|:authority=a",
        ":method=GET|:scheme=http|:authority=a",
        ":method=GET|:scheme=http|:path=|:authority=a",
        ":method=|:scheme=http|:path=/|:authority=a",
        ":method=G T|:scheme=http|:path=/|:authority=a",
        ":method=GET|:scheme=file|:path=/|:authority=a",
        ":method=GET|:scheme=http|:path=/a b|:authority=a",
        ":method=GET|:scheme=http|:path=/#f|:authority=a",
        ":method=GET|:scheme=http|:path=/|:authority=a\r\nx: y",
        ":method=GET|:scheme=http|:path=/|:authority=",
        ":method=GET|:scheme=http|:path=/|:authority=a|host=b",
        ":method=GET|:scheme=http|:path=/|host=a|host=a",
        ":method=CONNECT|:authority=a:1|:path=/",
        ":method=CONNECT",
        ":method=GET|:scheme=http|:path=/|:authority=a|:protocol=websocket",
        ":method=CONNECT|:scheme=http|:path=/|:protocol=websocket",
        ":method=CONNECT|:scheme=http|:path=/|:authority=a|:protocol=",
        ":method=CONNECT|:scheme=http|:path=/|:authority=a|:protocol=web socket",
        ":method=CONNECT|:scheme=http|:path=/|:authority=a|:protocol=websocket, h2c",
        ":method=CONNECT|:scheme=http|:path=/|:authority=a|:protocol=x\r\ny: z",
        ":method=GET|:scheme=http|:path=/|:authority=a|:unknown=1",
      })
  void malformedPseudoFields_areRefused(String fields) {
    assertThatThrownBy(() -> new RequestText(fields(fields), true, TargetForm.ORIGIN))
        .isInstanceOf(MalformedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "connection=close",
        "keep-alive=1",
        "proxy-connection=close",
        "transfer-encoding=chunked",
        "upgrade=h2c",
        "te=gzip",
        "Upper=1",
        "a b=1",
        "=1",
        "x=a\r\nb: c",
        "x=a\nb",
        "x=\u0000",
        "x= a",
        "x=a\t",
      })
  void malformedFields_areRefused_inHeadAndTrailers(String field) {
    assertThatThrownBy(() -> new RequestText(fields(GET + "|" + field), true, TargetForm.ORIGIN))
        .isInstanceOf(MalformedException.class);
    assertThatThrownBy(() -> RequestText.trailers(fields(field)))
        .isInstanceOf(MalformedException.class);
  }

  @Test
  void trailers_areLines_andHaveNoPseudoFields() throws Exception {
    assertThat(new String(RequestText.trailers(fields("a=1|b=2")), ISO_8859_1))
        .isEqualTo("a: 1\r\nb: 2\r\n");
    assertThatThrownBy(() -> RequestText.trailers(fields(":path=/")))
        .isInstanceOf(MalformedException.class);
  }
}
