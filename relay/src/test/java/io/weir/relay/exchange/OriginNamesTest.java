package io.weir.relay.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.weir.load.RawClient;
import io.weir.load.RawConnection;
import io.weir.load.RawOrigin;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The origin's name is asked for again when its time is over, and all of its addresses are tried.
 */
final class OriginNamesTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  private static final int NAME_UNKNOWN = 3;

  /** A name server that knows one answer at a time. */
  private static final class NameServer implements AutoCloseable {
    final DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    final AtomicInteger asked = new AtomicInteger();
    volatile List<String> addresses = List.of();
    volatile int code;
    volatile boolean silent;

    NameServer(String... addresses) throws IOException {
      this.addresses = List.of(addresses);
      var _ = Thread.ofVirtual().start(this::serve);
    }

    InetSocketAddress address() {
      return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
    }

    private void serve() {
      byte[] room = new byte[512];
      while (true) {
        DatagramPacket query = new DatagramPacket(room, room.length);
        try {
          socket.receive(query);
          asked.incrementAndGet();
          if (!silent) {
            byte[] answer = answer(room);
            socket.send(new DatagramPacket(answer, answer.length, query.getSocketAddress()));
          }
        } catch (IOException e) {
          return; // closed
        }
      }
    }

    /** The header and question as they came, and an A record with a TTL of one second for each. */
    private byte[] answer(byte[] query) throws IOException {
      int end = 12;
      while (query[end] != 0) {
        end += query[end] + 1;
      }
      boolean ipv4 = query[end + 2] == 1;
      end += 5;
      List<String> records = ipv4 && code == 0 ? addresses : List.of();
      ByteBuffer to = ByteBuffer.allocate(512).put(query, 0, end);
      to.putShort(2, (short) (0x8180 | code)).putShort(4, (short) 1);
      to.putShort(6, (short) records.size()).putShort(8, (short) 0).putShort(10, (short) 0);
      for (String address : records) {
        to.putShort((short) 0xc00c).putShort((short) 1).putShort((short) 1).putInt(1);
        to.putShort((short) 4).put(InetAddress.getByName(address).getAddress());
      }
      byte[] answer = new byte[to.position()];
      to.flip().get(answer);
      return answer;
    }

    @Override
    public void close() {
      socket.close();
    }
  }

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
