package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses without a body, interim responses, redirects, and what origins may not do. */
final class SpecialResponsesTest {
  /** Answers every request with the same bytes. */
  private static RawOrigin saying(String response) throws IOException {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write(response);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "true,HEAD,200,Content-Length: 1000",
    "true,HEAD,200,Transfer-Encoding: chunked",
    "true,HEAD,200,X-Any: 1",
    "true,GET,204,X-Any: 1",
    "true,GET,304,Content-Length: 1000",
    "true,GET,304,ETag: \"x\"",
    "false,HEAD,200,Content-Length: 1000",
    "false,GET,204,X-Any: 1",
    "false,GET,304,Content-Length: 1000",
  })
  void response_withoutABody_keepsItsFieldsAndTheConnections(
      boolean raw, String method, int status, String field) throws Exception {
    try (RawOrigin origin = saying("HTTP/1.1 " + status + " X\r\n" + field + "\r\n\r\n");
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        for (int i = 0; i < 3; i++) {
          client.write(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 " + status + " X\r\n").contains(field + "\r\n");
          assertThat(RawConnection.header(head, "Connection")).isNull();
        }
      }
      relay.awaitIdle();
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void interimResponses_reachNewClientsOnly(boolean raw) throws Exception {
    String hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    String last = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    try (RawOrigin origin = saying("HTTP/1.1 100 Continue\r\n\r\n" + hints + hints + last);
        RelayFixture relay = RelayFixture.to(origin.port()).raw(raw).start()) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 100 ");
        assertThat(client.readHead()).startsWith("HTTP/1.1 103 ").contains("Link: </a>\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 103 ");
        String head = client.readHead();
        assertThat(new String(client.readBody(head), ISO_8859_1)).isEqualTo("ok");
      }
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.0\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        assertThat(new String(client.readBody(head), ISO_8859_1)).isEqualTo("ok");
      }
      relay.awaitIdle();
    }
  }

  @Test
  void redirect_ofTheOrigin_isPassedOn() throws Exception {
    try (RawOrigin origin =
            saying("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n");
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 302 ").contains("Location: /there\r\n");
      }
      relay.awaitIdle();
      assertThat(origin.heads()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: 1\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\nX: 1\n\n",
        "HTTP/2 200\r\n\r\n",
        "220 mail.example ESMTP\r\n",
      })
  void response_thatBreaksTheRules_is502(String response) throws Exception {
    RawOrigin.Script script =
        connection -> {
          connection.readHead();
          connection.write(response);
        };
    try (RawOrigin origin = RawOrigin.start(script);
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n");
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 502 ");
        assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("origin-bad-response");
        assertThat(RawConnection.header(head, "Content-Type")).startsWith("application/json");
        assertThat(new String(client.readBody(head), ISO_8859_1)).startsWith("{").endsWith("}\n");
      }
      relay.awaitIdle();
    }
  }

  @Test
  void responseFields_ofOneHop_areNotPassedOn() throws Exception {
    try (RawOrigin origin =
            saying(
                "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nX-End: 2\r\n"
                    + "Keep-Alive: timeout=5\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n");
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      try (RawClient client = relay.client()) {
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.readHead())
            .isEqualTo("HTTP/1.1 200 OK\r\nX-End: 2\r\nContent-Length: 0\r\nVia: 1.1 weir\r\n\r\n");
      }
      relay.awaitIdle();
    }
  }

  @Test
  void answerOfOurs_toHead_hasNoBody() throws Exception {
    int closedPort;
    try (RawOrigin gone = saying("")) {
      closedPort = gone.port();
    }
    try (RelayFixture relay = RelayFixture.to(closedPort).start()) {
      try (RawClient client = relay.client()) {
        for (int i = 0; i < 3; i++) {
          client.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 502 ");
          assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("origin-unreachable");
          assertThat(RawConnection.header(head, "Content-Length")).isNotNull();
        }
      }
      relay.awaitIdle();
    }
  }
}
