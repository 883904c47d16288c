package io.weir.relay.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A file in PEM form (RFC 7468), as everyone has them: text around the blocks, a chain of
 * certificates, a key in PKCS #8, PKCS #1 or SEC 1 form, both in one file.
 *
 * <p>The JDK's reader of this form is a preview in JDK 25; it reads PKCS #8 by itself, into which
 * the two older forms are wrapped.
 */
final class PemFile {
  private static final int BYTES_MAX = 1024 * 1024;
  private static final String BEGIN = "-----BEGIN ";
  private static final String DASHES = "-----";

  /** AlgorithmIdentifier of rsaEncryption, with NULL: RFC 8017, appendix A.1. */
  private static final byte[] RSA_ALGORITHM = {
    0x30, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 1, 5, 0
  };

  /** OID id-ecPublicKey: RFC 5480, 2.1.1. */
  private static final byte[] EC_PUBLIC_KEY = {
    6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1
  };

  /** PrivateKeyInfo begins with version 0: RFC 5208, 5. */
  private static final byte[] VERSION_0 = {2, 1, 0};

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Block(String label, byte[] bytes) {}

  private final String name;
  private final List<Block> blocks = new ArrayList<>();

  /**
   * Reads a file.
   *
   * @throws TlsFileException if it cannot be read, or is not in PEM form
   */
  PemFile(Path file) throws TlsFileException {
    this.name = file.toString();
    split(text(file));
    if (blocks.isEmpty()) {
      throw new TlsFileException(name + " has nothing in PEM form (-----BEGIN ...)");
    }
  }

  private String text(Path file) throws TlsFileException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length > BYTES_MAX) {
        throw new TlsFileException(name + " is longer than 1 MiB");
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new TlsFileException("cannot read " + name + ": there is no such file", e);
    } catch (AccessDeniedException e) {
      throw new TlsFileException("cannot read " + name + ": permission denied", e);
    } catch (IOException e) {
      throw new TlsFileException("cannot read " + name + ": " + e.getMessage(), e);
    }
  }

  private void split(String text) throws TlsFileException {
    int begin = text.indexOf(BEGIN);
    while (begin >= 0) {
      int labelEnd = text.indexOf(DASHES, begin + BEGIN.length());
      String label = labelEnd < 0 ? "" : text.substring(begin + BEGIN.length(), labelEnd);
      String endLine = "-----END " + label + DASHES;
      int end = labelEnd < 0 ? -1 : text.indexOf(endLine, labelEnd);
      if (end < 0) {
        throw new TlsFileException(name + " is cut off: a block has no -----END line");
      }
      blocks.add(new Block(label, decoded(text.substring(labelEnd + DASHES.length(), end))));
      begin = text.indexOf(BEGIN, end);
    }
  }

  private byte[] decoded(String base64) throws TlsFileException {
    if (base64.contains("ENCRYPTED")) {
      throw encrypted();
    }
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new TlsFileException(name + " is damaged: " + e.getMessage(), e);
    }
  }

  private TlsFileException encrypted() {
    return new TlsFileException(
        name
            + " is encrypted, and nobody is there to type its password; decrypt it: openssl pkey -in "
            + name
            + " -out PLAIN, and keep that file readable by its owner alone");
  }

  /**
   * The certificates, in their order.
   *
   * @throws TlsFileException if there is none, or one is damaged
   */
  List<X509Certificate> certificates() throws TlsFileException {
    List<X509Certificate> found = new ArrayList<>();
    for (Block block : blocks) {
      if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
        try {
          CertificateFactory factory = CertificateFactory.getInstance("X.509");
          InputStream in = new ByteArrayInputStream(block.bytes);
          found.add((X509Certificate) factory.generateCertificate(in));
        } catch (CertificateException e) {
          throw new TlsFileException(name + " has a damaged certificate: " + e.getMessage(), e);
        }
      }
    }
    if (found.isEmpty()) {
      throw new TlsFileException(name + " has no certificate, but " + blocks.getFirst().label);
    }
    return found;
  }

  /**
   * The first private key.
   *
   * @throws TlsFileException if there is none, or it is encrypted, damaged or of an unknown kind
   */
  PrivateKey key() throws TlsFileException {
    for (Block block : blocks) {
      switch (block.label) {
        case "ENCRYPTED PRIVATE KEY" -> throw encrypted();
        case "PRIVATE KEY" -> {
          return privateKey(block.bytes);
        }
        case "RSA PRIVATE KEY" -> {
          return privateKey(sequence(VERSION_0, RSA_ALGORITHM, tagged(4, block.bytes)));
        }
        case "EC PRIVATE KEY" -> {
          byte[] algorithm = sequence(EC_PUBLIC_KEY, curve(block.bytes));
          return privateKey(sequence(VERSION_0, algorithm, tagged(4, block.bytes)));
        }
        default -> {}
      }
    }
    throw new TlsFileException(name + " has no private key, but " + blocks.getFirst().label);
  }

  private PrivateKey privateKey(byte[] pkcs8) throws TlsFileException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
    try {
      return KeyFactory.getInstance("EC").generatePrivate(spec);
    } catch (GeneralSecurityException notEc) {
      return rsa(spec);
    }
  }

  private PrivateKey rsa(PKCS8EncodedKeySpec spec) throws TlsFileException {
    try {
      return KeyFactory.getInstance("RSA").generatePrivate(spec);
    } catch (GeneralSecurityException e) {
      throw new TlsFileException(
          name + " has a private key that is damaged, or neither RSA nor EC", e);
    }
  }

  /** The OID in the [0] of an ECPrivateKey: RFC 5915, 3. */
  private byte[] curve(byte[] sec1) throws TlsFileException {
    for (int i = 0; i + 4 < sec1.length; i++) {
      int length = sec1[i + 1];
      boolean parameters =
          sec1[i] == (byte) 0xa0
              && sec1[i + 2] == 6
              && sec1[i + 3] == length - 2
              && length > 2
              && i + 2 + length <= sec1.length;
      if (parameters) {
        return Arrays.copyOfRange(sec1, i + 2, i + 2 + length);
      }
    }
    throw new TlsFileException(name + " has an EC key that does not name its curve");
  }

  private static byte[] sequence(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] joined = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, joined, at, part.length);
      at += part.length;
    }
    return tagged(0x30, joined);
  }

  /** A value in DER with its tag and length: ITU-T X.690, 8.1. */
  private static byte[] tagged(int tag, byte[] value) {
    int sizeBytes = value.length < 128 ? 0 : value.length < 256 ? 1 : 2;
    byte[] out = new byte[2 + sizeBytes + value.length];
    out[0] = (byte) tag;
    if (sizeBytes == 0) {
      out[1] = (byte) value.length;
    } else {
      out[1] = (byte) (0x80 | sizeBytes);
      out[1 + sizeBytes] = (byte) value.length;
      out[2] = sizeBytes == 2 ? (byte) (value.length >> 8) : out[2];
    }
    System.arraycopy(value, 0, out, 2 + sizeBytes, value.length);
    return out;
  }
}
