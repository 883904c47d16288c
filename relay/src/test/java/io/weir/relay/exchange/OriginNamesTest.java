package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The origin's name is asked for again when its time is over, and all of its addresses are tried.
 */
final class OriginNamesTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  private static final int NAME_UNKNOWN = 3;

  private static String answered(RelayFixture relay) throws IOException {
    try (RawClient client = relay.client()) {
      client.write(GET);
      String head = client.readHead();
      String body = new String(client.readBody(head), java.nio.charset.StandardCharsets.US_ASCII);
      String error = RawConnection.header(head, "Weir-Error");
      return error == null ? body : error;
    }
  }

  private static RawOrigin.Script saying(String text) {
    return connection -> {
      connection.readHead();
      connection.write(
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
              + text.length()
              + "\r\n\r\n"
              + text);
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void name_withTwoAddressesOfWhichTheFirstRefuses_isReachedByTheSecond(boolean raw)
      throws Exception {
    try (RawOrigin origin = RawOrigin.start(saying("there"));
        NameServer names = new NameServer("127.0.0.9", "127.0.0.1");
        RelayFixture relay =
            OriginFaultsTest.start(
                raw,
                RelayFixture.to("http://origin.test.:" + origin.port())
                    .nameServer(names.address()))) {
      assertThat(answered(relay)).isEqualTo("there");
    }
  }

  @Test
  void name_whoseAddressChanges_isAskedForAgain() throws Exception {
    try (RawOrigin origin = RawOrigin.start(saying("there"));
        ServerSocket other =
            new ServerSocket(origin.port(), 10, InetAddress.getByName("127.0.0.8"));
        NameServer names = new NameServer("127.0.0.1");
        RelayFixture relay =
            RelayFixture.to("http://origin.test.:" + origin.port())
                .nameServer(names.address())
                .start()) {
      assertThat(answered(relay)).isEqualTo("there");
      names.addresses = List.of("127.0.0.9"); // nobody listens there
      RelayFixture.await(
          () -> {
            try {
              return answered(relay).equals("origin-unreachable");
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          },
          "the new address is used");
      assertThat(other.isClosed()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void name_thatIsUnknown_isSaid(boolean raw) throws Exception {
    try (NameServer names = new NameServer();
        RelayFixture relay =
            OriginFaultsTest.start(
                raw, RelayFixture.to("http://origin.test.:80").nameServer(names.address()))) {
      names.code = NAME_UNKNOWN;
      assertThat(answered(relay)).isEqualTo("origin-name-unknown");
    }
  }

  @Test
  void nameServer_thatIsSilent_isGivenUp() throws Exception {
    try (NameServer names = new NameServer();
        RelayFixture relay =
            RelayFixture.to("http://origin.test.:80")
                .nameServer(names.address())
                .connectTimeoutMillis(300)
                .start()) {
      names.silent = true;
      assertThat(answered(relay)).isIn("origin-connect-timeout", "origin-name-unknown");
      RelayFixture.await(() -> names.asked.get() > 0, "the name server was asked");
    }
  }
}
