package io.weir.cli;

import io.weir.relay.endpoint.Connector;
import io.weir.relay.origin.Origin;
import io.weir.relay.origin.OriginTls;
import io.weir.relay.tls.ServerTls;
import io.weir.server.StartException;
import java.io.File;
import java.lang.System.Logger.Level;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The options for TLS, to clients and to https origins. No class of TLS is loaded where none is
 * spoken.
 */
final class TlsOptions {
  private TlsOptions() {}

  static void addOrigin(Options options) {
    options
        .flag(
            "--insecure-origin",
            "Accept any certificate of an https origin: anybody on the way can pose as the origin,"
                + " read and change everything.")
        .value(
            "--origin-ca",
            "FILE",
            "Trust the certificates in this PEM file for the origin, not the JDK's.")
        .value(
            "--tls-provider",
            "WHICH",
            "auto",
            "What speaks TLS: auto, native (BoringSSL) or jdk; auto is native where there is one.");
  }

  static void addListener(Options options) {
    options
        .values(
            "--tls-cert",
            "FILE",
            "Speak TLS at every --listen, with the certificate and its chain in this PEM file. Where"
                + " there are several, the client gets the one for the name it asks for, else the"
                + " first. SIGHUP reads the files anew.")
        .values(
            "--tls-key", "FILE", "The key of the --tls-cert in the same place: PEM, not encrypted.")
        .values("--plain-listen", "[HOST:]PORT", "Listen here too, without TLS.")
        .value("--tls-min", "VERSION", "1.2", "Oldest version that clients may speak: 1.2 or 1.3.")
        .value(
            "--client-ca",
            "FILE",
            "Ask clients for a certificate of an authority in this PEM file.")
        .value(
            "--client-cert",
            "WHICH",
            "required",
            "What of clients without one: required or optional; with --client-ca.");
  }

  /** What is spoken to clients, or null for no TLS. No file is read. */
  static ServerTls.@Nullable Settings readListener(Given given) throws UsageException {
    List<String> certificates = given.texts("--tls-cert");
    List<String> keys = given.texts("--tls-key");
    String minimum = given.word("--tls-min", "1.2", "1.3");
    String clients = given.word("--client-cert", "required", "optional");
    String clientCa = given.text("--client-ca");
    if (certificates.size() != keys.size()) {
      throw new UsageException(
          "--tls-cert is given "
              + certificates.size()
              + " times and --tls-key "
              + keys.size()
              + " times: give each certificate its key");
    }
    if (certificates.isEmpty()) {
      for (String needs : List.of("--tls-min", "--client-ca", "--client-cert", "--plain-listen")) {
        if (given.has(needs)) {
          throw new UsageException(needs + " needs --tls-cert and --tls-key");
        }
      }
      return null;
    }
    if (given.has("--client-cert") && clientCa == null) {
      throw new UsageException("--client-cert needs --client-ca FILE: whose certificates?");
    }
    List<ServerTls.Pair> pairs = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      pairs.add(
          new ServerTls.Pair(
              path("--tls-cert", certificates.get(i)), path("--tls-key", keys.get(i))));
    }
    return new ServerTls.Settings(
        pairs,
        minimum.equals("1.3"),
        clientCa == null ? null : path("--client-ca", clientCa),
        clients.equals("required"),
        given.word("--tls-provider", "auto", "native", "jdk").equals("jdk"),
        given.has("--no-http2") ? List.of("http/1.1") : List.of("h2", "http/1.1"));
  }

  private static Path path(String name, String text) throws UsageException {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new UsageException(name + ": '" + text + "' is no file name: " + e.getMessage());
    }
  }

  static Connector.@Nullable Tls read(Given given, Origin origin)
      throws UsageException, StartException {
    String provider = given.word("--tls-provider", "auto", "native", "jdk");
    boolean insecure = given.has("--insecure-origin");
    String trusted = given.text("--origin-ca");
    boolean spoken = origin.tls() || given.has("--tls-cert");
    if (spoken && provider.equals("native") && !OriginTls.nativeAvailable()) {
      throw new StartException("--tls-provider native: there is no native TLS for this system");
    }
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
    return context(origin, provider, insecure, given.has("--origin-http2"), trusted);
  }

  private static Connector.Tls context(
      Origin origin, String provider, boolean insecure, boolean http2, @Nullable String trusted)
      throws StartException {
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
      return OriginTls.of(origin, provider.equals("jdk"), insecure, http2, file);
    } catch (SSLException | IllegalArgumentException e) {
      throw new StartException(
          file == null
              ? "cannot set up TLS: " + e.getMessage()
              : "--origin-ca: no certificates in PEM form in " + trusted,
          e);
    }
  }
}
