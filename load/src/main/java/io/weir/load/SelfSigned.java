package io.weir.load;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate that only its own key has signed, in the files that servers want, made by the JDK's
 * keytool.
 *
 * @param certificate PEM
 * @param key PEM, PKCS #8
 * @param both the two in one file, as HAProxy has it
 * @param store PKCS #12, as Java has it
 */
public record SelfSigned(Path certificate, Path key, Path both, Path store) {
  /** Of {@link #store}. */
  public static final String PASSWORD = "changeit";

  private static final String ALIAS = "self";
  private static final long SECONDS_MAX = 60;

  /**
   * Makes one for 127.0.0.1 and localhost, with a key on P-256.
   *
   * @param folder where its files are written
   * @throws IOException if keytool fails, with what it said
   */
  public static SelfSigned make(Path folder) throws IOException, InterruptedException {
    Path store = folder.resolve("self.p12");
    run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            ALIAS,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "30",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost,ip:127.0.0.1",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass",
            PASSWORD));
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      byte[] certificate = keys.getCertificate(ALIAS).getEncoded();
      byte[] key = keys.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded();
      return write(folder, pem("CERTIFICATE", certificate), pem("PRIVATE KEY", key), store);
    } catch (GeneralSecurityException e) {
      throw new IOException("keytool's file cannot be read: " + e.getMessage(), e);
    }
  }

  private static SelfSigned write(Path folder, String certificate, String key, Path store)
      throws IOException {
    return new SelfSigned(
        Files.writeString(folder.resolve("self.crt"), certificate),
        Files.writeString(folder.resolve("self.key"), key),
        Files.writeString(folder.resolve("self.pem"), certificate + key),
        store);
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    byte[] said;
    try (InputStream in = process.getInputStream()) {
      said = in.readAllBytes();
    }
    if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("keytool: " + new String(said, Charset.defaultCharset()));
    }
  }

  private static String pem(String kind, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n";
  }
}
