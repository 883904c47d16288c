package io.weir.relay.translation;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.weir.load.SeededBytes;
import io.weir.relay.endpoint.Source;
import io.weir.relay.loop.Scratch;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What arrives on a stream, shown as HTTP/1.1. */
final class InboundTest {
  private static final SeededBytes BYTES = new SeededBytes(3);
  private static final byte[] HEAD = "POST / HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1);
  private static final int WINDOW_BYTES = 10_000;

  private final Scratch scratch = new Scratch(64 * 1024);
  private final Inbound inbound = new Inbound();

  @AfterEach
  void release() {
    inbound.release();
  }

  private String peek(int max) {
    int n = inbound.peek(scratch, Scratch.HEADROOM_BYTES, max);
    return n < 0
        ? n == Source.END ? "END" : "BROKEN"
        : new String(scratch.bytes(), Scratch.HEADROOM_BYTES, n, ISO_8859_1);
  }

  private void data(String text) {
    inbound.data(Unpooled.wrappedBuffer(text.getBytes(ISO_8859_1)), WINDOW_BYTES);
  }

  @Test
  void peek_again_showsTheSameBytes_withMoreBehindThem() {
    inbound.head(HEAD, Inbound.Framing.CHUNKED);
    assertThat(peek(100)).isEqualTo("POST / HTTP/1.1\r\n\r\n");
    data("abc");
    assertThat(peek(100)).isEqualTo("POST / HTTP/1.1\r\n\r\n"); // a chunk is sized behind it
    assertThat(inbound.skip(HEAD.length)).isZero();
    assertThat(peek(100)).isEqualTo("3\r\nabc");
    data("defg");
    assertThat(peek(100)).isEqualTo("3\r\nabc");
    assertThat(inbound.skip(4)).isEqualTo(1);
    assertThat(peek(100)).isEqualTo("bc");
    assertThat(inbound.inputEnded()).isFalse();
    inbound.skip(2);
    assertThat(peek(100)).isEqualTo("\r\n4\r\ndefg");
    inbound.end("x: y\r\n".getBytes(ISO_8859_1));
    assertThat(inbound.skip(9)).isEqualTo(4);
    assertThat(inbound.readable()).isTrue();
    assertThat(peek(4)).isEqualTo("\r\n0\r");
    assertThat(inbound.inputEnded()).isFalse();
    assertThat(peek(100)).isEqualTo("\r\n0\r\nx: y\r\n\r\n");
    assertThat(inbound.inputEnded()).isTrue();
    inbound.skip(13);
    assertThat(peek(100)).isEqualTo("END");
    assertThat(inbound.readable()).isFalse();
  }

  @Test
  void messageWithoutContent_endsBehindItsHead() {
    inbound.head(HEAD, Inbound.Framing.PLAIN);
    inbound.end(new byte[0]);
    assertThat(peek(100)).hasSize(HEAD.length);
    assertThat(inbound.inputEnded()).isTrue();
    inbound.skip(HEAD.length);
    assertThat(peek(100)).isEqualTo("END");
  }

  @Test
  void messageThatBreaksOff_beforeItsHeadWasConsumed_isBrokenAtOnce() {
    inbound.head(HEAD, Inbound.Framing.PLAIN);
    data("abc");
    inbound.skip(HEAD.length - 1);
    inbound.breakOff();
    assertThat(peek(100)).isEqualTo("BROKEN");
    assertThat(inbound.readable()).isFalse();
    assertThat(inbound.heldBytes()).isZero();
  }

  @Test
  void messageThatBreaksOff_behindItsHead_showsWhatHasComeFirst() {
    inbound.head(HEAD, Inbound.Framing.PLAIN);
    inbound.skip(HEAD.length);
    data("abc");
    assertThat(peek(100)).isEqualTo("abc");
    inbound.breakOff();
    assertThat(inbound.skip(1)).isEqualTo(1);
    assertThat(peek(100)).isEqualTo("bc");
    assertThat(inbound.inputEnded()).isFalse();
    assertThat(inbound.skip(2)).isEqualTo(2);
    assertThat(inbound.readable()).isTrue();
    assertThat(peek(100)).isEqualTo("BROKEN");
    assertThat(inbound.readable()).isFalse();
    assertThat(inbound.heldBytes()).isZero();
  }

  /** Not even where the peer had sent all of it: an end would make the break look whole. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void messageThatBreaksOff_inChunks_hasNoLastChunk(boolean ended) {
    inbound.head(HEAD, Inbound.Framing.CHUNKED);
    inbound.skip(HEAD.length);
    data("abc");
    if (ended) {
      inbound.end(new byte[0]);
    }
    assertThat(peek(4)).isEqualTo("3\r\na");
    inbound.skip(4);
    inbound.breakOff();
    assertThat(peek(100)).isEqualTo("bc");
    inbound.skip(2);
    assertThat(peek(100)).isEqualTo("BROKEN");
    assertThat(inbound.inputEnded()).isFalse();
  }

  @Test
  void messageThatBreaksOff_whenAllWasConsumed_isWhole() {
    inbound.head(HEAD, Inbound.Framing.PLAIN);
    inbound.end(new byte[0]);
    inbound.skip(HEAD.length);
    inbound.breakOff();
    assertThat(peek(100)).isEqualTo("END");
  }

  @Test
  void bytesThatComeOneByOne_costNoBlockEach() {
    inbound.head(HEAD, Inbound.Framing.PLAIN);
    for (int i = 0; i < 2_560; i++) {
      data("x");
    }
    assertThat(inbound.heldBytes()).isLessThanOrEqualTo(2 * 2_560);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void anyOrderOfArrivalAndConsumption_showsTheWholeMessage(long seed) {
    Random random = new Random(seed);
    inbound.head(HEAD, Inbound.Framing.CHUNKED);
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    int sent = 0;
    int total = 50_000 + random.nextInt(50_000);
    while (true) {
      if (sent < total && random.nextInt(3) > 0) {
        int n = Math.min(total - sent, 1 + random.nextInt(3_000));
        byte[] data = new byte[n];
        BYTES.fill(data, sent);
        inbound.data(Unpooled.wrappedBuffer(data), WINDOW_BYTES);
        sent += n;
        if (sent == total) {
          inbound.end(new byte[0]);
        }
      }
      int n = inbound.peek(scratch, Scratch.HEADROOM_BYTES, 1 + random.nextInt(5_000));
      if (n == Source.END) {
        break;
      }
      int taken = n <= 0 ? 0 : random.nextInt(n + 1);
      shown.write(scratch.bytes(), Scratch.HEADROOM_BYTES, taken);
      inbound.skip(taken);
    }
    byte[] body = dechunked(shown.toByteArray());
    assertThat(body).hasSize(total);
    assertThat(BYTES.mismatch(body, 0, total, 0)).isNegative();
    assertThat(inbound.heldBytes()).isZero();
  }

  private static byte[] dechunked(byte[] message) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int at = HEAD.length;
    while (true) {
      int line = at;
      while (message[line] != '\r') {
        line++;
      }
      int size = Integer.parseInt(new String(message, at, line - at, ISO_8859_1), 16);
      at = line + 2;
      if (size == 0) {
        assertThat(message.length - at).isEqualTo(2);
        return body.toByteArray();
      }
      body.write(message, at, size);
      at += size + 2;
    }
  }
}
