package io.weir.relay.translation;

import static io.weir.relay.translation.RequestFieldsTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.weir.relay.http1.ChunkScanner;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.Method;
import io.weir.relay.http1.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseTextTest {
  /** Method, whether the stream ends with the fields, the fields; then the lines and the body. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET  | no  | :status=200;content-length=5;etag="x" | HTTP/1.1 200 ;content-length: 5;etag: "x"; | PLAIN
          GET  | no  | :status=200;a=b           | HTTP/1.1 200 ;a: b;transfer-encoding: chunked; | CHUNKED
          GET  | yes | :status=200;a=b           | HTTP/1.1 200 ;a: b;content-length: 0; | PLAIN
          GET  | yes | :status=200;content-length=0 | HTTP/1.1 200 ;content-length: 0; | PLAIN
          POST | yes | :status=200;content-type=application/grpc;grpc-status=12 | HTTP/1.1 200 ;content-type: application/grpc;grpc-status: 12;content-length: 0; | PLAIN
          HEAD | yes | :status=200;content-length=5 | HTTP/1.1 200 ;content-length: 5; | PLAIN
          HEAD | yes | :status=200               | HTTP/1.1 200 ; | PLAIN
          HEAD | no  | :status=200               | HTTP/1.1 200 ; | PLAIN
          GET  | yes | :status=204               | HTTP/1.1 204 ; | PLAIN
          GET  | no  | :status=204;content-length=0 | HTTP/1.1 204 ; | PLAIN
          GET  | yes | :status=304;content-length=9 | HTTP/1.1 304 ;content-length: 9; | PLAIN
          GET  | no  | :status=103;link=</x>     | HTTP/1.1 103 ;link: </x>; | PLAIN
          GET  | no  | :status=100;content-length=3 | HTTP/1.1 100 ; | PLAIN
          GET  | yes | :status=599;x=            | HTTP/1.1 599 ;x: ;content-length: 0; | PLAIN
          """)
  void head_wellFormed_isThatOfHttp1(
      Method method, String ends, String fields, String lines, String body) throws Exception {
    ResponseText text = new ResponseText(fields(fields), ends.equals("yes"), method, null);
    assertThat(latin1(text.head()).replace("\r\n", ";")).isEqualTo(lines + ";");
    assertThat(text.framing() == Inbound.Framing.CHUNKED).isEqualTo(body.equals("CHUNKED"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no  | a=b                            | :status is not a number
          no  | :status=99                     | :status is not a number
          no  | :status=2000                   | :status is not a number
          no  | :status=+20                    | :status is not a number
          no  | :status=600                    | :status is not a number
          no  | :status=101                    | cannot be a 101
          yes | :status=100                    | An interim response ends the stream
          no  | :status=200;:status=200        | one :status
          no  | :status=200;:path=/            | one :status
          no  | :status=200;A=b                | not a token in lower case
          no  | :status=200;a b=c              | not a token in lower case
          no  | :status=200;=c                 | not a token in lower case
          no  | :status=200;connection=close   | for one connection only
          no  | :status=200;keep-alive=5       | for one connection only
          no  | :status=200;transfer-encoding=chunked | for one connection only
          no  | :status=200;upgrade=x          | for one connection only
          no  | :status=200;proxy-connection=x | for one connection only
          no  | :status=200;te=trailers        | the field te
          no  | :status=200;content-length=5;content-length=5 | not one plain number
          no  | :status=200;content-length=    | not one plain number
          no  | :status=200;content-length=-1  | not one plain number
          no  | :status=200;content-length=1234567890123456789 | not one plain number
          yes | :status=200;content-length=5   | ends without the content
          """)
  void head_malformed_isRefused(String ends, String fields, String rule) {
    assertThatThrownBy(() -> new ResponseText(fields(fields), ends.equals("yes"), Method.GET, null))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining(rule);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x\r\ny: z", "x\ny", "x\0", " x", "x\t", "\u007f", "\u0161"})
  void head_valueThatWouldBeAnother_isRefused(String value) {
    Http2Headers fields = fields(":status=200");
    fields.add("a", value);
    assertThatThrownBy(() -> new ResponseText(fields, true, Method.GET, null))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("control character or space around it");
  }

  @Test
  void head_webSocketAgreed_isSwitching() throws Exception {
    Http2Headers fields = fields(":status=200;sec-websocket-protocol=chat;content-length=0");
    ResponseText text = new ResponseText(fields, false, Method.GET, new AsciiString("KEY="));
    ResponseHead head = parse(text.head());
    assertThat(head.status()).isEqualTo(101);
    assertThat(latin1(text.head()))
        .contains("upgrade: websocket\r\n", "sec-websocket-accept: KEY=\r\n", "protocol: chat")
        .doesNotContain("content-length");
  }

  @Test
  void head_webSocketRefused_isAnOrdinaryResponse() throws Exception {
    ResponseText text =
        new ResponseText(fields(":status=403"), true, Method.GET, new AsciiString("K"));
    assertThat(latin1(text.head())).isEqualTo("HTTP/1.1 403 \r\ncontent-length: 0\r\n\r\n");
  }

  @Test
  void trailers_wellFormed_areATrailerSection() throws Exception {
    String lines = latin1(ResponseText.trailers(fields("grpc-status=0;grpc-message=")));
    assertThat(lines).isEqualTo("grpc-status: 0\r\ngrpc-message: \r\n");
    byte[] end = bytes("0\r\n" + lines + "\r\n");
    ChunkScanner scanner = new ChunkScanner();
    scanner.pass(end, 0, end.length);
    assertThat(scanner.parseEnd(end, 0, end.length)).isEqualTo(end.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {":status=200", "connection=close", "A=b"})
  void trailers_malformed_areRefused(String fields) {
    assertThatThrownBy(() -> ResponseText.trailers(fields(fields)))
        .isInstanceOf(MalformedException.class);
  }

  /** Anything at all: refused, or read by our parser as the same fields. */
  record Field(String name, String value) {}

  @Provide
  Arbitrary<Field> anyFields() {
    Arbitrary<String> names =
        Arbitraries.oneOf(
            Arbitraries.strings().withChars("ab-_.~ :\r\nA\0").ofMaxLength(4),
            Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(6),
            Arbitraries.of("content-length", "connection", "te", ":status", "set-cookie"));
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.strings().withChars("ab12 \t\r\n\0:;,\u00ff").ofMaxLength(6),
            Arbitraries.strings().withCharRange('!', '~').ofMaxLength(8));
    return Combinators.combine(names, values).as(Field::new);
  }

  @Property(tries = 5000)
  void head_anyFields_areRefusedOrReadTheSame(
      @ForAll @Size(max = 4) List<@From("anyFields") Field> given, @ForAll boolean ends) {
    Http2Headers fields = new DefaultHttp2Headers(false);
    fields.add(":status", "200");
    given.forEach(f -> fields.add(new AsciiString(bytes(f.name)), new AsciiString(bytes(f.value))));
    ResponseText text;
    try {
      text = new ResponseText(fields, ends, Method.GET, null);
    } catch (MalformedException e) {
      assertThat(e).hasMessageMatching("[A-Za-z:].*");
      return;
    }
    ResponseHead head = parse(text.head());
    List<Field> read = new ArrayList<>();
    head.endToEnd(
        (b, nameFrom, nameTo, valueFrom, valueTo) ->
            read.add(
                new Field(
                    latin1(Arrays.copyOfRange(b, nameFrom, nameTo)),
                    latin1(Arrays.copyOfRange(b, valueFrom, valueTo)))));
    assertThat(head.chunked()).isEqualTo(text.framing() == Inbound.Framing.CHUNKED);
    List<Field> expected = new ArrayList<>(given);
    if (!head.chunked() && given.stream().noneMatch(f -> f.name.equals("content-length"))) {
      expected.add(new Field("content-length", "0"));
    }
    assertThat(read).isEqualTo(expected);
    assertThat(given).allSatisfy(f -> assertThat(f.name).isEqualTo(lower(f.name)));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private static String latin1(byte[] octets) {
    return new String(octets, StandardCharsets.ISO_8859_1);
  }

  private static ResponseHead parse(byte[] bytes) {
    ResponseHead head = new ResponseHead(HeadLimits.DEFAULT);
    assertThat(head.parse(bytes, 0, bytes.length))
        .as(() -> latin1(bytes) + head.faultDetail())
        .isEqualTo(bytes.length);
    return head;
  }

  private static Http2Headers fields(String text) {
    Http2Headers fields = new DefaultHttp2Headers(false);
    for (String field : text.split(";", -1)) {
      int equals = field.indexOf('=');
      fields.add(field.substring(0, equals), field.substring(equals + 1));
    }
    return fields;
  }
}
