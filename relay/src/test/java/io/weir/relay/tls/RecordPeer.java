package io.weir.relay.tls;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * A client of TLS whose records are in the test's hand: it seals them, the test sends them, whole,
 * in part or many at once. The JDK's engine on a blocking socket.
 */
final class RecordPeer implements AutoCloseable {
  private static final int TIME_LIMIT_MILLIS = 20_000;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Socket socket;
  private final SSLEngine engine;
  private final ByteBuffer arrived = ByteBuffer.allocate(64 * 1024).flip();
  private final ByteArrayOutputStream opened = new ByteArrayOutputStream();

  private RecordPeer(Socket socket, SSLEngine engine) {
    this.socket = socket;
    this.engine = engine;
  }

  /** Connects, and shakes hands in {@code protocol}, such as TLSv1.3. */
  static RecordPeer connect(InetSocketAddress to, String protocol)
      throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(true);
    engine.setEnabledProtocols(new String[] {protocol});
    Socket socket = new Socket(to.getAddress(), to.getPort());
    socket.setSoTimeout(TIME_LIMIT_MILLIS);
    socket.setTcpNoDelay(true);
    RecordPeer peer = new RecordPeer(socket, engine);
    peer.shake();
    return peer;
  }

  private void shake() throws IOException {
    engine.beginHandshake();
    while (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> send(wrap(NOTHING.duplicate()));
        default -> {
          if (!open()) {
            throw new IOException("the other side closed in the handshake");
          }
        }
      }
    }
  }

  private byte[] wrap(ByteBuffer plain) throws SSLException {
    ByteBuffer sealed = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(plain, sealed);
    byte[] record = new byte[sealed.flip().remaining()];
    sealed.get(record);
    return record;
  }

  /** Records with {@code plain} in them; one, if it is short. */
  byte[] seal(byte[] plain) throws SSLException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteBuffer left = ByteBuffer.wrap(plain);
    while (left.hasRemaining()) {
      all.writeBytes(wrap(left));
    }
    return all.toByteArray();
  }

  /** So many records without data: KeyUpdates, which TLS 1.3 alone has. */
  byte[] sealWithoutData(int records) throws SSLException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < records; i++) {
      engine.beginHandshake();
      all.writeBytes(wrap(NOTHING.duplicate()));
    }
    return all.toByteArray();
  }

  byte[] sealEnd() throws SSLException {
    engine.closeOutbound();
    return wrap(NOTHING.duplicate());
  }

  void send(byte[] bytes) throws IOException {
    send(bytes, 0, bytes.length);
  }

  void send(byte[] bytes, int from, int to) throws IOException {
    socket.getOutputStream().write(bytes, from, to - from);
  }

  /** Ends the socket's side, whatever was said before. */
  void endSocket() throws IOException {
    socket.shutdownOutput();
  }

  /** Reads until the other side has said its end; fails if the socket ends before that. */
  byte[] readToEnd() throws IOException {
    while (!engine.isInboundDone()) {
      if (!open()) {
        throw new IOException("truncated");
      }
    }
    return opened.toByteArray();
  }

  /** Opens what is there, or reads more; false at the socket's end. */
  private boolean open() throws IOException {
    ByteBuffer plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    SSLEngineResult result = engine.unwrap(arrived, plain);
    opened.write(plain.array(), 0, plain.position());
    if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) {
      return true;
    }
    arrived.compact();
    InputStream in = socket.getInputStream();
    int n = in.read(arrived.array(), arrived.position(), arrived.remaining());
    arrived.position(arrived.position() + Math.max(n, 0)).flip();
    return n > 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
