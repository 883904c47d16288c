package io.weir.relay.exchange;

import io.weir.load.RawClient;
import io.weir.relay.tls.ServerTls;
import io.weir.relay.tls.TlsFileException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Clients of the JDK that speak TLS with a relay of a test; they trust whatever they are shown. */
final class TlsClients {
  private TlsClients() {}

  /** TLS of a listener with one certificate. */
  static ServerTls server(TlsPeer.Identity identity, boolean jdk) throws TlsFileException {
    return new ServerTls(settings(List.of(identity), jdk));
  }

  static ServerTls.Settings settings(List<TlsPeer.Identity> identities, boolean jdk) {
    List<ServerTls.Pair> pairs =
        identities.stream().map(i -> new ServerTls.Pair(i.certificate(), i.key())).toList();
    return new ServerTls.Settings(pairs, false, null, false, jdk, List.of("http/1.1"));
  }

  /** A client that speaks {@code version}, such as TLSv1.3. */
  static RawClient connect(int port, String version) throws IOException, GeneralSecurityException {
    return RawClient.over(shake(port, version, null, 0, null));
  }

  /**
   * A connection after its handshake.
   *
   * @param name what it asks for, or null for none
   * @param receiveBytes SO_RCVBUF, or 0
   * @param own what it shows of itself, or null
   */
  static SSLSocket shake(
      int port,
      String version,
      @Nullable String name,
      int receiveBytes,
      TlsPeer.@Nullable Identity own)
      throws IOException, GeneralSecurityException {
    Socket plain = new Socket();
    if (receiveBytes > 0) {
      plain.setReceiveBufferSize(receiveBytes);
    }
    plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    SSLSocket socket =
        (SSLSocket) context(own).getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
    socket.setEnabledProtocols(new String[] {version});
    if (name != null) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(name)));
      socket.setSSLParameters(parameters);
    }
    socket.setSoTimeout(20_000);
    try {
      socket.startHandshake();
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    return socket;
  }

  /** Shakes hands on a connection that the test keeps, to break it. */
  static SSLSocket over(Socket plain, int port) throws IOException, GeneralSecurityException {
    SSLSocket socket =
        (SSLSocket) context(null).getSocketFactory().createSocket(plain, "127.0.0.1", port, false);
    socket.setSoTimeout(20_000);
    socket.startHandshake();
    return socket;
  }

  /** Trusts whatever it is shown. */
  static SSLContext context(TlsPeer.@Nullable Identity own) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    KeyManager[] keys = own == null ? null : own.managers();
    context.init(keys, new TrustManager[] {new TrustsAll()}, null);
    return context;
  }

  private static final class TrustsAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
