package io.weir.relay.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of keys and certificates as they come, and what is said of those that are no good. */
final class PemFileTest {
  @TempDir private Path directory;

  private Path file(String text) throws Exception {
    return Files.writeString(directory.resolve("file.pem"), text);
  }

  private static String block(String label, byte[] bytes) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 2048})
  void key_inPkcs1_isThatOfPkcs8(int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(bits);
    RSAPrivateCrtKey key = (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
    byte[] pkcs8 = key.getEncoded();
    // PrivateKeyInfo ends with the RSAPrivateKey, which begins with its own tag: 0x30 0x82.
    int from = 26 - (pkcs8[1] == (byte) 0x82 ? 0 : 1);
    byte[] pkcs1 = Arrays.copyOfRange(pkcs8, from, pkcs8.length);

    assertThat(new PemFile(file(block("RSA PRIVATE KEY", pkcs1))).key()).isEqualTo(key);
    assertThat(new PemFile(file("text\n" + block("PRIVATE KEY", pkcs8))).key()).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({"secp256r1,06082a8648ce3d030107", "secp384r1,06052b81040022"})
  void key_inSec1_isThatOfPkcs8(String curve, String oid) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    KeyPair pair = generator.generateKeyPair();
    ECPrivateKey key = (ECPrivateKey) pair.getPrivate();
    byte[] parameters = java.util.HexFormat.of().parseHex(oid);
    byte[] number = fixed(key.getS().toByteArray(), curve.equals("secp256r1") ? 32 : 48);
    ByteArrayOutputStream sec1 = new ByteArrayOutputStream();
    sec1.write(0x30);
    sec1.write(3 + 2 + number.length + 2 + parameters.length);
    sec1.writeBytes(new byte[] {2, 1, 1, 4, (byte) number.length});
    sec1.writeBytes(number);
    sec1.writeBytes(new byte[] {(byte) 0xa0, (byte) parameters.length});
    sec1.writeBytes(parameters);

    String parametersFirst = block("EC PARAMETERS", parameters);
    PrivateKey read =
        new PemFile(file(parametersFirst + block("EC PRIVATE KEY", sec1.toByteArray()))).key();

    assertThat(((ECPrivateKey) read).getS()).isEqualTo(key.getS());
  }

  private static byte[] fixed(byte[] number, int length) {
    byte[] out = new byte[length];
    int n = Math.min(number.length, length);
    System.arraycopy(number, number.length - n, out, length - n, n);
    return out;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          '' | has nothing in PEM form
          -----BEGIN CERTIFICATE-----AAAA | is cut off
          -----BEGIN ENCRYPTED PRIVATE KEY-----AAAA-----END ENCRYPTED PRIVATE KEY----- | is encrypted
          -----BEGIN RSA PRIVATE KEY-----Proc-Type: 4,ENCRYPTED-----END RSA PRIVATE KEY----- | is encrypted
          -----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE----- | has no private key, but CERTIFICATE
          -----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY----- | is damaged, or neither RSA nor EC
          -----BEGIN EC PRIVATE KEY-----AAAA-----END EC PRIVATE KEY----- | does not name its curve
          """)
  void key_thatIsNoGood_isNamedWithTheReason(String text, String reason) throws Exception {
    Path file = file(text);
    assertThatThrownBy(() -> new PemFile(file).key())
        .isInstanceOf(TlsFileException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY----- | has no certificate, but PRIVATE KEY
          -----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE----- | has a damaged certificate
          """)
  void certificate_thatIsNoGood_isNamedWithTheReason(String text, String reason) throws Exception {
    Path file = file(text);
    assertThatThrownBy(() -> new PemFile(file).certificates())
        .isInstanceOf(TlsFileException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void file_thatIsNotThere_isNamed() {
    assertThatThrownBy(() -> new PemFile(directory.resolve("none")))
        .isInstanceOf(TlsFileException.class)
        .hasMessageContaining("there is no such file");
  }
}
