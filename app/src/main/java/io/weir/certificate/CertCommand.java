package io.weir.certificate;

import io.weir.server.StartException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * {@code weir cert}: makes a key (EC, P-256) and a self-signed certificate for it, by the keytool
 * that comes with every JDK, and writes both in PEM form.
 */
public final class CertCommand {
  private static final String DAYS = "365";
  private static final long KEYTOOL_SECONDS_MAX = 60;
  private static final int LINE_CHARS = 64;

  private CertCommand() {}

  /**
   * Makes {@code cert.pem} and {@code key.pem}, and says how to use them.
   *
   * @throws StartException if it cannot; nothing is overwritten
   */
  public static void run(CertSettings settings, PrintStream out)
      throws StartException, InterruptedException {
    Path certificate = settings.directory().resolve("cert.pem");
    Path key = settings.directory().resolve("key.pem");
    for (Path file : List.of(certificate, key)) {
      if (Files.exists(file)) {
        throw new StartException(file + " is there already: remove it, or give another --out");
      }
    }
    try {
      make(settings, certificate, key);
    } catch (FileAlreadyExistsException e) {
      throw new StartException(e.getMessage() + " is there already", e);
    } catch (IOException | GeneralSecurityException e) {
      throw new StartException("cannot make a certificate: " + e.getMessage(), e);
    }
    out.println("made " + certificate + " and " + key + ", good for " + DAYS + " days");
    out.println("serve: weir serve --to URL --tls-cert " + certificate + " --tls-key " + key);
    out.println("ask:   curl --cacert " + certificate + " https://" + settings.names().getFirst());
  }

  private static void make(CertSettings settings, Path certificate, Path key)
      throws IOException, GeneralSecurityException, InterruptedException {
    Path directory = Files.createTempDirectory("weir-cert");
    Path store = directory.resolve("store.p12");
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    String password = HexFormat.of().formatHex(secret);
    try {
      keytool(settings.names(), store, password);
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        keys.load(in, password.toCharArray());
      }
      Key made = keys.getKey("weir", password.toCharArray());
      Certificate self = keys.getCertificate("weir");
      write(key, "PRIVATE KEY", made.getEncoded(), "rw-------");
      write(certificate, "CERTIFICATE", self.getEncoded(), "rw-r--r--");
    } finally {
      Files.deleteIfExists(store);
      Files.deleteIfExists(directory);
    }
  }

  private static void keytool(List<String> names, Path store, String password)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of("-genkeypair", "-alias", "weir", "-keyalg", "EC"));
    words.addAll(List.of("-groupname", "secp256r1", "-validity", DAYS));
    words.addAll(List.of("-dname", "CN=" + names.getFirst().replace(",", "\\,")));
    words.addAll(List.of("-ext", "san=" + alternatives(names)));
    words.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString()));
    words.addAll(List.of("-storepass:env", "WEIR_CERT_SECRET"));
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("WEIR_CERT_SECRET", password); // a command line can be read by all
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(KEYTOOL_SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("keytool did not end");
    }
    if (process.exitValue() != 0) {
      throw new IOException("keytool: " + said.strip());
    }
  }

  private static String alternatives(List<String> names) {
    StringBuilder text = new StringBuilder();
    for (String name : names) {
      text.append(text.isEmpty() ? "" : ",").append(isAddress(name) ? "ip:" : "dns:").append(name);
    }
    return text.toString();
  }

  private static boolean isAddress(String name) {
    try {
      InetAddress.ofLiteral(name);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Made with these permissions, not given them afterwards: nobody reads it in between. */
  private static void write(Path file, String label, byte[] bytes, String permissions)
      throws IOException {
    Set<PosixFilePermission> who = PosixFilePermissions.fromString(permissions);
    FileAttribute<?> attribute = PosixFilePermissions.asFileAttribute(who);
    Base64.Encoder encoder = Base64.getMimeEncoder(LINE_CHARS, new byte[] {'\n'});
    String text =
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(label, encoder.encodeToString(bytes), label);
    var channel =
        Files.newByteChannel(
            file, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attribute);
    try (OutputStream to = java.nio.channels.Channels.newOutputStream(channel)) {
      to.write(text.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
