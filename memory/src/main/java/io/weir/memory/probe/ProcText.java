package io.weir.memory.probe;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text of the kernel line by line, and a line field by field, without an object for either.
 * A line that is longer than {@link #LINE_BYTES_MAX} is cut there. Thread: one at a time.
 */
final class ProcText implements Closeable {
  /** A path of PATH_MAX bytes, each escaped as {@code \012}, fits. */
  static final int LINE_BYTES_MAX = 32 << 10;

  /** The kernel hands out a page or so at a time; more is not got by asking for more. */
  private static final int READ_BYTES = 8 << 10;

  private final InputStream in;
  private final String name;
  private final byte[] buffer = new byte[LINE_BYTES_MAX + READ_BYTES];
  private int filled;
  private int next;
  private int lineStart;
  private int cursor;
  private int end;
  private int lines;
  private boolean cut;

  private ProcText(InputStream in, String name) {
    this.in = in;
    this.name = name;
  }

  static ProcText open(Path file) throws IOException {
    return new ProcText(Files.newInputStream(file), file.toString());
  }

  static ProcText of(InputStream in, String name) {
    return new ProcText(in, name);
  }

  /** The first line of a file without its end, or null where it could not be read. */
  static @Nullable String firstLine(Path file) {
    try (ProcText text = open(file)) {
      return text.nextLine() ? text.rest() : "";
    } catch (IOException e) {
      return null;
    }
  }

  /** A file that holds one number, or -1 where it could not be read or is not a number. */
  static long number(Path file) {
    try (ProcText text = open(file)) {
      return text.nextLine() ? text.decimal() : -1;
    } catch (IOException e) {
      return -1;
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Goes to the next line; false where there is none. */
  boolean nextLine() throws IOException {
    if (cut) {
      dropLine();
    }
    int at = next;
    while (true) {
      while (at < filled && at - next < LINE_BYTES_MAX && buffer[at] != '\n') {
        at++;
      }
      if (at < filled || at - next == LINE_BYTES_MAX) {
        break;
      }
      at -= next;
      compact();
      if (!fill()) {
        if (at == 0) {
          return false;
        }
        break;
      }
    }
    cursor = next;
    lineStart = next;
    end = at;
    cut = at - next == LINE_BYTES_MAX;
    next = cut || at == filled ? at : at + 1;
    lines++;
    return true;
  }

  /** Drops what is left of a line that was cut. */
  private void dropLine() throws IOException {
    cut = false;
    while (true) {
      while (next < filled) {
        if (buffer[next++] == '\n') {
          return;
        }
      }
      compact();
      if (!fill()) {
        return;
      }
    }
  }

  private void compact() {
    System.arraycopy(buffer, next, buffer, 0, filled - next);
    filled -= next;
    next = 0;
  }

  private boolean fill() throws IOException {
    int n = in.read(buffer, filled, Math.min(READ_BYTES, buffer.length - filled));
    if (n <= 0) {
      return false;
    }
    filled += n;
    return true;
  }

  /** The next byte of the line, or -1 at its end; does not go on. */
  int peek() {
    return cursor < end ? buffer[cursor] & 0xff : -1;
  }

  /** Back to the beginning of the line. */
  void toStart() {
    cursor = lineStart;
  }

  boolean atEnd() {
    return cursor >= end;
  }

  /** Goes on after {@code prefix}, where the line goes on with it. */
  boolean skip(String prefix) {
    int length = prefix.length();
    if (end - cursor < length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (buffer[cursor + i] != prefix.charAt(i)) {
        return false;
      }
    }
    cursor += length;
    return true;
  }

  void expect(char c) throws UnexpectedTextException {
    if (peek() != c) {
      throw unexpected("'" + c + "'");
    }
    cursor++;
  }

  void skipBlanks() {
    while (cursor < end && (buffer[cursor] == ' ' || buffer[cursor] == '\t')) {
      cursor++;
    }
  }

  /** Goes on to the next blank. */
  void skipWord() {
    while (cursor < end && buffer[cursor] != ' ' && buffer[cursor] != '\t') {
      cursor++;
    }
  }

  /** Leaves {@code n} words and the blanks before each. */
  void skipWords(int n) {
    for (int i = 0; i < n; i++) {
      skipBlanks();
      skipWord();
    }
  }

  /** The next word, or an empty one. */
  String word() {
    skipBlanks();
    int from = cursor;
    skipWord();
    return text(from, cursor);
  }

  /** As {@link #word}, but {@code same} itself where it reads so. */
  String wordLike(String same) {
    skipBlanks();
    int from = cursor;
    if (skip(same) && (atEnd() || buffer[cursor] == ' ')) {
      return same;
    }
    cursor = from;
    return word();
  }

  /** What is left of the line. */
  String rest() {
    int from = cursor;
    cursor = end;
    return text(from, end);
  }

  /** Does what is left of the line read so? */
  boolean restIs(String text) {
    if (end - cursor != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (buffer[cursor + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** A decimal number of at most 63 bits; blanks before it are left out. */
  long decimal() throws UnexpectedTextException {
    skipBlanks();
    int from = cursor;
    long value = 0;
    while (cursor < end && buffer[cursor] >= '0' && buffer[cursor] <= '9') {
      int digit = buffer[cursor] - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        throw unexpected("a number of at most 63 bits");
      }
      value = value * 10 + digit;
      cursor++;
    }
    if (cursor == from) {
      throw unexpected("a number");
    }
    return value;
  }

  /** A number of kibibytes, as bytes. */
  long kibibytes() throws UnexpectedTextException {
    long value = decimal();
    if (value > Long.MAX_VALUE >> 10) {
      throw unexpected("a size of at most 63 bits");
    }
    return value << 10;
  }

  /** A hexadecimal number of at most 64 bits, unsigned. */
  long hex() throws UnexpectedTextException {
    return hex(16);
  }

  /** A hexadecimal number of at most {@code digitsMax} digits. */
  long hex(int digitsMax) throws UnexpectedTextException {
    int from = cursor;
    long value = 0;
    while (cursor < end && cursor - from < digitsMax) {
      int digit = Character.digit(buffer[cursor], 16);
      if (digit < 0) {
        break;
      }
      value = value << 4 | digit;
      cursor++;
    }
    if (cursor == from || (digitsMax == 16 && Character.digit((char) peek(), 16) >= 0)) {
      throw unexpected("a hexadecimal number");
    }
    return value;
  }

  private String text(int from, int to) {
    return printable(new String(buffer, from, to - from, StandardCharsets.UTF_8));
  }

  /**
   * Names come from the process; one with control characters must not be able to steer the terminal
   * of whoever looks at it.
   */
  static String printable(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        StringBuilder clean = new StringBuilder(text);
        for (int j = i; j < clean.length(); j++) {
          if (Character.isISOControl(clean.charAt(j))) {
            clean.setCharAt(j, '?');
          }
        }
        return clean.toString();
      }
    }
    return text;
  }

  UnexpectedTextException unexpected(String wanted) {
    return new UnexpectedTextException(
        name + " does not read as expected in line " + lines + ": no " + wanted);
  }
}
