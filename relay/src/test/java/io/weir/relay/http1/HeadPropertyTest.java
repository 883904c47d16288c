package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.bytes;
import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Heads that are valid by construction. */
class HeadPropertyTest {
  private static final UpstreamPolicy POLICY =
      new UpstreamPolicy(bytes("origin"), new byte[0], null, true, false, false, false);

  private final RequestHead request = new RequestHead(HeadLimits.DEFAULT);
  private final ResponseHead response = new ResponseHead(HeadLimits.DEFAULT);

  /** An end-to-end field that nobody knows. */
  record Field(String name, String spaceBefore, String value, String spaceBehind) {
    String wire() {
      return "X-" + name + ":" + spaceBefore + value + spaceBehind + "\r\n";
    }
  }

  @Provide
  Arbitrary<Field> fields() {
    Arbitrary<String> names =
        Arbitraries.strings().withChars("aZ09!#$%&'*+-.^_`|~").ofMinLength(1).ofMaxLength(9);
    Arbitrary<String> spaces = Arbitraries.strings().withChars(" \t").ofMaxLength(3);
    Arbitrary<String> words =
        Arbitraries.strings()
            .withCharRange('!', '~')
            .withCharRange('\u0080', '\u00ff')
            .ofMaxLength(9);
    Arbitrary<String> values =
        words.list().ofMaxSize(3).map(list -> String.join(" \t", list).strip());
    return Combinators.combine(names, spaces, values, spaces).as(Field::new);
  }

  private static String wire(List<Field> fields) {
    StringBuilder wire = new StringBuilder();
    fields.forEach(field -> wire.append(field.wire()));
    return wire.toString();
  }

  private static void everyPrefixNeedsMore(Head head, byte[] b, int length) {
    for (int to = 0; to < length; to++) {
      assertThat(head.parse(b, 0, to)).as("%d bytes: %s", to, head.faultDetail()).isZero();
    }
    assertThat(head.parse(b, 0, b.length)).isEqualTo(length);
  }

  private static void sameFields(Oracle.Message read, List<Field> fields) {
    for (Field field : fields) {
      List<String> values =
          fields.stream()
              .filter(other -> other.name().equalsIgnoreCase(field.name()))
              .map(Field::value)
              .toList();
      assertThat(read.headers().getAll("X-" + field.name())).isEqualTo(values);
    }
  }

  @Property(tries = 200, seed = "20260810")
  void request_valid_isReadWholeAndRewrittenToTheSame(
      @ForAll @Size(max = 12) List<@From("fields") Field> fields, @ForAll boolean chunked) {
    String framing = chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 0\r\n";
    String head = "PUT /p?q HTTP/1.1\r\nHost: h\r\n" + wire(fields) + framing + "\r\n";
    String body = chunked ? "0\r\n\r\n" : "";
    byte[] b = bytes(head + body);
    everyPrefixNeedsMore(request, b, head.length());
    byte[] out = new byte[b.length * 2 + 1000];
    int end = new RequestWriter(POLICY).write(request, bytes("::1"), false, out, 0);
    byte[] written = bytes(text(out, 0, end) + body);
    List<Oracle.Message> messages = Oracle.requests(written, 0, written.length);
    assertThat(messages).hasSize(1);
    assertThat(messages.get(0).start()).isEqualTo("PUT /p?q HTTP/1.1");
    sameFields(messages.get(0), fields);
  }

  @Property(tries = 200, seed = "20260811")
  void response_valid_isReadWholeAndRewrittenToTheSame(
      @ForAll @Size(max = 12) List<@From("fields") Field> fields, @ForAll boolean chunked) {
    String framing = chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 0\r\n";
    String head = "HTTP/1.1 203 Some \u00e4\r\n" + wire(fields) + framing + "\r\n";
    String body = chunked ? "0\r\n\r\n" : "";
    byte[] b = bytes(head + body);
    everyPrefixNeedsMore(response, b, head.length());
    byte[] out = new byte[b.length * 2 + 1000];
    ResponseHead.Body framed = response.body(Method.GET, false);
    int end = new ResponseWriter(false).write(response, framed, Method.GET, true, 1, false, out, 0);
    byte[] written = bytes(text(out, 0, end) + body);
    List<Oracle.Message> messages = Oracle.responses(written, 0, written.length);
    assertThat(messages).hasSize(1);
    assertThat(messages.get(0).start()).isEqualTo("203 HTTP/1.1");
    sameFields(messages.get(0), fields);
  }
}
