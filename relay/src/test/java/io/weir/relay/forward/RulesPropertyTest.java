package io.weir.relay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.relay.forward.Rules.Way;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What holds for all rules and places. */
class RulesPropertyTest {
  @Provide
  Arbitrary<List<String>> rules() {
    return Arbitraries.of(
            "*",
            "*:*",
            "*:22",
            "a.example",
            "b.a.example:*",
            "*.a.example",
            "*.example:1-1024",
            "1.0.0.0/8",
            "1.2.3.4:443",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/8",
            "127.0.0.1:*",
            "[2000::/3]:*")
        .list()
        .ofMaxSize(5);
  }

  @Provide
  Arbitrary<String> hosts() {
    return Arbitraries.of("a.example", "b.a.example", "c.example", "other", "localhost");
  }

  @Provide
  Arbitrary<String> addresses() {
    return Arbitraries.of(
        "1.2.3.4",
        "1.9.9.9",
        "8.8.8.8",
        "10.0.0.1",
        "127.0.0.1",
        "192.168.1.1",
        "2a00::1",
        "::1",
        "64:ff9b::7f00:1",
        "64:ff9b::102:304");
  }

  @Provide
  Arbitrary<Integer> ports() {
    return Arbitraries.of(22, 25, 80, 443, 1024, 8080);
  }

  private static boolean admits(Rules rules, Way way, Place place, InetAddress address) {
    return rules.admits(way, place) && rules.admits(way, place, address);
  }

  @Property
  void order_ofRules_doesNotMatter(
      @ForAll("rules") List<String> allow,
      @ForAll("rules") List<String> deny,
      @ForAll("hosts") String host,
      @ForAll("ports") int port,
      @ForAll("addresses") String address,
      @ForAll Way way,
      @ForAll Random random) {
    List<String> allowShuffled = new ArrayList<>(allow);
    List<String> denyShuffled = new ArrayList<>(deny);
    Collections.shuffle(allowShuffled, random);
    Collections.shuffle(denyShuffled, random);
    Place place = Place.of(host, port);
    InetAddress leadsTo = InetAddress.ofLiteral(address);
    assertThat(admits(Rules.of(allowShuffled, denyShuffled), way, place, leadsTo))
        .isEqualTo(admits(Rules.of(allow, deny), way, place, leadsTo));
  }

  @Property
  void deny_added_onlyTakesAway(
      @ForAll("rules") List<String> allow,
      @ForAll("rules") List<String> deny,
      @ForAll("hosts") String host,
      @ForAll("ports") int port,
      @ForAll("addresses") String address,
      @ForAll Way way) {
    Place place = Place.of(host, port);
    InetAddress leadsTo = InetAddress.ofLiteral(address);
    boolean before = admits(Rules.of(allow, List.of()), way, place, leadsTo);
    boolean after = admits(Rules.of(allow, deny), way, place, leadsTo);
    assertThat(after && !before).isFalse();
    // What is about the place in an allow takes it away in a deny.
    boolean named = !allow.isEmpty() && before;
    assertThat(named && admits(Rules.of(allow, allow), way, place, leadsTo)).isFalse();
  }

  @Property
  void address_admittedAtLast_wasWorthLookingUp(
      @ForAll("rules") List<String> allow,
      @ForAll("rules") List<String> deny,
      @ForAll("hosts") String host,
      @ForAll("ports") int port,
      @ForAll("addresses") String address,
      @ForAll Way way) {
    Rules rules = Rules.of(allow, deny);
    Place place = Place.of(host, port);
    if (rules.admits(way, place, InetAddress.ofLiteral(address))) {
      assertThat(rules.admits(way, place)).isTrue();
    }
  }

  @Property
  void address_mappedOrNot_isJudgedAlike(
      @ForAll @Size(4) byte[] bytes, @ForAll @IntRange(min = 1, max = 65_535) int port)
      throws UnknownHostException {
    String text = InetAddress.getByAddress(bytes).getHostAddress();
    for (Way way : Way.values()) {
      boolean plain = Rules.PUBLIC.admits(way, Place.of(text, port));
      assertThat(Rules.PUBLIC.admits(way, Place.of("[::ffff:" + text + "]", port)))
          .isEqualTo(plain);
      assertThat(Rules.PUBLIC.admits(way, Place.of("[64:ff9b::" + text + "]", port)))
          .isEqualTo(plain);
    }
  }

  /** The JDK knows some of the special addresses, too. */
  @Property
  void address_thatTheJdkCallsLocal_isNotPublic(
      @ForAll @Size(4) byte[] v4, @ForAll @Size(16) byte[] v6) throws UnknownHostException {
    for (byte[] bytes : List.of(v4, v6)) {
      InetAddress address = InetAddress.getByAddress(bytes);
      boolean local =
          address.isAnyLocalAddress()
              || address.isLoopbackAddress()
              || address.isLinkLocalAddress()
              || address.isSiteLocalAddress()
              || address.isMulticastAddress();
      assertThat(local && SpecialAddresses.isPublic(address)).as("%s", address).isFalse();
      boolean global = bytes.length == 16 && (bytes[0] & 0xe0) != 0x20;
      assertThat(global && SpecialAddresses.isPublic(address)).as("%s", address).isFalse();
    }
  }
}
