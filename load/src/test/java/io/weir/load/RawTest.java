package io.weir.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

class RawTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  @Test
  void script_answersTwoRequests_headsAreRecorded() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  for (String head = connection.readHead(); !head.isEmpty(); ) {
                    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
                    head = connection.readHead();
                  }
                });
        RawClient client = RawClient.connect(origin.port())) {
      client.write(GET + GET);
      for (int i = 0; i < 2; i++) {
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n");
        assertThat(client.readBody(head)).asString().isEqualTo("abc");
      }
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      assertThat(origin.awaitHeads(2)).containsExactly(GET, GET);
      origin.awaitIdle();
      assertThat(origin.failures()).isEmpty();
      assertThat(origin.accepted()).isEqualTo(1);
    }
  }

  @Test
  void readToEnd_peerResets_saysSo() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  connection.write("part");
                  connection.readLine();
                  connection.reset();
                });
        RawClient client = RawClient.connect(origin.port())) {
      client.write(GET);
      assertThat(client.readExactly(4)).asString().isEqualTo("part");
      client.write("go\n");
      assertThat(client.readToEnd().reset()).isTrue();
    }
  }

  @Test
  void readToEnd_peerCloses_isTheBytesAndNoReset() throws Exception {
    try (RawOrigin origin = RawOrigin.start(connection -> connection.write("all"));
        RawClient client = RawClient.connect(origin.port())) {
      RawConnection.Ending ending = client.readToEnd();
      assertThat(ending.text()).isEqualTo("all");
      assertThat(ending.reset()).isFalse();
    }
  }

  @Test
  void awaitEof_clientResets_originSeesIt() throws Exception {
    boolean[] inGoodOrder = {true};
    try (RawOrigin origin = RawOrigin.start(connection -> inGoodOrder[0] = connection.awaitEof())) {
      try (RawClient client = RawClient.connect(origin.port())) {
        client.write("x");
        client.reset();
      }
      while (origin.accepted() < 1) {
        Thread.onSpinWait();
      }
      origin.awaitIdle();
      assertThat(inGoodOrder[0]).isFalse();
    }
  }

  @Test
  void readHead_nothingComes_failsWithWhatItHad() throws Exception {
    try (RawOrigin origin =
        RawOrigin.start(
            connection -> {
              connection.write("HTTP/1.1 2");
              connection.awaitEof();
            })) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), origin.port());
      try (RawClient client = RawClient.connect(address, 4096, 200)) {
        assertThatThrownBy(client::readHead)
            .isInstanceOf(SocketTimeoutException.class)
            .hasMessageContaining("no a message head within 200 ms")
            .hasMessageContaining("HTTP/1.1 2");
      }
    }
  }

  @Test
  void readBody_chunkedWithExtensionAndTrailer_isDecoded() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection ->
                    connection.write(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"));
        RawClient client = RawClient.connect(origin.port())) {
      assertThat(client.readBody(client.readHead())).asString().isEqualTo("abc0123456789");
      assertThat(client.readToEnd().bytes()).isEmpty();
    }
  }

  @Test
  void readSeeded_wrongByte_isItsIndex() throws Exception {
    SeededBytes sequence = new SeededBytes(1);
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.write(sequence, 5, 200_000);
                  connection.write(sequence, 0, 200_000);
                });
        RawClient client = RawClient.connect(origin.port())) {
      assertThat(client.readSeeded(sequence, 5, 200_000)).isEqualTo(-1);
      assertThat(client.readSeeded(sequence, 1, 200_000)).isNotNegative();
    }
  }

  @Test
  void close_scriptBlocks_endsIt() throws Exception {
    RawOrigin origin = RawOrigin.start(RawConnection::awaitEof);
    try (RawClient client = RawClient.connect(origin.port())) {
      client.write("x");
      origin.close();
      assertThat(origin.openNow()).isZero();
      assertThat(origin.failures()).isEmpty();
      int port = origin.port();
      assertThatThrownBy(() -> RawClient.connect(port))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot connect to");
    }
  }

  @Test
  void failures_scriptThrows_areKept() throws Exception {
    try (RawOrigin origin =
            RawOrigin.start(
                connection -> {
                  connection.readHead();
                  throw new IllegalStateException("script");
                });
        RawClient client = RawClient.connect(origin.port())) {
      client.write(GET);
      assertThat(client.awaitEof()).isTrue();
      origin.awaitIdle();
      assertThat(origin.failures())
          .hasSize(1)
          .first()
          .hasFieldOrPropertyWithValue("message", "script");
    }
  }

  @Test
  void header_anyCase_isFound() {
    String head = "HTTP/1.1 200 OK\r\nA: 1\r\ncontent-LENGTH:  12 \r\nB:\r\n\r\n";
    assertThat(RawConnection.header(head, "Content-Length")).isEqualTo("12");
    assertThat(RawConnection.header(head, "b")).isEmpty();
    assertThat(RawConnection.header(head, "Content")).isNull();
    assertThat(RawConnection.header(head, "HTTP/1.1 200 OK")).isNull();
  }
}
