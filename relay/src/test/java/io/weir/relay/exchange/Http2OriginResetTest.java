package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.SeededBytes;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an origin of HTTP/2 sends in one write with the reset of its stream. */
final class Http2OriginResetTest {
  private static final SeededBytes BYTES = new SeededBytes(73);
  private static final int SIZE = 1_021;
  private static final int NO_ERROR = 0;
  private static final int INTERNAL_ERROR = 2;
  private static final int ENABLE_CONNECT_PROTOCOL = 8;

  /** The origin's side of one stream, from its request's head on. */
  private record Asked(FrameClient origin, int stream) implements AutoCloseable {
    static Asked on(ServerSocket listener) throws IOException {
      FrameClient origin = FrameClient.serving(listener.accept(), ENABLE_CONNECT_PROTOCOL, 1);
      return new Asked(origin, origin.await(FrameClient.HEADERS).stream());
    }

    byte[] head(String... fields) {
      byte[] block = origin.block(stream, fields);
      return FrameClient.framed(FrameClient.HEADERS, FrameClient.END_HEADERS, stream, block);
    }

    byte[] data(int size, boolean end) {
      byte[] bytes = new byte[size];
      BYTES.fill(bytes, 0);
      int flags = end ? FrameClient.END_STREAM : 0;
      return FrameClient.framed(FrameClient.DATA, flags, stream, bytes);
    }

    byte[] reset(int code) {
      return FrameClient.framed(FrameClient.RST_STREAM, 0, stream, FrameClient.number(code));
    }

    void write(byte[]... frames) throws IOException {
      origin.write(frames);
    }

    @Override
    public void close() throws IOException {
      origin.close();
    }
  }

  private interface Scenario {
    void play(RelayFixture relay, RawClient client, Asked asked) throws Exception;
  }

  /** Plays from when the origin has the head of {@code request}; at its end both peers leave. */
  private static void relayed(String request, Scenario scenario) throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RelayFixture relay = RelayFixture.to(listener.getLocalPort()).http2().start()) {
      try (RawClient client = relay.client()) {
        client.write(request);
        try (Asked asked = Asked.on(listener)) {
          scenario.play(relay, client, asked);
        }
      }
      RelayFixture.await(() -> relay.server().leased().leasedBytes() == 0, "no lease left");
    }
  }

  /** RFC 9113, 8.1: an answer before the request has ended, which need not go on. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, SIZE})
  void noError_behindAWholeAnswer_takesNothingFromIt(int size) throws Exception {
    relayed(
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc",
        (relay, client, asked) -> {
          asked.write(asked.head(":status", "413"), asked.data(size, true), asked.reset(NO_ERROR));
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 413 ");
          byte[] body = client.readBody(head);
          assertThat(body).hasSize(size);
          assertThat(BYTES.mismatch(body, 0, size, 0)).isEqualTo(-1);
          assertThat(relay.awaitEnd(1).reason()).isNull();
        });
  }

  @Test
  void data_behindAHeadThatWasPassedOn_arriveBeforeTheBreak() throws Exception {
    relayed(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        (relay, client, asked) -> {
          asked.write(asked.head(":status", "200", "content-length", "" + (SIZE + 1)));
          assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
          asked.write(asked.data(SIZE, false), asked.reset(INTERNAL_ERROR));
          assertThat(client.readSeeded(BYTES, 0, SIZE)).isEqualTo(-1);
          assertThat(client.awaitEof()).as("ended in order").isFalse();
          ExchangeEnd end = relay.awaitEnd(1);
          assertThat(end.reason()).isEqualTo(Reason.ORIGIN_BROKEN);
          assertThat(end.downloadedBytes()).isEqualTo(SIZE);
        });
  }

  @Test
  void data_ofATunnel_arriveBeforeTheBreak() throws Exception {
    relayed(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        (relay, client, asked) -> {
          asked.write(asked.head(":status", "200"));
          assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
          asked.write(asked.data(SIZE, false), asked.reset(INTERNAL_ERROR));
          assertThat(client.readSeeded(BYTES, 0, SIZE)).isEqualTo(-1);
          assertThat(client.awaitEof()).as("ended in order").isFalse();
          assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_BROKEN);
        });
  }

  /** As long as nothing was passed on, an answer of ours says more than a break. */
  @Test
  void head_andDataInOneWriteWithAnError_areAnsweredByUs() throws Exception {
    relayed(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        (relay, client, asked) -> {
          asked.write(
              asked.head(":status", "200"), asked.data(SIZE, false), asked.reset(INTERNAL_ERROR));
          assertThat(client.readHead()).startsWith("HTTP/1.1 502 ");
          assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_CLOSED);
        });
  }
}
