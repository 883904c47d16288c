package io.weir.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * As much of HPACK (RFC 7541) as a client needs that has told its peer to keep no table: what it
 * sends are literals, what it gets are entries of the static table and literals, of which it reads
 * the numbers alone.
 *
 * <pre>
 *   1iiiiiii  entry i        01iiiiii, 000xiiii  literal, name of entry i or (0) literal too
 *   001xxxxx  size of the table, which is 0
 *   string:   hlllllll, l bytes, Huffman's if h
 * </pre>
 */
final class Hpack {
  private static final int AUTHORITY = 1;
  private static final int METHOD_GET = 2;
  private static final int PATH = 4;
  private static final int SCHEME_HTTP = 6;
  private static final int SCHEME_HTTPS = 7;
  private static final int STATUS_FIRST = 8;
  private static final int STATUS_LAST = 14;
  private static final int CONTENT_LENGTH = 28;
  private static final int CONTENT_RANGE = 30;
  private static final int STATIC_LAST = 61;
  private static final String[] STATUS = {"200", "204", "206", "304", "400", "404", "500"};

  /** More bits than a number's continuation may have. */
  private static final int SHIFT_MAX = 28;

  private final byte[] block;
  private int at;

  /**
   * What a response's fields say.
   *
   * @param status or empty: these are trailers
   * @param contentLength or -1
   */
  record Fields(String status, long contentLength) {}

  private Hpack(byte[] block) {
    this.block = block;
  }

  /** A GET's fields. */
  static byte[] get(boolean https, String authority, String path) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0x80 | METHOD_GET);
    out.write(0x80 | (https ? SCHEME_HTTPS : SCHEME_HTTP));
    literal(out, AUTHORITY, authority);
    literal(out, PATH, path);
    return out.toByteArray();
  }

  private static void literal(ByteArrayOutputStream out, int name, String value) {
    out.write(name);
    byte[] bytes = value.getBytes(ISO_8859_1);
    if (bytes.length < 0x7f) {
      out.write(bytes.length);
    } else {
      out.write(0x7f);
      int rest = bytes.length - 0x7f;
      for (; rest >= 0x80; rest >>>= 7) {
        out.write(rest | 0x80);
      }
      out.write(rest);
    }
    out.writeBytes(bytes);
  }

  /** Reads a response's fields. */
  static Fields fields(byte[] block) throws BadMessageException {
    return new Hpack(block).read();
  }

  private Fields read() throws BadMessageException {
    String status = "";
    long length = -1;
    while (at < block.length) {
      int first = block[at] & 0xff;
      if (first >= 0x80) {
        int entry = known(number(7));
        status = isStatus(entry) ? STATUS[entry - STATUS_FIRST] : status;
        continue;
      }
      if ((first & 0xe0) == 0x20) {
        number(5);
        continue;
      }
      int name = known(number(first >= 0x40 ? 6 : 4));
      if (name == 0) {
        string(false);
      }
      boolean wanted = isStatus(name) || name == CONTENT_LENGTH;
      String value = string(wanted);
      if (name == CONTENT_RANGE) {
        throw new BadMessageException("a range that was not asked for");
      }
      if (isStatus(name)) {
        status = String.valueOf(value);
      } else if (name == CONTENT_LENGTH) {
        length = length(String.valueOf(value));
      }
    }
    return new Fields(status, length);
  }

  private static boolean isStatus(int entry) {
    return entry >= STATUS_FIRST && entry <= STATUS_LAST;
  }

  private static int known(int entry) throws BadMessageException {
    if (entry > STATIC_LAST) {
      throw new BadMessageException("HPACK: entry " + entry + " of a table of 0 bytes");
    }
    return entry;
  }

  private static long length(String text) throws BadMessageException {
    try {
      return Quantity.count(text);
    } catch (IllegalArgumentException e) {
      throw new BadMessageException("content-length " + e.getMessage());
    }
  }

  /** A number whose first byte has this many bits of it (RFC 7541, 5.1). */
  private int number(int bits) throws BadMessageException {
    int max = (1 << bits) - 1;
    int value = next() & max;
    if (value < max) {
      return value;
    }
    for (int shift = 0; shift <= SHIFT_MAX; shift += 7) {
      int more = next();
      value += (more & 0x7f) << shift;
      if (more < 0x80 && value >= 0) {
        return value;
      }
    }
    throw new BadMessageException("HPACK: a number too large");
  }

  private int next() throws BadMessageException {
    if (at == block.length) {
      throw new BadMessageException("HPACK: fields that end in the middle");
    }
    return block[at++] & 0xff;
  }

  /** A string; its text where it is wanted, and then it must be digits if Huffman's. */
  private @Nullable String string(boolean wanted) throws BadMessageException {
    boolean huffman = at < block.length && (block[at] & 0x80) != 0;
    int length = number(7);
    if (length > block.length - at) {
      throw new BadMessageException("HPACK: fields that end in the middle");
    }
    int from = at;
    at += length;
    if (!wanted) {
      return null;
    }
    return huffman ? digits(from, length) : new String(block, from, length, ISO_8859_1);
  }

  /**
   * Digits in Huffman's code (RFC 7541, appendix B): 0 to 2 are 00000 to 00010, 3 to 9 are 011001
   * to 011111; the rest of the last byte is ones.
   */
  private String digits(int from, int length) throws BadMessageException {
    StringBuilder text = new StringBuilder();
    int end = 8 * length;
    int bit = 0;
    while (end - bit >= 5) {
      int five = bits(from, bit, 5);
      if (five <= 2) {
        text.append((char) ('0' + five));
        bit += 5;
        continue;
      }
      int six = end - bit >= 6 ? bits(from, bit, 6) : 0;
      if (six >= 0x19 && six <= 0x1f) {
        text.append((char) ('3' + six - 0x19));
        bit += 6;
      } else if (end - bit < 8 && five == 0x1f) {
        break; // padding
      } else {
        throw new BadMessageException("HPACK: no digit where a number should be");
      }
    }
    return text.toString();
  }

  private int bits(int from, int first, int count) {
    int value = 0;
    for (int i = first; i < first + count; i++) {
      value = value << 1 | (block[from + i / 8] >> (7 - i % 8) & 1);
    }
    return value;
  }
}
