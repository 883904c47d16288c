package io.weir.relay.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import io.weir.relay.forward.Credentials;
import io.weir.relay.forward.Rules;
import io.weir.relay.forward.Users;
import io.weir.relay.http.Reason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.crypto.bcrypt.BCrypt;

/** Strangers at one address who try passwords, and users who come meanwhile. */
final class PasswordFloodTest {
  private static final int STRANGERS = 20;
  private static final int OF_ONE_PEER_MAX = 4;
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @TempDir private @Nullable Path folder;

  private Users users() throws IOException {
    Path file = Objects.requireNonNull(folder).resolve("users");
    String ann = "ann:" + BCrypt.hashpw("secret", BCrypt.gensalt("$2y", 4));
    String bob = "bob:" + BCrypt.hashpw("hidden", BCrypt.gensalt("$2y", 4));
    Files.writeString(file, ann + "\n" + bob + "\n");
    return Users.of(file, 100);
  }

  private static RelayFixture.Builder forward(Users users) {
    Rules rules = Rules.of(List.of("127.0.0.1:*"), List.of());
    return RelayFixture.serving(
        origin ->
            EntrySettings.forward(new ForwardSettings(rules, users, origin, false, true, -1, true))
                .http2(true));
  }

  private static RawOrigin answering() throws IOException {
    return RawOrigin.start(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.write(OK);
          }
        });
  }

  /** Keeps the thread that checks passwords from doing so until this is counted down. */
  private static CountDownLatch occupied(Users users) {
    CountDownLatch go = new CountDownLatch(1);
    Credentials any = new Credentials("any", new byte[1]);
    InetAddress elsewhere = InetAddress.ofLiteral("192.0.2.1");
    assertThat(users.verify(any, elsewhere, work -> await(go), _ -> {})).isNotNull();
    return go;
  }

  private static void await(CountDownLatch go) {
    try {
      go.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(ISO_8859_1));
  }

  private static String get(RawOrigin origin, String pair) {
    return "GET http://127.0.0.1:"
        + origin.port()
        + "/ HTTP/1.1\r\nHost: x\r\nProxy-Authorization: "
        + basic(pair)
        + "\r\n\r\n";
  }

  private static String answer(RawClient client) throws IOException {
    String head = client.readHead();
    client.readBody(head);
    return head;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void strangersAtOneAddress_lockNobodyOut(boolean raw) throws Exception {
    try (RawOrigin origin = answering();
        Users users = users();
        RelayFixture relay = OriginFaultsTest.start(raw, forward(users));
        RawClient ann = relay.client();
        FrameClient bob = FrameClient.connect(relay.port());
        Socket another = new Socket()) {
      ann.write(get(origin, "ann:secret"));
      assertThat(answer(ann)).startsWith("HTTP/1.1 200 ");
      CountDownLatch go = occupied(users);
      List<RawClient> strangers = new ArrayList<>();
      for (int i = 0; i < STRANGERS; i++) {
        RawClient stranger = relay.client();
        strangers.add(stranger);
        stranger.write(get(origin, "ann:wrong" + i));
      }
      relay.awaitFailure(Reason.OVERLOADED, STRANGERS - OF_ONE_PEER_MAX);

      // Who is known waits for nobody; at another address there are places.
      ann.write(get(origin, "ann:secret"));
      assertThat(answer(ann)).startsWith("HTTP/1.1 200 ");
      another.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0));
      another.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), relay.port()));
      another.getOutputStream().write(get(origin, "bob:hidden").getBytes(ISO_8859_1));

      // Who leaves leaves a place.
      for (RawClient stranger : strangers) {
        stranger.reset();
      }
      relay.awaitFailure(Reason.CLIENT_GONE, OF_ONE_PEER_MAX);
      askBesideStrangers(bob, origin, "bob:hidden");
      relay.awaitFailure(Reason.OVERLOADED, STRANGERS - OF_ONE_PEER_MAX + 1);
      go.countDown();
      assertThat(bob.answer(1).text()).isEqualTo("ok");
      another.setSoTimeout((int) RelayFixture.PATIENCE_MILLIS);
      assertThat(another.getInputStream().readNBytes(13)).asString().startsWith("HTTP/1.1 200 ");
      relay.awaitFailure(Reason.PROXY_AUTHENTICATION, OF_ONE_PEER_MAX - 1);
      assertThat(relay.totals().failures(Reason.PROXY_AUTHENTICATION))
          .isEqualTo(OF_ONE_PEER_MAX - 1); // of those that have left, nothing was checked
    }
  }

  /** Asks on stream 1, and then takes all other places of this address, and one that is none. */
  private static void askBesideStrangers(FrameClient client, RawOrigin origin, String pair)
      throws IOException {
    ask(client, 1, origin, pair);
    for (int i = 1; i <= OF_ONE_PEER_MAX; i++) {
      ask(client, 2 * i + 1, origin, "ann:other" + i);
    }
  }

  @Test
  void refusal_forWantOfAPlace_saysSo() throws Exception {
    try (RawOrigin origin = answering();
        Users users = users();
        RelayFixture relay = forward(users).start();
        FrameClient many = FrameClient.connect(relay.port());
        RawClient one = relay.client()) {
      CountDownLatch go = occupied(users);
      askBesideStrangers(many, origin, "ann:first");
      relay.awaitFailure(Reason.OVERLOADED, 1);
      one.write(get(origin, "ann:wrong"));
      String head = one.readHead();
      assertThat(head).startsWith("HTTP/1.1 503 ");
      assertThat(RawConnection.header(head, "Weir-Error")).isEqualTo("overloaded");
      assertThat(RawConnection.header(head, "Retry-After")).isNotNull();
      assertThat(new String(one.readBody(head), ISO_8859_1))
          .contains("Too many passwords wait to be checked");

      // A stream that is reset leaves a place as a connection does.
      many.reset(1, 8);
      relay.awaitFailure(Reason.CLIENT_GONE, 1);
      ask(many, 11, origin, "ann:secret");
      ask(many, 13, origin, "ann:more");
      relay.awaitFailure(Reason.OVERLOADED, 3);
      go.countDown();
      assertThat(many.answer(11).text()).isEqualTo("ok");
      relay.awaitFailure(Reason.PROXY_AUTHENTICATION, OF_ONE_PEER_MAX - 1);
    }
  }

  private static void ask(FrameClient client, int stream, RawOrigin origin, String pair)
      throws IOException {
    client.fields(
        stream,
        true,
        ":method",
        "GET",
        ":scheme",
        "http",
        ":authority",
        "127.0.0.1:" + origin.port(),
        ":path",
        "/",
        "proxy-authorization",
        basic(pair));
  }

  /** As of a browser that begins with a page and all its images. */
  @Test
  void userWithManyRequestsAtOnce_isServedAll() throws Exception {
    try (RawOrigin origin = answering();
        Users users = users();
        RelayFixture relay = forward(users).start()) {
      CountDownLatch go = occupied(users);
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < STRANGERS; i++) {
        RawClient client = relay.client();
        clients.add(client);
        client.write(get(origin, "ann:secret"));
      }
      go.countDown();
      for (RawClient client : clients) {
        assertThat(answer(client)).startsWith("HTTP/1.1 200 ");
        client.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void strangersBySocks_haveNoMorePlaces_andLeaveThem(boolean raw) throws Exception {
    try (RawOrigin origin = answering();
        Users users = users();
        RelayFixture relay = OriginFaultsTest.start(raw, forward(users));
        FrameClient bob = FrameClient.connect(relay.port())) {
      CountDownLatch go = occupied(users);
      List<RawClient> strangers = new ArrayList<>();
      for (int i = 0; i < STRANGERS; i++) {
        RawClient stranger = relay.client();
        strangers.add(stranger);
        String password = String.valueOf((char) ('a' + i));
        stranger.write(("\5\1\2\1\3ann\1" + password).getBytes(ISO_8859_1));
      }
      relay.awaitFailure(Reason.OVERLOADED, STRANGERS - OF_ONE_PEER_MAX);
      for (RawClient stranger : strangers) {
        stranger.reset();
      }
      RelayFixture.await(
          () ->
              relay.totals().connections() == STRANGERS + 1
                  && relay.totals().openConnections() == 1,
          "the strangers have left");
      askBesideStrangers(bob, origin, "bob:hidden");
      relay.awaitFailure(Reason.OVERLOADED, STRANGERS - OF_ONE_PEER_MAX + 1);
      go.countDown();
      assertThat(bob.answer(1).text()).isEqualTo("ok");
      relay.awaitFailure(Reason.PROXY_AUTHENTICATION, OF_ONE_PEER_MAX - 1);
      assertThat(relay.totals().failures(Reason.PROXY_AUTHENTICATION))
          .isEqualTo(OF_ONE_PEER_MAX - 1); // of those that have left, nothing was checked
    }
  }
}
