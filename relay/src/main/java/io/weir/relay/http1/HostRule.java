package io.weir.relay.http1;

/**
 * {@code uri-host [ ":" port ]} (RFC 9110, 7.2).
 *
 * <p>Narrower than RFC 3986: no sub-delims in names. No real host has them, and a comma or a
 * semicolon would become a second element in X-Forwarded-Host and Forwarded.
 */
final class HostRule {
  private static final int PORT_MAX = 65_535;

  private HostRule() {}

  static boolean accepts(byte[] b, int from, int to) {
    int end = from < to && b[from] == '[' ? literalEnd(b, from, to) : nameEnd(b, from, to);
    return end > from && (end == to || (b[end] == ':' && isPort(b, end + 1, to)));
  }

  /** The offset behind {@code ]} of an IPv6 address, or -1. IPvFuture and zones are not taken. */
  private static int literalEnd(byte[] b, int from, int to) {
    int colons = 0;
    for (int p = from + 1; p < to; p++) {
      if (b[p] == ']') {
        return colons >= 2 ? p + 1 : -1;
      }
      if (b[p] == ':') {
        colons++;
      } else if (b[p] != '.' && !Octets.is(b[p], Octets.HEX)) {
        return -1;
      }
    }
    return -1;
  }

  private static int nameEnd(byte[] b, int from, int to) {
    int p = from;
    while (p < to) {
      if (Octets.is(b[p], Octets.HOST)) {
        p++;
      } else if (b[p] == '%'
          && p + 2 < to
          && Octets.is(b[p + 1], Octets.HEX)
          && Octets.is(b[p + 2], Octets.HEX)) {
        p += 3;
      } else {
        return p;
      }
    }
    return p;
  }

  /** Digits, none included: RFC 3986, 3.2.3 lets the port be empty. */
  private static boolean isPort(byte[] b, int from, int to) {
    int port = 0;
    for (int p = from; p < to; p++) {
      if (!Octets.isDigit(b[p])) {
        return false;
      }
      port = port * 10 + b[p] - '0';
      if (port > PORT_MAX) {
        return false;
      }
    }
    return true;
  }
}
