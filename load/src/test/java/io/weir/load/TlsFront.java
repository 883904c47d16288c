package io.weir.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** TLS in front of a server that has none: two virtual threads a connection. */
final class TlsFront implements AutoCloseable {
  private final SSLServerSocket listener;
  private final int port;

  private TlsFront(SSLServerSocket listener, int port) {
    this.listener = listener;
    this.port = port;
  }

  /**
   * Starts one.
   *
   * @param port where the server is
   * @param protocols that it agrees on, by ALPN
   */
  static TlsFront start(Path folder, int port, String... protocols) throws Exception {
    SelfSigned self = SelfSigned.make(folder);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(self.store())) {
      keys.load(in, SelfSigned.PASSWORD.toCharArray());
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, SelfSigned.PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    InetAddress loopback = InetAddress.getLoopbackAddress();
    SSLServerSocket listener =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 200, loopback);
    SSLParameters parameters = listener.getSSLParameters();
    parameters.setApplicationProtocols(protocols);
    listener.setSSLParameters(parameters);
    TlsFront front = new TlsFront(listener, port);
    Thread.ofVirtual().start(front::accept);
    return front;
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        SSLSocket client = (SSLSocket) listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        Thread.ofVirtual().start(() -> pipe(client, server));
        Thread.ofVirtual().start(() -> pipe(server, client));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private static void pipe(Socket from, Socket to) {
    try (from;
        to) {
      OutputStream out = to.getOutputStream();
      from.getInputStream().transferTo(out);
    } catch (IOException e) {
      // One of the two has ended: both are closed.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
