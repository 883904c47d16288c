package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawOrigin;
import io.weir.relay.exchange.FrameClient.Frame;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hostile or broken client sends: it is refused, counted, and leaves nothing behind. */
final class Http2AbuseTest {
  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int FLOOD_FRAMES = 20_000;

  private static RawOrigin origin() throws IOException {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          }
        });
  }

  enum Flood {
    RAPID_RESET,
    PING,
    SETTINGS,
    PRIORITY,
    EMPTY_DATA,
    TINY_WINDOWS,
    SMALL_CONTINUATIONS,
    RESETS_THAT_WE_MUST_SEND;

    void send(FrameClient client, int i) throws IOException {
      switch (this) {
        case RAPID_RESET -> {
          client.get(2 * i + 1, "/");
          client.reset(2 * i + 1, 8);
        }
        case PING -> client.frame(FrameClient.PING, 0, 0, new byte[8]);
        case SETTINGS -> client.settings();
        case PRIORITY -> client.frame(FrameClient.PRIORITY, 0, 2 * i + 1, new byte[5]);
        case EMPTY_DATA -> {
          if (i == 0) {
            client.request(1, false, "POST", "/");
          }
          client.frame(FrameClient.DATA, 0, 1);
        }
        case TINY_WINDOWS -> client.window(0, 1);
        case SMALL_CONTINUATIONS -> {
          if (i == 0) {
            client.frame(FrameClient.HEADERS, 0, 1, client.block(1, ":method", "GET"));
          }
          client.frame(FrameClient.CONTINUATION, 0, 1, client.block(1, "a", "b"));
        }
        case RESETS_THAT_WE_MUST_SEND -> {
          client.get(2 * i + 1, "/");
          client.window(2 * i + 1, 0); // a stream error: the peer has us reset it
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Flood.class)
  void flood_isStopped_andCounted(Flood flood) throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      List<Frame> frames;
      try (FrameClient client = FrameClient.connect(relay.port())) {
        Thread sender = Thread.ofVirtual().start(() -> flood(client, flood));
        frames = client.readToEnd();
        sender.join();
      }
      relay.awaitFailure(Reason.HTTP2_FLOOD, 1);
      frames.stream()
          .filter(frame -> frame.type() == FrameClient.GOAWAY)
          .forEach(frame -> assertThat(frame.goAwayCode()).isEqualTo(ENHANCE_YOUR_CALM));
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "closed");
      relay.awaitIdle();
    }
  }

  private static void flood(FrameClient client, Flood flood) {
    try {
      for (int i = 0; i < FLOOD_FRAMES; i++) {
        flood.send(client, i);
      }
    } catch (IOException e) {
      // the relay has closed
    }
  }

  @Test
  void pings_thatNobodyReadsTheAnswersOf_areNotQueuedWithoutEnd() throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).narrow().start();
        FrameClient client = FrameClient.connect(relay.port())) {
      Thread sender = Thread.ofVirtual().start(() -> flood(client, Flood.PING));
      relay.awaitFailure(Reason.HTTP2_FLOOD, 1);
      client.abort();
      sender.join();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ":method=GET :scheme=http",
        ":method=GET :path=/",
        ":scheme=http :path=/",
        ":method=GET :scheme=http :path=",
        ":method=GET :scheme=ftp :path=/ :authority=a",
        ":method=GET :method=GET :scheme=http :path=/ :authority=a",
        ":method=GET :scheme=http :path=/ :authority=a connection=close",
        ":method=GET :scheme=http :path=/ :authority=a transfer-encoding=chunked",
        ":method=GET :scheme=http :path=/ :authority=a te=gzip",
        ":method=GET :scheme=http :path=/ :authority=a Upper=1",
        ":method=GET :scheme=http :path=/ :authority=a host=b",
        ":method=GET :scheme=http :path=/ :authority=a :status=200",
        ":method=GET :scheme=http :path=/ :authority=a x=1 :late=1",
        ":method=GET :scheme=http :path=/%0d%0aa :authority=a x=a%0d%0ab",
        ":method=GET :scheme=http :path=/a%20b :authority=a",
        ":method=GET%0d%0a :scheme=http :path=/ :authority=a",
        ":method=GET :scheme=http :path=/ :authority=a content-length=5",
        ":method=CONNECT :scheme=http :path=/ :authority=a",
        ":method=GET :scheme=http :path=/ :authority=a :protocol=websocket",
      })
  void malformedRequest_isReset_andNotPassedOn(String text) throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      String decoded = text.replace("%0d", "\r").replace("%0a", "\n").replace("%20", "\u0001");
      String[] fields = decoded.split("[ =]", -1);
      for (int i = 0; i < fields.length; i++) {
        fields[i] = fields[i].replace('\u0001', ' ');
      }
      client.fields(1, true, fields);
      assertThat(client.await(FrameClient.RST_STREAM).number()).isEqualTo(1);
      client.get(3, "/good");
      assertThat(client.answer(3).text()).isEqualTo("ok");
      assertThat(origin.heads()).hasSize(1);
    }
  }

  @Test
  void headerList_beyondTheLimit_isAnsweredWith431() throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      byte[] block =
          client.block(
              1,
              ":method",
              "GET",
              ":scheme",
              "http",
              ":path",
              "/",
              ":authority",
              "a",
              "x",
              "y".repeat(36_000));
      int half = block.length / 2;
      client.frame(FrameClient.HEADERS, 1, 1, java.util.Arrays.copyOf(block, half));
      client.frame(
          FrameClient.CONTINUATION,
          FrameClient.END_HEADERS,
          1,
          java.util.Arrays.copyOfRange(block, half, block.length));
      assertThat(client.answer(1).status()).isEqualTo("431");
      client.get(3, "/");
      assertThat(client.answer(3).text()).isEqualTo("ok");
      relay.awaitFailure(Reason.HEAD_TOO_LARGE, 1);
    }
  }

  @Test
  void moreStreamsThanTheLimit_areRefused() throws Exception {
    RawOrigin.Script silent =
        connection -> {
          connection.readHead();
          connection.awaitEof();
        };
    try (RawOrigin origin = RawOrigin.start(silent);
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.connect(relay.port())) {
      for (int i = 0; i <= LinkConnection.STREAMS_MAX; i++) {
        client.get(2 * i + 1, "/");
      }
      Frame reset = client.await(FrameClient.RST_STREAM);
      assertThat(reset.stream()).isEqualTo(2 * LinkConnection.STREAMS_MAX + 1);
      assertThat(reset.number()).isEqualTo(7);
      RelayFixture.await(
          () -> relay.totals().openExchanges() == LinkConnection.STREAMS_MAX, "all begun");
      client.abort();
      relay.awaitIdle();
    }
  }

  @Test
  void preface_thatIsNoPreface_isRefusedAsARequest() throws Exception {
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        FrameClient client = FrameClient.silent(relay.port())) {
      client.write("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".getBytes(ISO_8859_1));
      client.readToEnd();
      relay.awaitFailure(Reason.VERSION_NOT_SUPPORTED, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyFrames_leaveNothingBehind(long seed) throws Exception {
    Random random = new Random(seed);
    try (RawOrigin origin = origin();
        RelayFixture relay = RelayFixture.to(origin.port()).start()) {
      for (int i = 0; i < 60; i++) {
        try (FrameClient client = FrameClient.connect(relay.port())) {
          for (int j = 0; j < 40; j++) {
            any(client, random, j);
          }
          if (random.nextBoolean()) {
            client.abort();
          }
        } catch (IOException e) {
          // the relay has closed
        }
      }
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "all closed");
      relay.awaitIdle();
    }
  }

  private static void any(FrameClient client, Random random, int i) throws IOException {
    int stream = random.nextInt(8) * 2 + (random.nextInt(20) == 0 ? 0 : 1);
    switch (random.nextInt(6)) {
      case 0, 1 -> client.get(2 * i + 1, "/");
      case 2 -> client.request(2 * i + 1, false, "POST", "/");
      case 3 -> client.data(stream, new byte[random.nextInt(300)], random.nextInt(4) == 0);
      case 4 -> {
        byte[] payload = new byte[random.nextInt(30)];
        random.nextBytes(payload);
        client.frame(random.nextInt(12), random.nextInt(256), stream, payload);
      }
      default -> {
        if (random.nextBoolean()) {
          client.reset(stream, 8);
        } else {
          client.window(stream, random.nextInt(100_000));
        }
      }
    }
  }
}
