package io.weir.relay.http1;

import static io.weir.relay.http1.Vectors.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.http.Reason;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LocalAnswerTest {
  private final byte[] out = new byte[2048];

  @Test
  void answer_asText_isWhole() {
    int end =
        LocalAnswer.write(Reason.BAD_FRAMING, "Host occurs twice", false, false, false, 1, out, 7);
    assertThat(text(out, 7, end))
        .isEqualTo(
            """
            HTTP/1.1 400 Bad Request\r
            Weir-Error: bad-framing\r
            Content-Type: text/plain; charset=utf-8\r
            Cache-Control: no-store\r
            Connection: close\r
            Content-Length: 74\r
            \r
            The request's framing is ambiguous or not well formed. Host occurs twice.
            """);
  }

  @Test
  void answer_asJson_isQuoted() {
    int end = LocalAnswer.write(Reason.OVERLOADED, "a \"b\" \\", true, false, true, 0, out, 0);
    assertThat(text(out, 0, end))
        .contains("\r\nRetry-After: 1\r\n", "\r\nConnection: keep-alive\r\n")
        .endsWith(
            "\r\n\r\n"
                + "{\"error\":\"overloaded\",\"status\":503,\"message\":\"There is no capacity for"
                + " this request now.\",\"detail\":\"a \\\"b\\\" \\\\\"}\n");
  }

  @Test
  void answer_toHead_hasNoBody() {
    int end = LocalAnswer.write(Reason.METHOD_NOT_ALLOWED, "", false, true, true, 1, out, 0);
    assertThat(text(out, 0, end)).contains("\r\nAllow: GET, HEAD\r\n").endsWith("\r\n\r\n");
  }

  @Test
  void answer_forEveryReason_tellsItsLengthAndFits() {
    Set<String> words = new HashSet<>();
    for (Reason reason : Reason.values()) {
      assertThat(words.add(reason.word())).isTrue();
      if (reason.status() == 0) {
        assertThatThrownBy(() -> LocalAnswer.write(reason, "", true, true, true, 1, out, 0))
            .hasMessageContaining(reason.word());
        continue;
      }
      for (String detail : new String[] {"", "d", "\"".repeat(99)}) {
        for (int form = 0; form < 2; form++) {
          byte[] tight = new byte[LocalAnswer.bytesMax(reason, detail)];
          int end = LocalAnswer.write(reason, detail, form == 1, false, false, 1, tight, 0);
          String answer = text(tight, 0, end);
          int body = answer.length() - answer.indexOf("\r\n\r\n") - 4;
          assertThat(answer).contains("\r\nContent-Length: " + body + "\r\n");
          byte[] less = new byte[tight.length - 1];
          assertThat(LocalAnswer.write(reason, detail, true, false, false, 1, less, 0))
              .isEqualTo(-1);
        }
      }
    }
  }
}
