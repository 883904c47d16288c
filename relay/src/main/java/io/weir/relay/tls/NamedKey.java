package io.weir.relay.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * A certificate with its key, and the names that it is for. Immutable.
 *
 * @param chain the server's own certificate first
 * @param names in lower case; {@code *.example.org} stands for one label
 */
record NamedKey(PrivateKey key, List<X509Certificate> chain, Set<String> names) {
  private static final int DNS_NAME = 2;

  /**
   * Reads a pair of files.
   *
   * @throws TlsFileException if they cannot be used, or do not belong together
   */
  static NamedKey read(Path certificateFile, Path keyFile) throws TlsFileException {
    List<X509Certificate> chain = new PemFile(certificateFile).certificates();
    PrivateKey key = new PemFile(keyFile).key();
    X509Certificate own = chain.getFirst();
    if (!belongs(key, own)) {
      throw new TlsFileException(
          "the key in " + keyFile + " does not belong to the certificate in " + certificateFile);
    }
    return new NamedKey(key, List.copyOf(chain), names(own));
  }

  /** Whether what the key signs, the certificate's key verifies. */
  private static boolean belongs(PrivateKey key, X509Certificate certificate) {
    if (!key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
      return false;
    }
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    byte[] probe = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Its subject alternative names, else the common name: RFC 6125, 6.4.4. */
  private static Set<String> names(X509Certificate certificate) throws TlsFileException {
    Set<String> names = new LinkedHashSet<>();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        for (List<?> alternative : alternatives) {
          if (alternative.getFirst().equals(DNS_NAME)) {
            names.add(alternative.get(1).toString().toLowerCase(Locale.ROOT));
          }
        }
        return Set.copyOf(names);
      }
      for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (part.getType().equalsIgnoreCase("CN")) {
          names.add(part.getValue().toString().toLowerCase(Locale.ROOT));
        }
      }
      return Set.copyOf(names);
    } catch (CertificateParsingException | InvalidNameException e) {
      throw new TlsFileException("a certificate whose names cannot be read: " + e.getMessage(), e);
    }
  }

  /** Whether it is for that host, in lower case. */
  boolean isFor(String host) {
    if (names.contains(host)) {
      return true;
    }
    int dot = host.indexOf('.');
    return dot > 0 && names.contains("*" + host.substring(dot));
  }

  /** How the TLS library calls the kind of key. */
  String type() {
    return key.getAlgorithm();
  }
}
