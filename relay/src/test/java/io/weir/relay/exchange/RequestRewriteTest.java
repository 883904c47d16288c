package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the origin is told, as it sees it. */
final class RequestRewriteTest {
  /** Sends one request and returns the head that the origin saw. */
  private static String seen(RelayFixture.Builder relayTo, RawOrigin origin, String request)
      throws Exception {
    try (RelayFixture relay = relayTo.start()) {
      try (RawClient client = relay.client()) {
        client.write(request);
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 ");
        client.readBody(head);
      }
      relay.awaitIdle();
    }
    return origin.heads().getLast();
  }

  private static RawOrigin origin() throws Exception {
    return RawOrigin.start(KeepAliveTest::echoTargets);
  }

  @Test
  void fields_ofOneHop_areNotPassedOn() throws Exception {
    try (RawOrigin origin = origin()) {
      String head =
          seen(
              RelayFixture.to(origin.port()),
              origin,
              "GET /p?q HTTP/1.1\r\nHost: client.example\r\nConnection: X-Hop, close, Host\r\n"
                  + "X-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip\r\n"
                  + "Proxy-Authorization: Basic eA==\r\nX-End: 2\r\nRange: bytes=0-1\r\n"
                  + "If-Range: \"e\"\r\n\r\n");
      assertThat(head)
          .isEqualTo(
              "GET /p?q HTTP/1.1\r\nHost: 127.0.0.1:"
                  + origin.port()
                  + "\r\nX-End: 2\r\nRange: bytes=0-1\r\nIf-Range: \"e\"\r\n"
                  + "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
                  + "X-Forwarded-Host: client.example\r\nVia: 1.1 weir\r\n\r\n");
    }
  }

  @Test
  void absoluteForm_namesTheHost_andIsReduced() throws Exception {
    try (RawOrigin origin = origin()) {
      String head =
          seen(
              RelayFixture.to(origin.port()).preserveHost(),
              origin,
              "GET http://real.example:81/p HTTP/1.1\r\nHost: other.example\r\n\r\n");
      assertThat(head).startsWith("GET /p HTTP/1.1\r\nHost: real.example:81\r\n");
      assertThat(head).doesNotContain("other.example");
    }
  }

  @Test
  void hostOfTheClient_whereWanted_isPreserved() throws Exception {
    try (RawOrigin origin = origin()) {
      String head =
          seen(
              RelayFixture.to(origin.port()).preserveHost(),
              origin,
              "GET / HTTP/1.1\r\nHost: client.example\r\n\r\n");
      assertThat(head).startsWith("GET / HTTP/1.1\r\nHost: client.example\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.0/8,127.0.0.1,http", "127.0.0.0/8,'1.2.3.4, 127.0.0.1',https"})
  void forwardedFields_areReplacedUnlessThePeerIsTrusted(
      String trusted, String expectedFor, String expectedProto) throws Exception {
    try (RawOrigin origin = origin()) {
      String head =
          seen(
              RelayFixture.to(origin.port()).trusted(trusted).forwarded(),
              origin,
              "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n"
                  + "X-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\n\r\n");
      assertThat(RawConnection.header(head, "X-Forwarded-For")).isEqualTo(expectedFor);
      assertThat(RawConnection.header(head, "X-Forwarded-Proto")).isEqualTo(expectedProto);
      assertThat(head.contains("for=1.2.3.4")).isEqualTo(trusted.startsWith("127"));
      assertThat(head).contains("for=127.0.0.1");
    }
  }

  @Test
  void resource_whateverThePath_isItsOwnTarget() throws Exception {
    try (RawOrigin origin = origin()) {
      RelayFixture.Builder builder =
          RelayFixture.to("http://127.0.0.1:" + origin.port() + "/big.iso?v=1").resource();
      try (RelayFixture relay = builder.start()) {
        try (RawClient client = relay.client()) {
          client.write("GET /any/../thing HTTP/1.1\r\nHost: a\r\nRange: bytes=5-\r\n\r\n");
          client.readBody(client.readHead());
          assertThat(origin.heads().getLast())
              .startsWith("GET /big.iso?v=1 HTTP/1.1\r\n")
              .contains("Range: bytes=5-\r\n");
          client.write("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 405 ").contains("Allow: GET, HEAD\r\n");
          client.readBody(head);
          client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); // the connection goes on
          assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        }
        relay.awaitIdle();
      }
      assertThat(origin.heads()).hasSize(2);
    }
  }

  @Test
  void basePath_isPutInFront_andCannotBeLeft() throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).basePath("/base").start()) {
      try (RawClient client = relay.client()) {
        client.write("GET /x?y HTTP/1.1\r\nHost: a\r\n\r\n");
        client.readBody(client.readHead());
        for (String path : new String[] {"/../x", "/a/%2e%2E/../b", "/..", "/a/./b"}) {
          client.write("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 400 ");
          assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("path-escapes");
          client.readBody(head);
        }
      }
      relay.awaitIdle();
      assertThat(KeepAliveTest.targets(origin)).containsExactly("/base/x?y");
    }
  }
}
