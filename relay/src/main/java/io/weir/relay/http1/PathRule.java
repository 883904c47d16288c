package io.weir.relay.http1;

/** Dot segments (RFC 3986, 5.2.4), in every spelling that some origin is known to resolve. */
final class PathRule {
  private PathRule() {}

  /** Looks at the path in b[from,to); a query behind it is left alone. */
  static boolean hasDotSegment(byte[] b, int from, int to) {
    int p = from;
    boolean atStart = true;
    while (p < to && b[p] != '?') {
      int separator = separator(b, p, to);
      if (separator > 0) {
        atStart = true;
        p += separator;
      } else if (atStart) {
        int dots = dots(b, p, to);
        if (dots > p && ends(b, dots, to)) {
          return true;
        }
        atStart = false;
      } else {
        p++;
      }
    }
    return false;
  }

  /** The offset behind one or two dots at p, or p. */
  private static int dots(byte[] b, int from, int to) {
    int p = from;
    for (int i = 0; i < 2; i++) {
      if (p < to && b[p] == '.') {
        p++;
      } else if (isEscaped(b, p, to, '2', 'e')) {
        p += 3;
      }
    }
    return p;
  }

  private static boolean ends(byte[] b, int p, int to) {
    return p == to
        || b[p] == '?'
        || b[p] == ';'
        || isEscaped(b, p, to, '3', 'b')
        || separator(b, p, to) > 0;
  }

  /** Bytes of the separator at p, or 0. */
  private static int separator(byte[] b, int p, int to) {
    if (b[p] == '/' || b[p] == '\\') {
      return 1;
    }
    return isEscaped(b, p, to, '2', 'f') || isEscaped(b, p, to, '5', 'c') ? 3 : 0;
  }

  private static boolean isEscaped(byte[] b, int p, int to, char high, char low) {
    return p + 2 < to && b[p] == '%' && b[p + 1] == high && (b[p + 2] | 0x20) == low;
  }
}
