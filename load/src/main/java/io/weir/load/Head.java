package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A view of one HTTP/1.1 message head (RFC 9112, 2) in an array of its reader. Fields are looked up
 * in place, so what nobody asks for costs nothing. Valid until the array is written again.
 */
final class Head {
  private final byte[] bytes;
  private final int start;
  private final int end;
  private final String[] startLine;

  /**
   * Parses a start line of three words.
   *
   * @param start index of the first byte
   * @param end index behind the blank line, from {@link #end}
   */
  Head(byte[] bytes, int start, int end) throws BadMessageException {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    int lineEnd = lineEnd(start);
    int first = indexOf(' ', start, lineEnd);
    int second = first < 0 ? -1 : indexOf(' ', first + 1, lineEnd);
    if (first < 0) {
      throw new BadMessageException("start line without a space: " + text(start, lineEnd));
    }
    int middleEnd = second < 0 ? lineEnd : second;
    String last = second < 0 ? "" : text(second + 1, lineEnd);
    startLine = new String[] {text(start, first), text(first + 1, middleEnd), last};
  }

  /**
   * Finds the end of a head.
   *
   * @return the index behind the blank line, or -1 if it has not come yet
   */
  static int end(byte[] bytes, int from, int to) {
    for (int i = from + 3; i < to; i++) {
      if (bytes[i] == '\n'
          && bytes[i - 1] == '\r'
          && bytes[i - 2] == '\n'
          && bytes[i - 3] == '\r') {
        return i + 1;
      }
    }
    return -1;
  }

  /** Returns a word of the start line: 0 method or version, 1 target or status, 2 the rest. */
  String word(int index) {
    return startLine[index];
  }

  /** Returns the first field of this name without white space around it, or null. */
  @Nullable String field(String name) {
    int line = lineEnd(start) + 2;
    while (line < end) {
      int stop = lineEnd(line);
      int colon = line + name.length();
      if (colon < stop && bytes[colon] == ':' && matches(line, name)) {
        return text(colon + 1, stop).trim();
      }
      line = stop + 2;
    }
    return null;
  }

  /** Says whether a comma-separated field has a word, in any case. */
  boolean has(String name, String word) {
    String value = field(name);
    if (value == null) {
      return false;
    }
    for (String part : value.split(",", -1)) {
      if (part.trim().equalsIgnoreCase(word)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns what decodes the body that this head announces (RFC 9112, 6.3).
   *
   * @param untilClose true where a head without length means a body until the peer closes (a
   *     response), false where it means none (a request)
   */
  BodyDecoder body(boolean untilClose) throws BadMessageException {
    String coding = field("Transfer-Encoding");
    if (coding != null) {
      if (!coding.toLowerCase(Locale.ROOT).equals("chunked")) {
        throw new BadMessageException("Transfer-Encoding " + coding + ", only chunked is known");
      }
      return BodyDecoder.chunked();
    }
    String length = field("Content-Length");
    if (length == null) {
      return BodyDecoder.sized(untilClose ? BodyDecoder.UNTIL_CLOSE : 0);
    }
    try {
      return BodyDecoder.sized(Quantity.count(length));
    } catch (IllegalArgumentException e) {
      throw new BadMessageException("Content-Length " + e.getMessage());
    }
  }

  private boolean matches(int at, String name) {
    for (int i = 0; i < name.length(); i++) {
      if (lower(bytes[at + i]) != lower((byte) name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static int lower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b;
  }

  private int lineEnd(int from) {
    int cr = indexOf('\r', from, end);
    return cr < 0 ? end : cr;
  }

  private int indexOf(char wanted, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, ISO_8859_1);
  }
}
