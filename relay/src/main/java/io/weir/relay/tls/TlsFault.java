package io.weir.relay.tls;

import io.weir.relay.endpoint.Connector;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;

/** Says in a clause what an engine has against a peer. */
final class TlsFault {
  private TlsFault() {}

  static String text(Throwable fault) {
    String message = Connector.message(fault);
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException) {
        return "the certificate has expired, " + message;
      }
      if (cause instanceof CertificateNotYetValidException) {
        return "the certificate is not valid yet, " + message;
      }
    }
    return message;
  }
}
