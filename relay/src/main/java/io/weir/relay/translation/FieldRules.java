package io.weir.relay.translation;

import io.netty.util.AsciiString;
import io.weir.relay.http1.Octets;
import org.jspecify.annotations.Nullable;

/**
 * What fields of HTTP/2 must be, to become lines of HTTP/1.1 (RFC 9113, 8.2). Stricter than the
 * RFC's least: a name is a token, so that no two readers can see two different fields.
 */
final class FieldRules {
  private static final AsciiString CONNECTION = AsciiString.cached("connection");
  private static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");
  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  private static final AsciiString TRANSFER_ENCODING = AsciiString.cached("transfer-encoding");
  private static final AsciiString UPGRADE = AsciiString.cached("upgrade");
  private static final AsciiString HTTP2_SETTINGS = AsciiString.cached("http2-settings");
  private static final int DIGITS_MAX = 18;

  private FieldRules() {}

  static boolean isPseudo(CharSequence name) {
    return !name.isEmpty() && name.charAt(0) == ':';
  }

  /** The rule that a field breaks, as a constant sentence, or null. Not for pseudo-fields. */
  static @Nullable String fault(CharSequence name, CharSequence value) {
    if (!isLowerToken(name)) {
      return "A field name is not a token in lower case";
    }
    if (isConnectionSpecific(name)) {
      return "A field is for one connection only, which HTTP/2 has none of";
    }
    return isValue(value) ? null : "A field value has a control character or space around it";
  }

  private static boolean isLowerToken(CharSequence name) {
    int length = name.length();
    for (int i = 0; i < length; i++) {
      char c = name.charAt(i);
      if (c > 0x7f || !Octets.is((byte) c, Octets.TOKEN) || (c >= 'A' && c <= 'Z')) {
        return false;
      }
    }
    return length > 0;
  }

  static boolean isValue(CharSequence value) {
    int length = value.length();
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c > 0xff || !Octets.is((byte) c, Octets.VALUE)) {
        return false;
      }
    }
    return length == 0 || !(isSpace(value.charAt(0)) || isSpace(value.charAt(length - 1)));
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean isConnectionSpecific(CharSequence name) {
    return switch (name.length()) {
      case 7 -> UPGRADE.contentEquals(name);
      case 10 -> CONNECTION.contentEquals(name) || KEEP_ALIVE.contentEquals(name);
      case 14 -> HTTP2_SETTINGS.contentEquals(name);
      case 16 -> PROXY_CONNECTION.contentEquals(name);
      case 17 -> TRANSFER_ENCODING.contentEquals(name);
      default -> false;
    };
  }

  /** The number that stands there in decimal, below 10^18, or -1. */
  static long decimal(CharSequence text) {
    int length = text.length();
    if (length == 0 || length > DIGITS_MAX) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
