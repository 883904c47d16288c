package io.weir.relay.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a server's certificate by the name that the client asks for (SNI, RFC 6066): the first
 * that is for that name and of a kind that the client takes; for other names, and for none, the
 * first of all. The alias is the place in the list. Any thread.
 */
final class KeysByName extends X509ExtendedKeyManager {
  private final List<NamedKey> keys;

  /** At least one; the first is for whoever asks for none of the names. */
  KeysByName(List<NamedKey> keys) {
    this.keys = List.copyOf(keys);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
    return alias(keyType, name(engine));
  }

  /** The place of the key, or null if there is none of that type. */
  @Nullable String alias(String keyType, @Nullable String host) {
    boolean named = false;
    for (int i = 0; i < keys.size() && host != null; i++) {
      NamedKey key = keys.get(i);
      if (key.isFor(host)) {
        named = true;
        if (key.type().equals(keyType)) {
          return Integer.toString(i);
        }
      }
    }
    return !named && keys.getFirst().type().equals(keyType) ? "0" : null;
  }

  private static @Nullable String name(SSLEngine engine) {
    if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
      for (SNIServerName name : session.getRequestedServerNames()) {
        if (name instanceof SNIHostName host) {
          return host.getAsciiName().toLowerCase(Locale.ROOT);
        }
      }
    }
    return null;
  }

  private NamedKey key(String alias) {
    return keys.get(Integer.parseInt(alias));
  }

  @Override
  public X509Certificate[] getCertificateChain(String alias) {
    return key(alias).chain().toArray(new X509Certificate[0]);
  }

  @Override
  public PrivateKey getPrivateKey(String alias) {
    return key(alias).key();
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType, null);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
