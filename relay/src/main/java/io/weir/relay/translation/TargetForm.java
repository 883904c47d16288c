package io.weir.relay.translation;

/** How the head in HTTP/1.1 says what a request of HTTP/2 is for (RFC 9112, 3.2). */
public enum TargetForm {
  /** {@code /PATH}: it is for whoever is asked. */
  ORIGIN,
  /** {@code http://HOST/PATH}: whoever is asked is a forward proxy. */
  ABSOLUTE
}
