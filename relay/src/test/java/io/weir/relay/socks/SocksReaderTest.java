package io.weir.relay.socks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What SOCKS clients say: whole, cut anywhere, and broken in every way. */
final class SocksReaderTest {
  private static final int TRIES = Integer.getInteger("weir.fuzz.tries", 20_000);

  enum Stage {
    FIRST,
    PASSWORD,
    REQUEST;

    SocksMessage read(byte[] bytes, int length) {
      byte[] placed = new byte[length + 9];
      Arrays.fill(placed, (byte) 0x55);
      System.arraycopy(bytes, 0, placed, 4, length);
      return switch (this) {
        case FIRST -> SocksReader.first(placed, 4, 4 + length);
        case PASSWORD -> SocksReader.password(placed, 4, 4 + length);
        case REQUEST -> SocksReader.request(placed, 4, 4 + length);
      };
    }
  }

  /** Bytes by their Latin-1 characters. */
  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static SocksMessage request(int length, int version, int command, String host, int port) {
    InetAddress address = host.startsWith("=") ? InetAddress.ofLiteral(host.substring(1)) : null;
    String name = address == null ? host : "";
    return new SocksMessage.Request(length, version, command, address, name, port);
  }

  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of(Stage.FIRST, "\5\1\0", new SocksMessage.Methods(3, true, false)),
        Arguments.of(Stage.FIRST, "\5\3\0\1\2", new SocksMessage.Methods(5, true, true)),
        Arguments.of(Stage.FIRST, "\5\1\2", new SocksMessage.Methods(3, false, true)),
        Arguments.of(Stage.FIRST, "\5\1\u00ff", new SocksMessage.Methods(3, false, false)),
        Arguments.of(Stage.FIRST, "\4\1\0\120\300\0\2\1me\0", request(11, 4, 1, "=192.0.2.1", 80)),
        Arguments.of(Stage.FIRST, "\4\1\0\120\300\0\2\1\0", request(9, 4, 1, "=192.0.2.1", 80)),
        Arguments.of(Stage.FIRST, "\4\2\0\120\300\0\2\1\0", request(9, 4, 2, "=192.0.2.1", 80)),
        Arguments.of(
            Stage.FIRST, "\4\1\1\273\0\0\0\1me\0a.example\0", request(21, 4, 1, "a.example", 443)),
        Arguments.of(Stage.FIRST, "\4\1\1\273\0\0\0\0\0", request(9, 4, 1, "=0.0.0.0", 443)),
        Arguments.of(
            Stage.REQUEST, "\5\1\0\1\177\0\0\1\0\120", request(10, 5, 1, "=127.0.0.1", 80)),
        Arguments.of(
            Stage.REQUEST, "\5\1\0\3\11a.example\1\273", request(16, 5, 1, "a.example", 443)),
        Arguments.of(
            Stage.REQUEST,
            "\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\377\377",
            request(22, 5, 1, "=2001:db8::1", 65_535)),
        Arguments.of(Stage.REQUEST, "\5\2\0\1\0\0\0\0\0\0", request(10, 5, 2, "=0.0.0.0", 0)),
        Arguments.of(Stage.REQUEST, "\5\3\0\1\0\0\0\0\0\0", request(10, 5, 3, "=0.0.0.0", 0)));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void read_whole_isUnderstood(Stage stage, String text, SocksMessage meant) {
    byte[] message = bytes(text);
    assertThat(stage.read(message, message.length)).isEqualTo(meant);
    byte[] more = Arrays.copyOf(message, message.length + 50); // of a client that does not wait
    assertThat(stage.read(more, more.length)).isEqualTo(meant);
  }

  @ParameterizedTest
  @MethodSource("requests")
  void read_cutAnywhere_isIncomplete(Stage stage, String text, SocksMessage meant) {
    byte[] message = bytes(text);
    for (int length = 0; length < message.length; length++) {
      assertThat(stage.read(message, length))
          .as("the first %d bytes of %s", length, meant)
          .isEqualTo(new SocksMessage.Incomplete());
    }
  }

  @Test
  void password_cutAnywhere_isWholeWithItsLastByte() {
    byte[] message = bytes("\1\4user\6secret");
    for (int length = 0; length < message.length; length++) {
      assertThat(Stage.PASSWORD.read(message, length)).isInstanceOf(SocksMessage.Incomplete.class);
    }
    assertThat(Stage.PASSWORD.read(message, message.length))
        .isInstanceOfSatisfying(
            SocksMessage.Password.class,
            whole -> {
              assertThat(whole.length()).isEqualTo(message.length);
              assertThat(whole.name()).isEqualTo(bytes("user"));
              assertThat(whole.password()).isEqualTo(bytes("secret"));
            });
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of(Stage.FIRST, "\6\1\0"),
        Arguments.of(Stage.FIRST, "\5\0"),
        Arguments.of(Stage.FIRST, "\4\1\0\120\300\0\2\1" + "u".repeat(256)),
        Arguments.of(Stage.FIRST, "\4\1\0\120\0\0\0\1\0" + "n".repeat(256)),
        Arguments.of(Stage.FIRST, "\4\1\0\120\0\0\0\1\0\0"),
        Arguments.of(Stage.PASSWORD, "\5"),
        Arguments.of(Stage.PASSWORD, "\1\0\6secret"),
        Arguments.of(Stage.REQUEST, "\4"),
        Arguments.of(Stage.REQUEST, "\5\1\1"),
        Arguments.of(Stage.REQUEST, "\5\1\0\3\0\0\120"));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void read_broken_saysWhy(Stage stage, String text) {
    byte[] message = bytes(text);
    assertThat(stage.read(message, message.length)).isInstanceOf(SocksMessage.Malformed.class);
  }

  @Test
  void request_ofAnUnknownKindOfAddress_isTold() {
    byte[] message = bytes("\5\1\0\2\0\0\0");
    assertThat(Stage.REQUEST.read(message, message.length))
        .isEqualTo(new SocksMessage.AddressKindUnknown());
  }

  /** No exception, no length beyond what is there, and no other mind with more bytes. */
  @Test
  void read_anyBytes_isDecidedOnce() {
    for (int seed = 0; seed < TRIES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      byte[] bytes = new byte[1 + random.nextInt(600)];
      random.nextBytes(bytes);
      bytes[0] = (byte) (1 + random.nextInt(5));
      for (int i = 1; i < Math.min(9, bytes.length); i++) {
        bytes[i] = random.nextInt(3) == 0 ? (byte) random.nextInt(6) : bytes[i];
      }
      for (Stage stage : Stage.values()) {
        SocksMessage whole = stage.read(bytes, bytes.length);
        SocksMessage before = stage.read(bytes, random.nextInt(bytes.length));
        if (!(before instanceof SocksMessage.Incomplete)) {
          assertThat(whole).as("seed " + seed).hasSameClassAs(before);
        }
        if (whole instanceof SocksMessage.Request found) {
          assertThat(found.length()).isLessThanOrEqualTo(bytes.length);
        }
        if (whole instanceof SocksMessage.Incomplete) {
          assertThat(bytes.length).as("seed " + seed).isLessThan(SocksReader.LENGTH_MAX);
        }
      }
    }
  }
}
