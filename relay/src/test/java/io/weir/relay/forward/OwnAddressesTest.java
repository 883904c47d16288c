package io.weir.relay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.forward.Rules.Way;
import java.net.InetAddress;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OwnAddressesTest {
  private static final InetAddress ONE = InetAddress.ofLiteral("8.8.4.4");
  private static final InetAddress OTHER = InetAddress.ofLiteral("8.8.4.5");

  private static List<String> words(String text) {
    return text == null ? List.of() : List.of(text.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # own          | allow            | deny        | leads to          | ok
          8.8.4.4/24     |                  |             | 8.8.4.4           | false
          8.8.4.4/24     |                  |             | 8.8.4.5           | true
          8.8.4.4/24     |                  |             | ::ffff:8.8.4.4    | false
          8.8.4.4/24     |                  |             | 64:ff9b::808:404  | false
          8.8.4.4/24     |                  |             | 2002:808:404::1   | false
          8.8.4.4/24     | *                |             | 8.8.4.4           | false
          8.8.4.4/24     | *.example        |             | 8.8.4.4           | false
          8.8.4.4/24     | 0.0.0.0/0        |             | 8.8.4.4           | false
          8.8.4.4/24     | 8.8.0.0/16       |             | 8.8.4.4           | false
          8.8.4.4/24     | 8.8.0.0/16       |             | 8.8.4.5           | true
          8.8.4.4/24     | 8.8.4.0/24       |             | 8.8.4.4           | true
          8.8.4.4/24     | 8.8.4.4          |             | 8.8.4.4           | true
          8.8.4.4/24     | 8.8.4.4/32:443   |             | 8.8.4.4           | true
          8.8.4.4/24     | 8.8.4.4:80       |             | 8.8.4.4           | false
          8.8.4.4/24     | 8.8.4.5          |             | 8.8.4.4           | false
          8.8.4.4/24     | home.example     |             | 8.8.4.4           | true
          8.8.4.4/24     | home.example     | 8.8.4.4     | 8.8.4.4           | false
          8.8.4.4/32     | 8.8.4.0/24       |             | 8.8.4.4           | false
          2a00::1:2/64   |                  |             | 2a00::1:2         | false
          2a00::1:2/64   | ::/0 2000::/3    |             | 2a00::1:2         | false
          2a00::1:2/64   | 2a00::/64        |             | 2a00::1:2         | true
          10.0.0.5/24    |                  |             | 10.0.0.5          | false
          10.0.0.5/24    | 10.0.0.0/8       |             | 10.0.0.5          | true
          """,
      delimiter = '|')
  void ownAddress_howeverPublic_isAllowedOnlyWhereNamed(
      String own, String allow, String deny, String leadsTo, boolean ok) {
    Rules rules = OwnRules.of(own, words(allow), words(deny));
    InetAddress address = InetAddress.ofLiteral(leadsTo);
    Place place = Place.of("home.example", 443);
    for (Way way : Way.values()) {
      assertThat(rules.admits(way, place) && rules.admits(way, place, address)).isEqualTo(ok);
    }
  }

  @Test
  void remark_ofAnOwnAddress_saysSo() {
    Rules rules = OwnRules.of("8.8.4.4/24", List.of(), List.of());
    assertThat(rules.remark(ONE)).contains("this machine's own");
    assertThat(rules.remark(OTHER)).isEmpty();
  }

  @Test
  void addresses_areReadAnew_whenTheyAreOld() {
    AtomicLong nowNanos = new AtomicLong();
    AtomicInteger readings = new AtomicInteger();
    OwnAddresses own =
        new OwnAddresses(
            () -> {
              InetAddress address = readings.incrementAndGet() == 1 ? ONE : OTHER;
              return Map.of(address, AddressRange.of(address, 24));
            },
            nowNanos::get);
    nowNanos.set(OwnAddresses.KNOWN_NANOS - 1);
    for (int i = 0; i < 1_000; i++) {
      assertThat(own.network(ONE)).isNotNull();
    }
    assertThat(readings).hasValue(1);
    nowNanos.set(OwnAddresses.KNOWN_NANOS);
    for (int i = 0; i < 1_000; i++) {
      assertThat(own.network(ONE)).isNull();
      assertThat(own.network(OTHER)).isNotNull();
    }
    assertThat(readings).hasValue(2);
  }

  @Test
  void addresses_thatCannotBeRead_stayAsTheyWere() {
    AtomicLong nowNanos = new AtomicLong();
    OwnAddresses own =
        new OwnAddresses(
            () -> {
              if (nowNanos.get() > 0) {
                throw new SocketException("no interfaces");
              }
              return Map.of(ONE, AddressRange.of(ONE, 24));
            },
            nowNanos::get);
    nowNanos.set(OwnAddresses.KNOWN_NANOS);
    assertThat(own.network(ONE)).isNotNull();
  }

  @Test
  void thisMachine_hasItsLoopback() {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    assertThat(OwnAddresses.OF_THIS_MACHINE.network(loopback)).isNotNull();
  }
}
