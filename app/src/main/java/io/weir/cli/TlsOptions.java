package io.weir.cli;

import io.weir.relay.endpoint.Connector;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginTls;
import io.weir.server.StartException;
import java.io.File;
import java.lang.System.Logger.Level;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The options for https origins. No class of TLS is loaded for a plain one. */
final class TlsOptions {
  private TlsOptions() {}

  static Connector.@Nullable Tls read(Given given, Origin origin)
      throws UsageException, StartException {
    String provider = given.word("--tls-provider", "auto", "native", "jdk");
    boolean insecure = given.has("--insecure-origin");
    String trusted = given.text("--origin-ca");
    if (insecure && trusted != null) {
      throw new UsageException("--insecure-origin and --origin-ca exclude each other");
    }
    if (!origin.tls()) {
      if (insecure || trusted != null) {
        throw new UsageException(
            (insecure ? "--insecure-origin" : "--origin-ca") + ": the origin is not https");
      }
      return null;
    }
    return context(origin, provider, insecure, trusted);
  }

  private static Connector.Tls context(
      Origin origin, String provider, boolean insecure, @Nullable String trusted)
      throws StartException {
    if (provider.equals("native") && !OriginTls.nativeAvailable()) {
      throw new StartException("--tls-provider native: there is no native TLS for this system");
    }
    if (insecure) {
      System.getLogger("io.weir")
          .log(
              Level.WARNING,
              "--insecure-origin: the origin''s certificate is not checked; anybody on the way can"
                  + " pose as {0}",
              origin.authority());
    }
    File file = trusted == null ? null : new File(trusted);
    if (file != null && !file.canRead()) {
      throw new StartException("--origin-ca: cannot read " + trusted);
    }
    try {
      return OriginTls.of(origin, provider.equals("jdk"), insecure, file);
    } catch (SSLException | IllegalArgumentException e) {
      throw new StartException(
          file == null
              ? "cannot set up TLS: " + e.getMessage()
              : "--origin-ca: no certificates in PEM form in " + trusted,
          e);
    }
  }
}
