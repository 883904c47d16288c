package io.weir.relay.translation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.weir.relay.http1.HeadLimits;
import io.weir.relay.http1.RequestHead;
import io.weir.relay.http1.RequestWriter;
import io.weir.relay.http1.UpstreamPolicy;
import java.util.ArrayList;
import java.util.List;
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

class RequestFieldsTest {
  private static final UpstreamPolicy POLICY =
      new UpstreamPolicy(bytes("origin:8080"), new byte[0], null, false, true, false, true);

  private final RequestHead head = new RequestHead(HeadLimits.DEFAULT);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET /a?b=c HTTP/1.1;Host: h                       | :method=GET :scheme=http :authority=h :path=/a?b=c
          OPTIONS * HTTP/1.1;Host: h                        | :method=OPTIONS :scheme=http :authority=h :path=*
          PURGE /x HTTP/1.1;Host: [::1]:80;X-Y:  z          | :method=PURGE :scheme=http :authority=[::1]:80 :path=/x x-y=z
          GET http://h2?q HTTP/1.1;Host: h                  | :method=GET :scheme=http :authority=h2 :path=/?q
          POST /u HTTP/1.1;Host: h;Content-Length: 7        | :method=POST :scheme=http :authority=h :path=/u content-length=7
          POST /u HTTP/1.1;Host: h;Transfer-Encoding: chunked | :method=POST :scheme=http :authority=h :path=/u
          POST /s/m HTTP/1.1;Host: h;TE: trailers;Connection: TE | :method=POST :scheme=http :authority=h :path=/s/m te=trailers
          GET / HTTP/1.1;Host: h;TE: gzip;Connection: TE    | :method=GET :scheme=http :authority=h :path=/
          GET / HTTP/1.1;Host: h;Keep-Alive: 5;Proxy-Connection: x;HTTP2-Settings: y | :method=GET :scheme=http :authority=h :path=/
          GET / HTTP/1.1;Host: h;Connection: X-Mine;X-Mine: 1 | :method=GET :scheme=http :authority=h :path=/
          GET / HTTP/1.1;Host: h;Upgrade: tls/1;Connection: upgrade | :method=GET :scheme=http :authority=h :path=/
          POST / HTTP/1.1;Host: h;Expect: 100-continue;Content-Length: 1 | :method=POST :scheme=http :authority=h :path=/ expect=100-continue content-length=1
          GET /chat HTTP/1.1;Host: h;Upgrade: WebSocket;Connection: Upgrade;Sec-WebSocket-Key: k;Sec-WebSocket-Version: 13 | :method=CONNECT :scheme=http :authority=h :path=/chat :protocol=websocket sec-websocket-key=k sec-websocket-version=13
          """)
  void of_request_saysTheSame(String lines, String expected) {
    parse(lines.replace(";", "\r\n") + "\r\n\r\n");
    assertThat(text(RequestFields.of(head, false))).isEqualTo(expected);
  }

  @Test
  void of_secure_hasTheSchemeHttps() {
    parse("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assertThat(RequestFields.of(head, true).scheme().toString()).isEqualTo("https");
  }

  /** RFC 6455, 1.3. */
  @Test
  void takeKey_keyOfTheRfc_isThatOfTheRfc() {
    parse(
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    assertThat(RequestFields.asksForWebSocket(head)).isTrue();
    Http2Headers fields = RequestFields.of(head, false);
    assertThat(RequestFields.takeKey(fields).toString()).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assertThat(fields.contains("sec-websocket-key")).isFalse();
  }

  record Field(String name, String value) {}

  @Provide
  Arbitrary<Field> fields() {
    Arbitrary<String> names =
        Arbitraries.strings().withChars("aZ09!#$%&'*+-.^_`|~").ofMinLength(1).ofMaxLength(9);
    Arbitrary<String> values =
        Arbitraries.strings()
            .withCharRange(' ', '~')
            .withCharRange('\u0080', '\u00ff')
            .withChars('\t')
            .ofMaxLength(20)
            .map(value -> value.replaceAll("^[ \t]+|[ \t]+$", ""));
    return Combinators.combine(names, values).as((name, value) -> new Field("x" + name, value));
  }

  /** Through the writer, as every request comes. */
  @Property(tries = 500)
  void of_anyRequestAsWritten_hasItsFieldsInOrder(
      @ForAll @Size(max = 20) List<@From("fields") Field> fields) {
    StringBuilder wire = new StringBuilder("GET /p HTTP/1.1\r\nHost: client\r\n");
    fields.forEach(f -> wire.append(f.name).append(": ").append(f.value).append("\r\n"));
    parse(wire + "\r\n");
    byte[] out = new byte[64 * 1024];
    int length = new RequestWriter(POLICY).write(head, bytes("10.0.0.1"), false, out, 0);
    assertThat(head.parse(out, 0, length)).isEqualTo(length);

    Http2Headers made = RequestFields.of(head, false);
    List<Field> found = new ArrayList<>();
    made.forEach(e -> found.add(new Field(e.getKey().toString(), e.getValue().toString())));
    List<Field> expected = new ArrayList<>();
    expected.add(new Field(":method", "GET"));
    expected.add(new Field(":scheme", "http"));
    expected.add(new Field(":authority", "origin:8080"));
    expected.add(new Field(":path", "/p"));
    fields.forEach(f -> expected.add(new Field(lower(f.name), f.value)));
    expected.add(new Field("x-forwarded-for", "10.0.0.1"));
    expected.add(new Field("x-forwarded-proto", "http"));
    expected.add(new Field("x-forwarded-host", "client"));
    expected.add(new Field("via", "1.1 weir"));
    assertThat(found).isEqualTo(expected);
    assertThat(found.subList(4, found.size()))
        .allSatisfy(f -> assertThat(FieldRules.fault(f.name, f.value)).isNull());
  }

  private static String lower(String ascii) {
    return ascii.toLowerCase(java.util.Locale.ROOT);
  }

  private void parse(String wire) {
    byte[] b = bytes(wire);
    assertThat(head.parse(b, 0, b.length)).as(wire).isEqualTo(b.length);
  }

  static String text(Http2Headers fields) {
    StringBuilder text = new StringBuilder();
    fields.forEach(e -> text.append(" ").append(e.getKey()).append("=").append(e.getValue()));
    return text.substring(1);
  }

  static byte[] bytes(String latin1) {
    return latin1.getBytes(ISO_8859_1);
  }
}
