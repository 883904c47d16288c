package io.weir.relay.exchange;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A name server that knows one answer at a time, whatever name it is asked for. */
final class NameServer implements AutoCloseable {
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
