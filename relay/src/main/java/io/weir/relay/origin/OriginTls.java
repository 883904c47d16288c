package io.weir.relay.origin;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.weir.relay.endpoint.Connector;
import java.io.File;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** TLS towards origins: BoringSSL by netty-tcnative, or the JDK's where that is not to be had. */
public final class OriginTls {
  private OriginTls() {}

  /** Whether the native library can be loaded here. Loads it, so ask only when TLS is wanted. */
  public static boolean nativeAvailable() {
    return OpenSsl.isAvailable();
  }

  /** As the longer form, for HTTP/1.1. */
  public static Connector.Tls of(
      Origin origin, boolean jdkOnly, boolean insecure, @Nullable File trusted)
      throws SSLException {
    return of(origin, jdkOnly, insecure, false, trusted);
  }

  /**
   * Makes what connections to {@code origin} need.
   *
   * @param jdkOnly never the native library
   * @param insecure accepts any certificate for any name: the peer may be anybody
   * @param http2 whether HTTP/2 is asked for, and nothing else
   * @param trusted PEM file of the certificates to trust instead of the JDK's, or null
   * @throws SSLException if the file cannot be used
   */
  public static Connector.Tls of(
      Origin origin, boolean jdkOnly, boolean insecure, boolean http2, @Nullable File trusted)
      throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(
                !jdkOnly && nativeAvailable() ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
            .endpointIdentificationAlgorithm(null);
    if (insecure) {
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
    } else if (trusted != null) {
      builder.trustManager(trusted);
    }
    if (http2) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              ApplicationProtocolConfig.Protocol.ALPN,
              ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
              ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
              ApplicationProtocolNames.HTTP_2));
    }
    SslContext context = builder.build();
    return new Connector.Tls(context, origin.host(), origin.port(), !insecure);
  }
}
