package io.weir.memory.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Connections whose one end takes nothing, with known bytes in between. */
@EnabledOnOs(OS.LINUX)
class SocketsTest {
  /** Not as much as the receive buffer takes at first. */
  private static final int QUEUED_BYTES = 20_000;

  private ServerSocketChannel listener;
  private final List<SocketChannel> channels = new ArrayList<>();

  @BeforeEach
  void listen() throws IOException {
    listener =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void close() throws IOException {
    listener.close();
    for (SocketChannel channel : channels) {
      channel.close();
    }
  }

  @Test
  void connection_readerStalls_isTold_withPeerQueuesAndCharge() throws Exception {
    SocketChannel client = connect();
    SocketChannel server = accept();
    write(client, QUEUED_BYTES);
    SocketRow row = row(await(u -> row(u, server).receiveQueueBytes() == QUEUED_BYTES), server);
    assertThat(row.state()).isEqualTo("ESTAB");
    assertThat(row.peer()).isEqualTo("127.0.0.1:" + port(client));
    assertThat(row.receiveQueueBytes()).isEqualTo(QUEUED_BYTES);
    assertThat(row.fd()).isNotNegative();
    assertThat(row.kernelBytes()).isGreaterThanOrEqualTo(QUEUED_BYTES);
  }

  @Test
  void connection_writerBlocked_bytesAreInSendAndReceiveQueue() throws Exception {
    SocketChannel client = connect();
    SocketChannel server = accept();
    client.configureBlocking(false);
    long written = fill(client);
    // Until all that arrived is acknowledged: it is in both queues before.
    SocketUse use =
        await(u -> row(u, client).sendQueueBytes() + row(u, server).receiveQueueBytes() == written);
    SocketRow sending = row(use, client);
    SocketRow receiving = row(use, server);
    assertThat(sending.sendQueueBytes() + receiving.receiveQueueBytes()).isEqualTo(written);
    assertThat(sending.sendQueueBytes()).isPositive();
    assertThat(sending.kernelBytes()).isGreaterThanOrEqualTo(sending.sendQueueBytes());
    assertThat(sending.sendBufferBytes()).isPositive();
    assertThat(use.kernelBytes()).isGreaterThanOrEqualTo(written);
    assertThat(SocketMemory.ofThisProcess().bytes()).isGreaterThanOrEqualTo(written);
  }

  @Test
  void connection_closedWithDataToSend_isOwnerless() throws Exception {
    SocketChannel client = connect();
    SocketChannel server = accept();
    server.configureBlocking(false);
    long written = fill(server);
    SocketUse before = use();
    String peer = "127.0.0.1:" + port(client);
    long unsent = row(before, server).sendQueueBytes();
    server.close();
    SocketUse use = await(u -> u.ownerless().stream().anyMatch(r -> r.peer().equals(peer)));
    assertThat(use.ownerless())
        .filteredOn(row -> row.peer().equals(peer))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.state()).isEqualTo("FIN-WAIT-1");
              assertThat(row.inode()).isZero();
              // the end of the stream counts as one
              assertThat(row.sendQueueBytes()).isBetween(unsent / 2, unsent + 1);
              assertThat(row.kernelBytes()).isGreaterThanOrEqualTo(row.sendQueueBytes());
            });
    assertThat(SocketMemory.ofThisProcess().bytes()).isGreaterThanOrEqualTo(written);
  }

  @Test
  void connection_notAccepted_isOwnerlessToo() throws Exception {
    SocketChannel client = connect();
    write(client, QUEUED_BYTES);
    String peer = "127.0.0.1:" + port(client);
    SocketUse use =
        await(
            u ->
                u.ownerless().stream()
                    .anyMatch(r -> r.peer().equals(peer) && r.receiveQueueBytes() == QUEUED_BYTES));
    assertThat(use.ownerless())
        .filteredOn(row -> row.peer().equals(peer))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.receiveQueueBytes()).isEqualTo(QUEUED_BYTES);
              assertThat(row.kernelBytes()).isGreaterThanOrEqualTo(QUEUED_BYTES);
            });
    long with = SocketMemory.ofThisProcess().bytes();
    SocketChannel server = accept();
    ByteBuffer bytes = ByteBuffer.allocate(QUEUED_BYTES);
    while (bytes.hasRemaining()) {
      server.read(bytes);
    }
    assertThat(SocketMemory.ofThisProcess().bytes()).isLessThan(with);
  }

  @Test
  void listener_withConnectionsThatWait_holdsNoBytes() throws Exception {
    connect();
    connect();
    String local = ":" + port();
    SocketRow row =
        use().rows().stream().filter(r -> r.local().endsWith(local)).findAny().orElseThrow();
    assertThat(row.state()).isEqualTo("LISTEN");
    assertThat(row.receiveQueueBytes()).isZero();
    assertThat(row.sendQueueBytes()).isZero();
    assertThat(row.peer()).isEmpty();
  }

  @Test
  void memory_ofThisProcess_isTheSumOfTheRows() throws Exception {
    for (int i = 0; i < 20; i++) {
      connect();
      fill(nonBlocking(accept()));
    }
    SocketMemory memory = SocketMemory.ofThisProcess();
    long rows = use().kernelBytes();
    assertThat(memory.bytes()).isBetween(rows - (rows >> 6), rows + (rows >> 6));
    assertThat(memory.sockets()).isGreaterThanOrEqualTo(41);
    assertThat(memory.costNanos()).isPositive();
  }

  @Test
  void memory_askedTooSoon_tellsTheLastValue() throws Exception {
    SocketMemory memory = SocketMemory.ofThisProcess();
    long first = memory.bytes(0);
    connect();
    long written = fill(nonBlocking(accept()));
    long due = 100 * memory.costNanos();
    assertThat(memory.bytes(due - 1)).isEqualTo(first);
    assertThat(memory.bytes(due)).isGreaterThanOrEqualTo(first + written);
  }

  @Test
  void unixSocket_withBytesInside_isToldByItsPath(@TempDir Path folder) throws Exception {
    Path path = folder.resolve("socket");
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address);
      channels.add(SocketChannel.open(address));
      channels.add(server.accept());
      write(channels.getFirst(), QUEUED_BYTES);
      assertThat(use().rows())
          .filteredOn(row -> row.local().equals(path.toString()))
          .anySatisfy(row -> assertThat(row.state()).isEqualTo("LISTEN"))
          .anySatisfy(row -> assertThat(row.receiveQueueBytes()).isEqualTo(QUEUED_BYTES));
    }
  }

  @Test
  void socket_ofAnotherProcess_isTold() throws Exception {
    assumeTrue(Files.exists(Path.of("/bin/bash")), "no bash");
    String listening = "127.0.0.1:" + port();
    String script = "exec 3<>/dev/tcp/127.0.0.1/" + port() + "; exec sleep 60";
    Process process = new ProcessBuilder("/bin/bash", "-c", script).start();
    try {
      SocketChannel server = accept();
      write(server, QUEUED_BYTES);
      Target target = Target.of(process.pid());
      // bash moves its descriptors about before it becomes sleep
      for (int i = 0; i < 2_000 && !StatusFile.read(target).name().equals("sleep"); i++) {
        Thread.sleep(10);
      }
      SocketUse use = Sockets.read(target, Descriptors.read(target)).value();
      assertThat(use).isNotNull();
      assertThat(use.rows())
          .singleElement()
          .satisfies(
              row -> {
                assertThat(row.fd()).isEqualTo(3);
                assertThat(row.peer()).isEqualTo(listening);
                assertThat(row.receiveQueueBytes()).isEqualTo(QUEUED_BYTES);
              });
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void tables_ofAnotherNamespace_tellQueuesAndSaySo(@TempDir Path folder) throws Exception {
    FakeProc proc =
        new FakeProc(folder)
            .process()
            .file(
                "4711/net/tcp",
                "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
                    + line("0100007F:0BB9", "00000000:0000", "0A", "00000000:00000005", 1)
                    + line("0100007F:0BB9", "0200007F:1234", "01", "00001000:00000020", 77)
                    + line("0100007F:0BB9", "0300007F:1234", "04", "00002000:00000000", 0)
                    + line("0100007F:0BBA", "0300007F:1234", "04", "00002000:00000000", 0)
                    + line("0100007F:0BB9", "0300007F:1235", "06", "00000000:00000000", 0)
                    + line("0100007F:0BB9", "0200007F:1235", "01", "00001000:00000020", 99))
            .file(
                "4711/net/tcp6",
                "head\n"
                    + line(
                        "00000000000000000000000001000000:0050",
                        "B80D0120000000000000000001000000:0051",
                        "08",
                        "00000000:00000003",
                        78));
    Descriptors descriptors = new Descriptors();
    for (int i = 0; i < 3; i++) {
      byte[] link = ("socket:[" + (76 + i) + "]").getBytes(StandardCharsets.UTF_8);
      descriptors.take(i, link, link.length);
    }
    Reading<SocketUse> reading = Sockets.readTables(proc.target(), descriptors, false, 0);
    assertThat(reading.unseen()).contains("another network namespace");
    assertThat(reading.remedy()).contains("4711");
    assertThat(reading.value()).isNotNull();
    assertThat(reading.value().others()).isEqualTo(1);
    assertThat(reading.value().rows())
        .containsExactly(
            new SocketRow(
                77, 1, "tcp", "127.0.0.1:3001", "127.0.0.2:4660", "ESTAB", 4096, 32, -1, -1),
            new SocketRow(
                78, 2, "tcp6", "[::1]:80", "[2001:db8::1]:81", "CLOSE-WAIT", 0, 3, -1, -1));
    assertThat(reading.value().ownerless())
        .singleElement()
        .satisfies(row -> assertThat(row.peer()).isEqualTo("127.0.0.3:4660"));
    assertThat(reading.value().kernelBytes()).isEqualTo(4096 + 32 + 3 + 8192);
  }

  @Test
  void address_version6_isShortAsItMayBe() {
    assertThat(SocketFacts.v6(0, 0)).isEqualTo("::");
    assertThat(SocketFacts.v6(0, 1)).isEqualTo("::1");
    assertThat(SocketFacts.v6(0x20010db800000000L, 0)).isEqualTo("2001:db8::");
    assertThat(SocketFacts.v6(0x2001000000000001L, 0x0000000000000001L)).isEqualTo("2001:0:0:1::1");
    assertThat(SocketFacts.v6(0x0001000200030004L, 0x0005000600070008L))
        .isEqualTo("1:2:3:4:5:6:7:8");
    assertThat(SocketFacts.v6(0x0001000000030004L, 0x0005000600070008L))
        .isEqualTo("1:0:3:4:5:6:7:8");
  }

  private static String line(String local, String peer, String state, String queues, int inode) {
    return "   0: "
        + local
        + " "
        + peer
        + " "
        + state
        + " "
        + queues
        + " 00:00000000 00000000  1000        0 "
        + inode
        + " 1 0000000000000000 20 4 30 10 -1\n";
  }

  private SocketChannel connect() throws IOException {
    SocketChannel channel = SocketChannel.open(listener.getLocalAddress());
    channels.add(channel);
    return channel;
  }

  private SocketChannel accept() throws IOException {
    SocketChannel channel = listener.accept();
    channels.add(channel);
    return channel;
  }

  private static SocketChannel nonBlocking(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    return channel;
  }

  private static void write(SocketChannel channel, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Until the kernel takes no more, thrice in a row. */
  private static long fill(SocketChannel channel) throws IOException, InterruptedException {
    long written = 0;
    ByteBuffer bytes = ByteBuffer.allocate(64 << 10);
    for (int refused = 0; refused < 3; ) {
      bytes.clear();
      int n = channel.write(bytes);
      written += n;
      refused = n == 0 ? refused + 1 : 0;
      if (n == 0) {
        Thread.sleep(20);
      }
    }
    return written;
  }

  private static SocketUse use() throws ObstacleException {
    Target self = Target.self();
    SocketUse use = Sockets.read(self, Descriptors.read(self)).value();
    assertThat(use).isNotNull();
    return use;
  }

  private interface Condition {
    boolean holds(SocketUse use) throws IOException;
  }

  /** The first look for which it holds, or the last one after 20 s. */
  private static SocketUse await(Condition condition) throws IOException, InterruptedException {
    SocketUse use = use();
    for (int i = 0; i < 2_000 && !condition.holds(use); i++) {
      Thread.sleep(10);
      use = use();
    }
    return use;
  }

  private static SocketRow row(SocketUse use, SocketChannel channel) throws IOException {
    String local = "127.0.0.1:" + port(channel);
    String peer = "127.0.0.1:" + ((InetSocketAddress) channel.getRemoteAddress()).getPort();
    return use.rows().stream()
        .filter(row -> row.local().equals(local) && row.peer().equals(peer))
        .findAny()
        .orElseThrow();
  }

  private int port() throws IOException {
    return ((InetSocketAddress) listener.getLocalAddress()).getPort();
  }

  private static int port(SocketChannel channel) throws IOException {
    return ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }
}
