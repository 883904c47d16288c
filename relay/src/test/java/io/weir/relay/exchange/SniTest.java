package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.relay.http.Reason;
import io.weir.relay.sni.Hellos;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS that is passed on by its server name: nothing of it is changed, or ended here. */
final class SniTest {
  private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};
  private static final byte[] DECODE_ERROR = {21, 3, 3, 0, 2, 2, 50};
  private static final byte[] INTERNAL_ERROR = {21, 3, 3, 0, 2, 2, 80};

  /** Takes a first message of so many bytes, says who it is, and keeps the message. */
  private static RawOrigin taking(int length, String who, byte[] into) throws IOException {
    return RawOrigin.start(
        connection -> {
          System.arraycopy(connection.readExactly(length), 0, into, 0, length);
          connection.write(who);
          connection.readToEnd();
        });
  }

  private static RelayFixture.Builder routes(Map<String, Integer> ports) {
    return RelayFixture.to(1).sni(ports);
  }

  @ParameterizedTest
  @CsvSource({
    "true,one.test,1",
    "true,a.two.test,2",
    "true,b.a.two.test,2",
    "true,other.test,3",
    "false,one.test,1",
    "false,other.test,3"
  })
  void hello_leadsToTheRouteOfItsName_unchanged(boolean raw, String name, String who)
      throws Exception {
    byte[] hello = Hellos.real(name, "TLSv1.3");
    byte[] came = new byte[hello.length];
    try (RawOrigin one = taking(hello.length, "1", came);
        RawOrigin two = taking(hello.length, "2", came);
        RawOrigin rest = taking(hello.length, "3", came);
        RelayFixture relay =
            routes(Map.of("one.test", one.port(), "*.two.test", two.port(), "*", rest.port()))
                .raw(raw)
                .start();
        RawClient client = relay.client()) {
      client.write(hello);
      assertThat(client.readExactly(1)).asString().isEqualTo(who);
      assertThat(came).isEqualTo(hello);
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isNull();
      assertThat(end.method()).isEqualTo("TLS");
      assertThat(end.uploadedBytes()).isEqualTo(hello.length);
    }
  }

  /** Far more than a small window, with little memory for all. */
  @ParameterizedTest
  @CsvSource({"true,1", "true,700", "true,16384", "false,16384"})
  void hello_thatIsLargeAndComesInPieces_isPassedOn(boolean raw, int pieceBytes) throws Exception {
    int padding = pieceBytes == 1 ? 100 : 60_000;
    byte[] hello = Hellos.of(Hellos.extension(21, new byte[padding]), Hellos.names("large.test"));
    byte[] came = new byte[hello.length];
    MemorySettings little = new MemorySettings(1 << 20, 100, 16);
    try (RawOrigin origin = taking(hello.length, "1", came);
        RelayFixture relay =
            routes(Map.of("large.test", origin.port())).raw(raw).memory(little).start();
        RawClient client = relay.client()) {
      for (int at = 0; at < hello.length; at += pieceBytes) {
        client.write(Arrays.copyOfRange(hello, at, Math.min(hello.length, at + pieceBytes)));
        Thread.sleep(1); // a segment of its own, nearly always
      }
      assertThat(client.readExactly(1)).asString().isEqualTo("1");
      assertThat(came).isEqualTo(hello);
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isNull();
    }
  }

  // --- Refusals ---------------------------------------------------------------------------------

  private static void isTold(RelayFixture relay, byte[] greeting, byte[] alert, Reason reason)
      throws IOException {
    try (RawClient client = relay.client()) {
      client.write(greeting);
      assertThat(client.readExactly(alert.length)).isEqualTo(alert);
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(reason);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void hello_withoutARoute_isToldByAnAlert(boolean raw) throws Exception {
    try (RelayFixture relay = routes(Map.of("one.test", 1)).raw(raw).start()) {
      isTold(relay, Hellos.real("other.test", "TLSv1.3"), UNRECOGNIZED_NAME, Reason.NO_ROUTE);
    }
  }

  @Test
  void hello_withoutAName_needsADefault() throws Exception {
    try (RelayFixture relay = routes(Map.of("one.test", 1)).start()) {
      isTold(relay, Hellos.real(null, "TLSv1.3"), UNRECOGNIZED_NAME, Reason.NO_ROUTE);
    }
  }

  @Test
  void hello_toATargetThatRefuses_isToldByAnAlert() throws Exception {
    try (RelayFixture relay = routes(Map.of("one.test", 1)).start()) {
      isTold(relay, Hellos.real("one.test", "TLSv1.3"), INTERNAL_ERROR, Reason.ORIGIN_UNREACHABLE);
    }
  }

  @Test
  void hello_thatBreaksItsRecords_isToldByAnAlert() throws Exception {
    byte[] hello = Hellos.cut(Hellos.real("one.test", "TLSv1.3"), 100);
    byte[] broken = Arrays.copyOf(hello, 105 + 5);
    broken[108] = 0x7f; // the length of the second record
    try (RelayFixture relay = routes(Map.of("one.test", 1)).start();
        RawClient client = relay.client()) {
      client.write(Arrays.copyOf(broken, 105));
      Thread.sleep(20); // seen as TLS before it breaks, nearly always
      client.write(Arrays.copyOfRange(broken, 105, broken.length));
      byte[] said = client.readToEnd().bytes();
      assertThat(said.length == 0 || Arrays.equals(said, DECODE_ERROR)).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.BAD_GREETING);
    }
  }

  @Test
  void clientThatSpeaksNoTls_isReset() throws Exception {
    try (RelayFixture relay = routes(Map.of("*", 1)).start();
        RawClient client = relay.client()) {
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readToEnd().bytes()).isEmpty();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.BAD_GREETING);
    }
  }

  @Test
  void hello_thatStopsHalfway_isRefusedInTime() throws Exception {
    Timeouts soon = new Timeouts(500, 60_000, 60_000, 60_000, 60_000, 60_000);
    try (RelayFixture relay = routes(Map.of("*", 1)).timeouts(soon).start()) {
      byte[] half = Arrays.copyOf(Hellos.real("one.test", "TLSv1.3"), 100);
      isTold(relay, half, INTERNAL_ERROR, Reason.REQUEST_TIMEOUT);
    }
  }

  /** Whatever comes first, nothing is left, and no fault of ours is recorded. */
  @Test
  void anyBytes_leaveNothing() throws Exception {
    int tries = Boolean.getBoolean("weir.long") ? 5_000 : 300;
    byte[] hello = Hellos.real("one.test", "TLSv1.3");
    try (RelayFixture relay = routes(Map.of("other.test", 1)).start()) {
      for (int seed = 0; seed < tries; seed++) {
        Random random = new Random(seed);
        byte[] bytes = Arrays.copyOf(hello, 1 + random.nextInt(hello.length));
        for (int i = random.nextInt(4); i > 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        try (RawClient client = relay.client()) {
          client.write(bytes);
          client.halfClose();
          RawConnection.Ending ending = client.readToEnd();
          assertThat(ending.bytes()).as("seed " + seed).hasSizeLessThanOrEqualTo(7);
        }
      }
    }
  }
}
