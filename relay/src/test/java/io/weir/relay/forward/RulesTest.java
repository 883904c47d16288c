package io.weir.relay.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.weir.relay.forward.Rules.Way;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RulesTest {
  private static List<String> words(String text) {
    return text == null ? List.of() : List.of(text.split(" "));
  }

  /** Whether a name that leads to the address, or the address, is connected to. */
  private static boolean admits(Rules rules, Way way, String host, int port, String address) {
    Place place = Place.of(host, port);
    return rules.admits(way, place) && rules.admits(way, place, InetAddress.ofLiteral(address));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.1.2.3",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:c0a8:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1"
      })
  void address_thatIsNotPublic_isDeniedUnlessNamed(String address) {
    for (Way way : Way.values()) {
      assertThat(admits(Rules.PUBLIC, way, address, 443, address)).isFalse();
      assertThat(admits(Rules.PUBLIC, way, "rebound.example", 443, address)).isFalse();
      Rules open = Rules.of(List.of("*:*", "0.0.0.0/0:*", "::/0:*", "*.example:*"), List.of());
      assertThat(admits(open, way, address, 443, address)).isFalse();
      assertThat(admits(open, way, "rebound.example", 443, address)).isFalse();
      Rules named = Rules.of(List.of("rebound.example"), List.of());
      assertThat(admits(named, way, "rebound.example", 443, address)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "64:ff9b::1.1.1.1",
        "2002:101:101::1",
        "::ffff:1.1.1.1"
      })
  void address_thatIsPublic_isAllowedWithoutRules(String address) {
    for (Way way : Way.values()) {
      assertThat(admits(Rules.PUBLIC, way, address, 443, address)).isTrue();
      assertThat(admits(Rules.PUBLIC, way, "some.example", 443, address)).isTrue();
    }
  }

  // long: one case of the table a line
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          # allow                        | deny                 | host            | port | leads to         | ok
          10.0.0.0/8                     |                      | 10.1.2.3        | 443  | 10.1.2.3         | true
          10.0.0.0/8                     |                      | in.example      | 443  | 10.1.2.3         | true
          10.0.0.0/8                     |                      | in.example      | 443  | 1.1.1.1          | false
          10.0.0.0/8                     |                      | 11.0.0.1        | 443  | 11.0.0.1         | false
          10.0.0.0/8                     |                      | x.example       | 443  | ::ffff:10.0.0.1  | true
          10.0.0.0/8                     |                      | x.example       | 443  | 64:ff9b::a00:1   | false
          10.0.0.0/7                     |                      | 10.0.0.1        | 443  | 10.0.0.1         | false
          10.0.0.0/7                     |                      | 11.0.0.1        | 443  | 11.0.0.1         | true
          * 10.0.0.0/8                   |                      | any.example     | 443  | 1.1.1.1          | true
          * 10.0.0.0/8                   |                      | any.example     | 443  | 10.0.0.1         | true
          * 10.0.0.0/8                   |                      | any.example     | 443  | 192.168.0.1      | false
          127.0.0.1:8080                 |                      | localhost       | 8080 | 127.0.0.1        | true
          127.0.0.1:8080                 |                      | localhost       | 443  | 127.0.0.1        | false
          127.0.0.1:8080                 |                      | localhost       | 8080 | ::1              | false
          [::1]:8080                     |                      | ::1             | 8080 | ::1              | true
          fd00::/8                       |                      | fd00::1         | 443  | fd00::1          | true
          [fd00::/8]:99                  |                      | fd00::1         | 99   | fd00::1          | true
          [fd00::]/8:99                  |                      | fd00::1         | 99   | fd00::1          | true
          fd00::/8:99                    |                      | fd00::1         | 443  | fd00::1          | false
          a.example                      |                      | A.Example.      | 443  | 10.0.0.1         | true
          a.example                      |                      | b.a.example     | 443  | 1.1.1.1          | false
          *.example                      |                      | a.example       | 443  | 1.1.1.1          | true
          *.example                      |                      | b.a.example     | 443  | 1.1.1.1          | true
          *.example                      |                      | example         | 443  | 1.1.1.1          | false
          *.example                      |                      | xexample        | 443  | 1.1.1.1          | false
          *.example                      |                      | a.example       | 443  | 10.0.0.1         | false
          *.example                      |                      | 1.1.1.1         | 443  | 1.1.1.1          | false
          BÜCHER.example                 |                      | xn--bcher-kva.example | 443 | 1.1.1.1     | true
          a.example:8000-8999            |                      | a.example       | 8500 | 1.1.1.1          | true
          a.example:8000-8999            |                      | a.example       | 443  | 1.1.1.1          | false
          a.example:*                    |                      | a.example       | 25   | 1.1.1.1          | true
          a.example                      |                      | a.example       | 25   | 1.1.1.1          | true
          127.0.0.0/8                    |                      | 127.0.0.1       | 4700 | 127.0.0.1        | true
          *                              |                      | a.example       | 25   | 1.1.1.1          | true
          *:22                           |                      | a.example       | 22   | 1.1.1.1          | true
          *:22                           |                      | a.example       | 443  | 1.1.1.1          | false
                                         | a.example            | a.example       | 443  | 1.1.1.1          | false
                                         | a.example            | b.example       | 443  | 1.1.1.1          | true
                                         | a.example:443        | a.example       | 80   | 1.1.1.1          | true
                                         | *.example            | a.example       | 443  | 1.1.1.1          | false
                                         | 1.1.1.0/24           | a.example       | 443  | 1.1.1.1          | false
                                         | 1.1.1.0/24           | a.example       | 443  | ::ffff:1.1.1.1   | false
                                         | 1.1.1.0/24           | a.example       | 443  | 64:ff9b::101:101 | false
                                         | 1.1.1.0/24           | a.example       | 443  | 2002:101:101::1  | false
                                         | 1.1.1.0/24           | a.example       | 443  | 1.1.2.1          | true
                                         | *                    | a.example       | 443  | 1.1.1.1          | false
                                         | *:443                | 1.1.1.1         | 443  | 1.1.1.1          | false
          a.example                      | a.example            | a.example       | 443  | 1.1.1.1          | false
          a.example                      | 10.0.0.0/8           | a.example       | 443  | 10.0.0.1         | false
          10.0.0.0/8                     | 10.0.0.1             | a.example       | 443  | 10.0.0.1         | false
          10.0.0.0/8                     | 10.0.0.1             | a.example       | 443  | 10.0.0.2         | true
          """,
      delimiter = '|')
  void place_byRules_isAllowedOrDenied(
      String allow, String deny, String host, int port, String address, boolean ok) {
    Rules rules = Rules.of(words(allow), words(deny));
    assertThat(admits(rules, Way.TUNNEL, host, port, address)).isEqualTo(ok);
  }

  @ParameterizedTest
  @CsvSource({
    "80, true, true",
    "443, true, true",
    "22, false, false",
    "25, false, false",
    "1023, false, false",
    "1024, false, true",
    "8443, false, true",
    "65535, false, true"
  })
  void port_withoutRules_isUsualOrDenied(int port, boolean tunnel, boolean request) {
    assertThat(admits(Rules.PUBLIC, Way.TUNNEL, "a.example", port, "1.1.1.1")).isEqualTo(tunnel);
    assertThat(admits(Rules.PUBLIC, Way.REQUEST, "a.example", port, "1.1.1.1")).isEqualTo(request);
    Rules named = Rules.of(List.of("a.example"), List.of());
    assertThat(admits(named, Way.TUNNEL, "a.example", port, "1.1.1.1")).isTrue();
  }

  @Test
  void name_thatNoRuleCouldAllow_isNotLookedUp() {
    Rules rules = Rules.of(List.of("a.example", "*.b.example:22"), List.of("c.a.example"));
    assertThat(rules.admits(Way.TUNNEL, Place.of("a.example", 443))).isTrue();
    assertThat(rules.admits(Way.TUNNEL, Place.of("x.b.example", 22))).isTrue();
    assertThat(rules.admits(Way.TUNNEL, Place.of("x.b.example", 443))).isFalse();
    assertThat(rules.admits(Way.TUNNEL, Place.of("d.example", 443))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":443",
        "a:",
        "a:0",
        "a:65536",
        "a:80-79",
        "a:x",
        "a:-1",
        "**",
        "*a.example",
        "a.*.example",
        "*.1.2.3.4",
        "*.",
        "http://a.example",
        "a.example/24",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/x",
        "10.0.0/8",
        "127.1",
        "0x7f.1",
        "[::1",
        "[::1]x",
        "[10.0.0.1]",
        "::ffff:10.0.0.0/104",
        "fd00::/129",
        "a b"
      })
  void rule_thatIsNone_isNamedInTheComplaint(String rule) {
    assertThatThrownBy(() -> Rules.of(List.of(rule), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + rule + "' is not a rule; expected HOST");
  }
}
