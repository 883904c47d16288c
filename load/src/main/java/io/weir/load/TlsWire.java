package io.weir.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * TLS over a socket, by the JDK's engine, as a client that trusts everybody.
 *
 * <p>Between two reads a connection keeps what has come of a record, and no more: a record is
 * decrypted as soon as it is whole, into a buffer that all connections share. So a thousand slow
 * readers cost a thousand engines, and CPU only for the bytes that they take. No session is
 * resumed: each connection costs the server a whole handshake.
 */
final class TlsWire extends Wire {
  /** Of the target of a read: what one read decrypts to, with a record that was kept. */
  static final int PLAIN_BYTES = READ_BYTES + 32 * 1024;

  /** One of each version, of the same strength and cost, so that servers can be compared. */
  private static final String[] CIPHERS_1_3 = {"TLS_AES_128_GCM_SHA256"};

  private static final String[] CIPHERS_1_2 = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
  };

  private static final byte[] EMPTY = {};

  /** What all connections of a thread share. */
  static final class Shared {
    private final SSLContext context = trusting();
    private final Way way;

    /** On the heap, where the JDK decrypts in place. */
    private final ByteBuffer in = ByteBuffer.allocate(PLAIN_BYTES);

    private final ByteBuffer out = ByteBuffer.allocate(32 * 1024);
    private final ByteBuffer none = ByteBuffer.allocate(0);

    Shared(Way way) {
      this.way = way;
    }

    private static SSLContext trusting() {
      try {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Everybody()}, null);
        return context;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java platform has TLS", e);
      }
    }
  }

  /** Trusts. */
  private static final class Everybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private final SSLEngine engine;
  private final Shared shared;
  private final String protocol;

  /** The beginning of a record. */
  private byte[] kept = EMPTY;

  TlsWire(SocketChannel channel, Shared shared) throws SSLException {
    super(channel);
    this.shared = shared;
    this.protocol = shared.way.streams() > 0 ? "h2" : "http/1.1";
    boolean old = shared.way.tls() == Way.Tls.V1_2;
    engine = shared.context.createSSLEngine();
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(new String[] {old ? "TLSv1.2" : "TLSv1.3"});
    parameters.setCipherSuites(old ? CIPHERS_1_2 : CIPHERS_1_3);
    parameters.setApplicationProtocols(new String[] {protocol});
    engine.setSSLParameters(parameters);
    engine.beginHandshake();
  }

  @Override
  boolean agreed() throws IOException {
    try {
      return shaken();
    } catch (SSLException e) {
      throw new IOException("TLS: " + e.getMessage(), e);
    }
  }

  private boolean shaken() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> runTasks();
        case NEED_WRAP -> wrap(shared.none);
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!unwrapOne()) {
            return false;
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          return agreedOnProtocol();
        }
      }
    }
  }

  private boolean agreedOnProtocol() throws IOException {
    if (protocol.equals("h2") && !protocol.equals(engine.getApplicationProtocol())) {
      throw new IOException("the server does not agree on HTTP/2");
    }
    return true;
  }

  /** Takes one record of the handshake; false if none is whole yet. */
  private boolean unwrapOne() throws IOException {
    ByteBuffer in = shared.in.clear().put(kept);
    SSLEngineResult result = engine.unwrap(in.flip(), shared.none);
    while (result.getStatus() == Status.BUFFER_UNDERFLOW) {
      in.compact();
      int length = receive(in, READ_BYTES);
      if (length < 0) {
        throw new IOException("TLS: closed in the handshake");
      }
      in.flip();
      if (length == 0) {
        keep(in);
        return false;
      }
      result = engine.unwrap(in, shared.none);
    }
    keep(in);
    if (result.getStatus() == Status.CLOSED) {
      throw new IOException("TLS: closed in the handshake");
    }
    return true;
  }

  private void keep(ByteBuffer in) {
    kept = in.hasRemaining() ? new byte[in.remaining()] : EMPTY;
    in.get(kept);
  }

  private void runTasks() {
    Runnable task = engine.getDelegatedTask();
    while (task != null) {
      task.run();
      task = engine.getDelegatedTask();
    }
  }

  @Override
  int read(ByteBuffer target, int bytesMax) throws IOException {
    ByteBuffer in = shared.in.clear().put(kept);
    int length = receive(in, bytesMax);
    in.flip();
    boolean more = true;
    while (more && in.hasRemaining()) {
      SSLEngineResult result = engine.unwrap(in, target);
      more = result.getStatus() == Status.OK;
      if (result.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING && !shaken()) {
        throw new BadMessageException("the server asks for another handshake");
      }
    }
    keep(in);
    return length;
  }

  @Override
  void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      wrap(bytes);
    }
  }

  private void wrap(ByteBuffer bytes) throws IOException {
    ByteBuffer out = shared.out.clear();
    SSLEngineResult result = engine.wrap(bytes, out);
    if (result.getStatus() != Status.OK && result.bytesProduced() == 0) {
      throw new IOException("TLS: " + result.getStatus());
    }
    send(out.flip());
  }
}
