package io.weir.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A client of which a test says every byte: a {@link RawConnection} that connects.
 *
 * <pre>{@code
 * try (RawClient client = RawClient.connect(port)) {
 *   client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
 *   String head = client.readHead();
 *   byte[] body = client.readBody(head);
 * }
 * }</pre>
 */
public final class RawClient extends RawConnection {
  /** Limit of each read and of the connect where a test names none: ample for a loaded machine. */
  public static final long TIME_LIMIT_MILLIS = 20_000;

  private RawClient(Socket socket, long timeLimitMillis) throws IOException {
    super(socket, 0, timeLimitMillis, head -> {});
  }

  /** Connects to a port of the loopback address, with the usual limit and buffers. */
  public static RawClient connect(int port) throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    return connect(new InetSocketAddress(loopback, port), 0, TIME_LIMIT_MILLIS);
  }

  /**
   * Connects.
   *
   * @param receiveBufferBytes SO_RCVBUF, set before the connect, or 0 for the kernel's choice
   * @param timeLimitMillis of the connect and of each read
   * @throws IOException if nothing listens there, or when the time is up
   */
  public static RawClient connect(
      InetSocketAddress address, int receiveBufferBytes, long timeLimitMillis) throws IOException {
    Socket socket = new Socket();
    try {
      if (receiveBufferBytes > 0) {
        socket.setReceiveBufferSize(receiveBufferBytes);
      }
      socket.connect(address, (int) Math.min(timeLimitMillis, Integer.MAX_VALUE));
      return new RawClient(socket, timeLimitMillis);
    } catch (IOException e) {
      socket.close();
      throw new IOException("cannot connect to " + address + ": " + e.getMessage(), e);
    }
  }

  /** Takes a connection that stands, such as one on which TLS is spoken; it is closed with this. */
  public static RawClient over(Socket connected) throws IOException {
    return new RawClient(connected, TIME_LIMIT_MILLIS);
  }
}
