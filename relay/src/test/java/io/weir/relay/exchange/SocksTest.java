package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.load.SeededBytes;
import io.weir.relay.forward.Rules;
import io.weir.relay.forward.Users;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.crypto.bcrypt.BCrypt;

/** SOCKS clients on the port of a forward proxy. */
final class SocksTest {
  private static final SeededBytes BYTES = new SeededBytes(71);
  private static final String HELLO_5 = "\5\1\0";
  private static final String ANONYMOUS = "\5\0";
  private static final String GRANTED_5 = "\5\0\0\1\0\0\0\0\0\0";
  private static final String GRANTED_4 = "\0\132\0\0\0\0\0\0";
  private static final String REJECTED_4 = "\0\133\0\0\0\0\0\0";

  @TempDir private @Nullable Path folder;

  private static RelayFixture.Builder forward(Rules rules, @Nullable Users users) {
    return RelayFixture.serving(
        origin ->
            EntrySettings.forward(
                new ForwardSettings(rules, users, origin, false, true, -1, true)));
  }

  private static RelayFixture.Builder local() {
    return forward(Rules.of(List.of("127.0.0.0/8:*", "[::1]:*", "localhost:*"), List.of()), null);
  }

  private static String port(int port) {
    return "" + (char) (port >> 8) + (char) (port & 0xff);
  }

  private static String byName(String name, int port) {
    return "\5\1\0\3" + (char) name.length() + name + port(port);
  }

  private static String byAddress(int port) {
    return "\5\1\0\1\177\0\0\1" + port(port);
  }

  private static void say(RawClient client, String bytes) throws IOException {
    client.write(bytes.getBytes(ISO_8859_1));
  }

  private static void hear(RawClient client, String bytes) throws IOException {
    assertThat(new String(client.readExactly(bytes.length()), ISO_8859_1)).isEqualTo(bytes);
  }

  /** The code of a reply of version 5, after which there is nothing. */
  private static int code(RawClient client) throws IOException {
    byte[] reply = client.readExactly(10);
    assertThat(reply[0]).isEqualTo((byte) 5);
    assertThat(client.awaitEof()).isTrue();
    return reply[1];
  }

  private static RawOrigin echo() throws IOException {
    return RawOrigin.start(
        connection -> {
          connection.write(connection.readExactly(4));
          connection.readToEnd();
        });
  }

  @ParameterizedTest
  @CsvSource({
    "true,4",
    "true,4a",
    "true,5",
    "true,5name",
    "true,5v6",
    "false,4a",
    "false,5",
    "false,5name"
  })
  void connect_inAnyVersion_isATunnel(boolean raw, String how) throws Exception {
    try (RawOrigin origin = echo();
        RelayFixture relay = local().raw(raw).start();
        RawClient client = relay.client()) {
      int to = origin.port();
      if (how.startsWith("5")) {
        say(client, HELLO_5);
        hear(client, ANONYMOUS);
      }
      switch (how) {
        case "4" -> say(client, "\4\1" + port(to) + "\177\0\0\1me\0");
        case "4a" -> say(client, "\4\1" + port(to) + "\0\0\0\1me\0localhost\0");
        case "5" -> say(client, byAddress(to));
        case "5name" -> say(client, byName("LocalHost", to));
        default -> say(client, "\5\1\0\4" + "\0".repeat(10) + "\377\377\177\0\0\1" + port(to));
      }
      hear(client, how.startsWith("4") ? GRANTED_4 : GRANTED_5);
      client.write("echo");
      hear(client, "echo");
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      ExchangeEnd end = relay.awaitEnd(1);
      assertThat(end.reason()).isNull();
      assertThat(end.method()).isEqualTo(how.startsWith("4") ? "SOCKS4" : "SOCKS5");
      String host = how.equals("4a") || how.equals("5name") ? "localhost:" : "127.0.0.1:";
      assertThat(end.target()).isEqualTo(host + to);
      assertThat(end.downloadedBytes()).isEqualTo(4);
    }
  }

  /** All at once, as of clients that do not wait, and byte by byte. */
  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void connect_inAnyPieces_isATunnel(boolean raw, boolean atOnce) throws Exception {
    try (RawOrigin origin = echo();
        RelayFixture relay = local().raw(raw).start();
        RawClient client = relay.client()) {
      String all = HELLO_5 + byName("localhost", origin.port()) + "echo";
      if (atOnce) {
        say(client, all);
      } else {
        for (int i = 0; i < all.length(); i++) {
          say(client, all.substring(i, i + 1));
          Thread.sleep(1); // a segment of its own, nearly always
        }
      }
      hear(client, ANONYMOUS + GRANTED_5 + "echo");
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isNull();
    }
  }

  @Test
  void bulk_throughSocks_arrivesByteForByte() throws Exception {
    try (RawOrigin origin = RawOrigin.start(connection -> connection.write(BYTES, 0, 5_000_000));
        RelayFixture relay = local().start();
        RawClient client = relay.client()) {
      say(client, HELLO_5 + byAddress(origin.port()));
      hear(client, ANONYMOUS + GRANTED_5);
      assertThat(client.readSeeded(BYTES, 0, 5_000_000)).isEqualTo(-1);
      client.halfClose();
      assertThat(client.awaitEof()).isTrue();
      assertThat(relay.awaitEnd(1).downloadedBytes()).isEqualTo(5_000_000);
    }
  }

  // --- Refusals ---------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "\\5\\2\\0\\1\\177\\0\\0\\1\\0\\120, 7, METHOD_NOT_SERVED",
    "\\5\\3\\0\\1\\0\\0\\0\\0\\0\\0, 7, METHOD_NOT_SERVED",
    "\\5\\1\\0\\2\\0\\0\\0\\0\\0\\0, 8, BAD_GREETING",
    "\\5\\1\\0\\1\\177\\0\\0\\1\\0\\0, 1, BAD_HOST",
    "\\5\\1\\0\\3\\3a b\\0\\120, 1, BAD_HOST",
    "\\5\\1\\0\\1\\12\\0\\0\\1\\0\\120, 2, FORBIDDEN",
    "\\5\\1\\1\\1\\177\\0\\0\\1\\0\\120, 1, BAD_GREETING"
  })
  void request_thatWillNotDo_isRefusedByItsCode(String request, int code, Reason reason)
      throws Exception {
    try (RelayFixture relay = local().start();
        RawClient client = relay.client()) {
      say(client, HELLO_5);
      hear(client, ANONYMOUS);
      say(client, request.translateEscapes());
      assertThat(code(client)).isEqualTo(code);
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(reason);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void target_thatRefuses_isSaid(boolean version5) throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    try (RelayFixture relay = local().start();
        RawClient client = relay.client()) {
      if (version5) {
        say(client, HELLO_5 + byAddress(closed));
        hear(client, ANONYMOUS);
        assertThat(code(client)).isEqualTo(5);
      } else {
        say(client, "\4\1" + port(closed) + "\177\0\0\1\0");
        hear(client, REJECTED_4);
        assertThat(client.awaitEof()).isTrue();
      }
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.ORIGIN_UNREACHABLE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\5\\0", "\\5\\1\\2", "\\4\\1\\0\\120\\0\\0\\0\\1\\0\\0"})
  void greeting_thatWillNotDo_isRefused(String greeting) throws Exception {
    try (RelayFixture relay = local().start();
        RawClient client = relay.client()) {
      say(client, greeting.translateEscapes());
      client.readToEnd();
      assertThat(relay.awaitEnd(1).reason()).isIn(Reason.BAD_GREETING, Reason.PROXY_AUTHENTICATION);
    }
  }

  @Test
  void greeting_thatTakesItsTime_isRefused() throws Exception {
    Timeouts soon = new Timeouts(500, 60_000, 60_000, 60_000, 60_000, 60_000);
    try (RelayFixture relay = local().timeouts(soon).start();
        RawClient client = relay.client()) {
      say(client, HELLO_5);
      hear(client, ANONYMOUS);
      say(client, "\5\1");
      assertThat(code(client)).isEqualTo(1);
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.REQUEST_TIMEOUT);
    }
  }

  @Test
  void relay_thatIsNoForwardProxy_speaksNoSocks() throws Exception {
    try (RawOrigin origin = echo();
        RelayFixture relay = RelayFixture.to(origin.port()).start();
        RawClient client = relay.client()) {
      say(client, HELLO_5);
      client.halfClose();
      assertThat(client.readToEnd().text()).startsWith("HTTP/1.1 400 ");
    }
  }

  // --- Users ------------------------------------------------------------------------------------

  private Users users(int connectionsMax) throws IOException {
    Path file = java.util.Objects.requireNonNull(folder).resolve("users");
    Files.writeString(file, "anna:" + BCrypt.hashpw("secret", BCrypt.gensalt(4)) + "\n", UTF_8);
    return Users.of(file, connectionsMax);
  }

  private static RelayFixture.Builder local(Users users) {
    return forward(Rules.of(List.of("127.0.0.0/8:*"), List.of()), users);
  }

  @Test
  void password_thatIsRight_isATunnel_alsoFromMemory() throws Exception {
    try (Users users = users(10);
        RawOrigin origin = echo();
        RelayFixture relay = local(users).start()) {
      for (int i = 0; i < 2; i++) {
        try (RawClient client = relay.client()) {
          say(client, "\5\2\0\2");
          hear(client, "\5\2");
          say(client, "\1\4anna\6secret");
          hear(client, "\1\0");
          say(client, byAddress(origin.port()));
          hear(client, GRANTED_5);
          client.write("echo");
          hear(client, "echo");
        }
      }
      assertThat(relay.awaitEnd(2).reason()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\1\\4anna\\5wrong", "\\1\\4otto\\6secret", "\\1\\4anna\\0"})
  void password_thatIsWrong_isRefused(String password) throws Exception {
    try (Users users = users(10);
        RelayFixture relay = local(users).start();
        RawClient client = relay.client()) {
      say(client, "\5\1\2");
      hear(client, "\5\2");
      say(client, password.translateEscapes());
      hear(client, "\1\1");
      assertThat(client.awaitEof()).isTrue();
      assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.PROXY_AUTHENTICATION);
    }
  }

  @Test
  void client_thatDoesNotSayWhoItIs_isRefused() throws Exception {
    try (Users users = users(10);
        RelayFixture relay = local(users).start()) {
      try (RawClient anonymous = relay.client()) {
        say(anonymous, HELLO_5);
        hear(anonymous, "\5\377");
        assertThat(anonymous.awaitEof()).isTrue();
      }
      try (RawClient version4 = relay.client()) {
        say(version4, "\4\1\0\120\177\0\0\1anna\0");
        hear(version4, REJECTED_4);
        assertThat(version4.awaitEof()).isTrue();
      }
      assertThat(relay.awaitEnd(2).reason()).isEqualTo(Reason.PROXY_AUTHENTICATION);
    }
  }

  @Test
  void user_withAsManyTunnelsAsMayBe_isRefused_untilOneEnds() throws Exception {
    try (Users users = users(1);
        RawOrigin origin = echo();
        RelayFixture relay = local(users).start()) {
      String greeting = "\5\1\2" + "\1\4anna\6secret" + byAddress(origin.port());
      try (RawClient first = relay.client()) {
        say(first, greeting);
        hear(first, "\5\2\1\0" + GRANTED_5);
        try (RawClient second = relay.client()) {
          say(second, greeting);
          hear(second, "\5\2\1\0");
          assertThat(code(second)).isEqualTo(1);
        }
        assertThat(relay.awaitEnd(1).reason()).isEqualTo(Reason.USER_LIMIT);
      }
      relay.awaitEnd(2);
      RelayFixture.await(() -> relay.totals().openConnections() == 0, "all closed");
      try (RawClient third = relay.client()) {
        say(third, greeting);
        hear(third, "\5\2\1\0" + GRANTED_5);
      }
      relay.awaitEnd(3);
    }
  }

  // --- Garbage ----------------------------------------------------------------------------------

  /** Whatever comes first, nothing is left, and no fault of ours is recorded. */
  @Test
  void anyBytes_leaveNothing() throws Exception {
    int tries = Boolean.getBoolean("weir.long") ? 5_000 : 300;
    try (RelayFixture relay = local().start()) {
      for (int seed = 0; seed < tries; seed++) {
        Random random = new Random(seed);
        byte[] bytes = new byte[1 + random.nextInt(80)];
        random.nextBytes(bytes);
        bytes[0] = (byte) (4 + seed % 2);
        if (seed % 3 == 0) {
          byte[] polite = (HELLO_5 + "\5\1\0").getBytes(ISO_8859_1);
          System.arraycopy(polite, 0, bytes, 0, Math.min(polite.length, bytes.length));
        }
        try (RawClient client = relay.client()) {
          client.write(bytes);
          client.halfClose();
          RawConnection.Ending ending = client.readToEnd();
          assertThat(ending.bytes()).as("seed " + seed).hasSizeLessThanOrEqualTo(12);
        }
      }
    }
  }
}
