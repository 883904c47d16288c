package io.weir.relay.tls;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/**
 * For a server that asks no client for a certificate: the library would else load all authorities
 * of the JDK and name them to clients.
 */
final class TrustsNobody implements X509TrustManager {
  static final TrustsNobody INSTANCE = new TrustsNobody();

  private TrustsNobody() {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("no client certificate was asked for");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("a server does not check servers");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
