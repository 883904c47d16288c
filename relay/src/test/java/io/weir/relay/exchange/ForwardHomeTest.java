package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.relay.forward.OwnRules;
import io.weir.relay.forward.Rules;
import io.weir.relay.http.Reason;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of the forward proxy that ask for its own machine by its public address. */
final class ForwardHomeTest {
  private static final String HOME = "8.8.4.4";

  private static RelayFixture.Builder at(String... allow) {
    Rules rules = OwnRules.of(HOME + "/24", List.of(allow), List.of());
    return RelayFixture.serving(
        origin ->
            EntrySettings.forward(new ForwardSettings(rules, null, origin, false, true, -1, true)));
  }

  @ParameterizedTest
  @CsvSource({
    "GET http://8.8.4.4:3002/ HTTP/1.1, true",
    "GET http://8.8.4.4:3002/ HTTP/1.1, false",
    "GET http://[::ffff:8.8.4.4]/ HTTP/1.1, true",
    "CONNECT 8.8.4.4:443 HTTP/1.1, true",
    "GET http://home.test:3002/ HTTP/1.1, true",
    "GET http://home.test:3002/ HTTP/1.1, false",
    "CONNECT home.test:443 HTTP/1.1, true",
  })
  void ownAddress_isForbidden_andSaidToBeOurs(String line, boolean raw) throws Exception {
    try (NameServer names = new NameServer(HOME)) {
      for (String[] allow : new String[][] {{}, {"*:*"}, {"*.test:*", "0.0.0.0/0:*"}}) {
        try (RelayFixture relay =
                OriginFaultsTest.start(raw, at(allow).nameServer(names.address()));
            RawClient client = relay.client()) {
          client.write(line + "\r\nHost: x\r\n\r\n");
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 403 ");
          assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("forbidden");
          assertThat(new String(client.readBody(head), ISO_8859_1))
              .contains("this machine's own address");
          relay.awaitFailure(Reason.FORBIDDEN, 1);
        }
      }
    }
  }

  /** The reply code is 2, "not allowed by ruleset" (RFC 1928, 6). */
  @ParameterizedTest
  @ValueSource(strings = {"\5\1\0\1\10\10\4\4\1\273", "\5\1\0\3\11home.test\1\273"})
  void ownAddress_isForbiddenBySocks(String request) throws Exception {
    try (NameServer names = new NameServer(HOME);
        RelayFixture relay = at().nameServer(names.address()).start();
        RawClient client = relay.client()) {
      client.write(("\5\1\0" + request).getBytes(ISO_8859_1));
      assertThat(client.readExactly(4)).startsWith(5, 0, 5, 2);
      relay.awaitFailure(Reason.FORBIDDEN, 1);
    }
  }
}
