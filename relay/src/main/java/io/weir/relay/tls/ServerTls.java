package io.weir.relay.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;
import io.netty.util.ReferenceCountUtil;
import io.weir.relay.endpoint.ChannelEndpoint;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken to clients: certificates, versions, ciphers, who must show a certificate. The
 * files can be read anew while connections run: those keep what they shook hands with. Any thread.
 */
public final class ServerTls implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.weir");

  /** Forward secrecy and authenticated encryption alone, the cheapest first: RFC 9325, 4.2. */
  private static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private static final long SESSION_SECONDS = 7200;

  /** Sessions that the JDK's engine keeps by itself for TLS 1.2 clients without tickets. */
  private static final long JDK_SESSIONS_MAX = 1024;

  /** A certificate and its key, each in a file in PEM form. */
  public record Pair(Path certificate, Path key) {}

  /**
   * What is to be spoken.
   *
   * @param pairs at least one; the first is for clients that ask for none of their names
   * @param tls13Only whether TLS 1.2 is refused
   * @param clientCa whose client certificates are accepted, or null if none is asked for
   * @param clientRequired whether a client without one is refused
   * @param jdkOnly never the native library
   * @param protocols for ALPN, the preferred first; empty for none
   */
  public record Settings(
      List<Pair> pairs,
      boolean tls13Only,
      @Nullable Path clientCa,
      boolean clientRequired,
      boolean jdkOnly,
      List<String> protocols) {}

  private final Settings settings;
  private TicketKeys tickets = new TicketKeys(System.nanoTime());
  private SslContext context;

  /**
   * Reads the files.
   *
   * @throws TlsFileException if one of them cannot be used
   */
  public ServerTls(Settings settings) throws TlsFileException {
    this.settings = settings;
    this.context = context(tickets);
  }

  /**
   * Reads the files anew, for connections that come from now on. If they cannot be used, all stays
   * as it was.
   *
   * @throws TlsFileException if one of them cannot be used
   */
  public synchronized void reload() throws TlsFileException {
    // Who was let in by an authority that is trusted no more must not come again by a ticket.
    TicketKeys next = settings.clientCa == null ? tickets : new TicketKeys(System.nanoTime());
    SslContext fresh = context(next);
    ReferenceCountUtil.release(context);
    context = fresh;
    tickets = next;
  }

  /** An engine for one more client; the caller owns it. */
  public synchronized SSLEngine newEngine() {
    if (tickets.rotate(System.nanoTime()) && sessions(context) != null) {
      use(tickets, context);
    }
    return context.newEngine(ChannelEndpoint.ALLOCATOR);
  }

  /** What is offered for ALPN. */
  public List<String> protocols() {
    return settings.protocols;
  }

  private static @Nullable OpenSslSessionContext sessions(SslContext of) {
    return of.sessionContext() instanceof OpenSslSessionContext sessions ? sessions : null;
  }

  private static void use(TicketKeys tickets, SslContext in) {
    OpenSslSessionContext sessions = sessions(in);
    if (sessions != null) {
      sessions.setSessionCacheEnabled(false);
      tickets.use(sessions);
    }
  }

  private SslContext context(TicketKeys with) throws TlsFileException {
    List<NamedKey> keys = new ArrayList<>();
    for (Pair pair : settings.pairs) {
      NamedKey key = NamedKey.read(pair.certificate, pair.key);
      warnOfDates(pair, key.chain().getFirst());
      keys.add(key);
    }
    boolean native_ = !settings.jdkOnly && OpenSsl.isAvailable();
    KeyManagerFactory factory = new KeyManagerFactoryWrapper(new KeysByName(keys));
    Path clientCa = settings.clientCa;
    List<X509Certificate> authorities =
        clientCa == null ? List.of() : new PemFile(clientCa).certificates();
    SslContextBuilder builder =
        SslContextBuilder.forServer(
                native_ ? new OpenSslCachingX509KeyManagerFactory(factory) : factory)
            .sslProvider(native_ ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK)
            .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
            .protocols(settings.tls13Only ? new String[] {"TLSv1.3"} : BOTH)
            .sessionTimeout(SESSION_SECONDS)
            .sessionCacheSize(JDK_SESSIONS_MAX)
            .applicationProtocolConfig(alpn());
    if (authorities.isEmpty()) {
      builder.trustManager(TrustsNobody.INSTANCE);
    } else {
      builder
          .trustManager(authorities)
          .clientAuth(settings.clientRequired ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL);
    }
    try {
      SslContext fresh = builder.build();
      use(with, fresh);
      return fresh;
    } catch (SSLException e) {
      throw new TlsFileException("cannot set up TLS: " + e.getMessage(), e);
    }
  }

  private static final String[] BOTH = {"TLSv1.3", "TLSv1.2"};

  private @Nullable ApplicationProtocolConfig alpn() {
    return settings.protocols.isEmpty()
        ? ApplicationProtocolConfig.DISABLED
        : new ApplicationProtocolConfig(
            Protocol.ALPN,
            SelectorFailureBehavior.NO_ADVERTISE,
            SelectedListenerFailureBehavior.ACCEPT,
            settings.protocols);
  }

  private static void warnOfDates(Pair pair, X509Certificate own) {
    Instant now = Instant.now();
    Instant from = own.getNotBefore().toInstant();
    Instant to = own.getNotAfter().toInstant();
    if (now.isAfter(to) || now.isBefore(from)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the certificate in {0} is valid from {1} to {2}: clients will refuse it",
          pair.certificate,
          from,
          to);
    }
  }

  /** Gives back what the library holds; engines that run keep what they need. */
  @Override
  public synchronized void close() {
    ReferenceCountUtil.release(context);
  }
}
