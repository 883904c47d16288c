package io.weir.scenarios;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A DNS server that knows one name, at 127.0.0.1, and says of all others that there are none (RFC
 * 1035, 4.1).
 */
final class NameServer implements AutoCloseable {
  private static final int HEADER_BYTES = 12;
  private static final int TYPE_A = 1;
  private static final int NO_SUCH_NAME = 3;

  private final DatagramSocket socket;
  private final String known;
  private final List<String> asked = new ArrayList<>();

  private NameServer(DatagramSocket socket, String known) {
    this.socket = socket;
    this.known = known;
  }

  static NameServer start(String known) throws IOException {
    NameServer server =
        new NameServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()), known);
    Thread.ofVirtual().name("name-server").start(server::run);
    return server;
  }

  int port() {
    return socket.getLocalPort();
  }

  /** The names that were asked for so far. */
  List<String> asked() {
    synchronized (asked) {
      return List.copyOf(asked);
    }
  }

  private void run() {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        socket.receive(packet);
        byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    } catch (IOException e) {
      return; // closed
    }
  }

  private byte[] answer(byte[] query) {
    int end = HEADER_BYTES;
    StringBuilder name = new StringBuilder();
    while (query[end] != 0) {
      String label = new String(query, end + 1, query[end], StandardCharsets.US_ASCII);
      name.append(name.isEmpty() ? "" : ".").append(label);
      end += 1 + query[end];
    }
    end += 5;
    synchronized (asked) {
      asked.add(name.toString());
    }
    boolean here = name.toString().equals(known);
    boolean address = here && query[end - 3] == TYPE_A;
    ByteBuffer answer = ByteBuffer.allocate(end + 16).put(query, 0, end);
    // A response, recursion available; one question, no further sections but the answer.
    answer.put(2, (byte) 0x81).put(3, (byte) (0x80 | (here ? 0 : NO_SUCH_NAME)));
    answer.putShort(6, (short) (address ? 1 : 0)).putInt(8, 0);
    if (address) {
      // The name as a pointer to the question's, type A, class IN, a minute, 4 bytes.
      answer.putShort((short) 0xC00C).putInt(TYPE_A << 16 | 1).putInt(60).putShort((short) 4);
      answer.put(new byte[] {127, 0, 0, 1});
    }
    return Arrays.copyOf(answer.array(), answer.position());
  }

  @Override
  public void close() {
    socket.close();
  }
}
