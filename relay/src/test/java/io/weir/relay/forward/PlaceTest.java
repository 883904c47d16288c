package io.weir.relay.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One place has one spelling. */
class PlaceTest {
  @ParameterizedTest
  @CsvSource({
    "example.com, example.com, false",
    "EXAMPLE.com., example.com, false",
    "xn--bcher-kva.example, xn--bcher-kva.example, false",
    "a_b.example, a_b.example, false",
    "0x7f.example, 0x7f.example, false",
    "1.2.3.4.example, 1.2.3.4.example, false",
    "localhost, localhost, false",
    "93.184.215.14, 93.184.215.14, true",
    "127.0.0.1., 127.0.0.1, true",
    "[2606:2800:21F:CB07::1], 2606:2800:21f:cb07:0:0:0:1, true",
    "::1, 0:0:0:0:0:0:0:1, true",
    "[::ffff:127.0.0.1], 127.0.0.1, true",
    "[::ffff:7f00:1], 127.0.0.1, true",
    "[0:0:0:0:0:ffff:127.0.0.1], 127.0.0.1, true"
  })
  void host_inAnySpelling_hasOne(String given, String host, boolean address) {
    Place place = Place.of(given, 443);
    assertThat(place.host()).isEqualTo(host);
    assertThat(place.address() != null).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a b",
        "a%2eb",
        "%31%32%37.0.0.1",
        "127.0.0.1%00.example.com",
        "b\u00fccher.example",
        "\uff11\uff12\uff17.0.0.1",
        "a@b",
        "a/b",
        "a:b",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.256",
        "127.0.0.0x1",
        "1.2.3.4.5",
        "127.0.0.1..",
        "foo.123",
        "foo.0x",
        "[]",
        "[127.0.0.1]",
        "[example.com]",
        "[::1%lo]",
        "fe80::1%25eth0",
        "[::1",
        "[[::1]]",
        ":::1",
        "1:2:3:4:5:6:7:8:9"
      })
  void host_thatIsNoneOrThatReadersReadDifferently_isRefused(String host) {
    assertThatThrownBy(() -> Place.of(host, 443)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 65_536})
  void port_beyondTheRange_isRefused(int port) {
    assertThatThrownBy(() -> Place.of("a", port)).hasMessageContaining("between 1 and 65535");
  }

  @Property
  void ipv4_asTheJdkWritesIt_isTheSame(@ForAll @Size(4) byte[] bytes) throws UnknownHostException {
    InetAddress address = InetAddress.getByAddress(bytes);
    assertThat(Place.of(address.getHostAddress(), 1).address()).isEqualTo(address);
    assertThat(Place.of("[::ffff:" + address.getHostAddress() + "]", 1).address())
        .isEqualTo(address);
  }

  @Property
  void ipv6_asTheJdkWritesIt_isTheSame(@ForAll @Size(16) byte[] bytes) throws UnknownHostException {
    InetAddress address = InetAddress.getByAddress(bytes);
    assertThat(Place.of(address.getHostAddress(), 1).address()).isEqualTo(address);
  }

  @Property
  void host_whatever_isReadOrRefusedInOneClause(@ForAll String host) {
    try {
      Place place = Place.of(host, 80);
      assertThat(Place.of(place.host(), 80)).isEqualTo(place);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).startsWith("The ");
    }
  }
}
