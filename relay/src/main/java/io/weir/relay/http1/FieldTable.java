package io.weir.relay.http1;

import io.weir.relay.http.Reason;
import org.jspecify.annotations.Nullable;

/**
 * The field lines of one head or trailer section, as ranges of the caller's array (RFC 9112, 5).
 *
 * <p>Strict: {@code token ":" OWS value OWS CRLF} and nothing else. Faults are found in the order
 * of the bytes, and never by what follows, so that a prefix cannot fault differently from the
 * whole. The array is borrowed until {@link #begin} is called again.
 */
final class FieldTable {
  /** Internal results, beside the offset behind what was read. */
  static final int BAD = -1;

  static final int MORE = -2;

  /** Told of each whole field line; answers false after it has called {@link #bad}. */
  interface Reader {
    boolean field(int index, KnownField field);
  }

  private static final byte[] NOTHING = {};

  private final int[] nameFrom;
  private final int[] nameTo;
  private final int[] valueFrom;
  private final int[] valueTo;
  private final int[] nameHash;
  private final KnownField[] known;
  private final boolean[] named;
  private byte[] bytes = NOTHING;
  private int count;
  private @Nullable Reason fault;
  private String detail = "";

  FieldTable(int fieldsMax) {
    nameFrom = new int[fieldsMax];
    nameTo = new int[fieldsMax];
    valueFrom = new int[fieldsMax];
    valueTo = new int[fieldsMax];
    nameHash = new int[fieldsMax];
    known = new KnownField[fieldsMax];
    named = new boolean[fieldsMax];
  }

  void begin(byte[] b) {
    bytes = b;
    count = 0;
    fault = null;
    detail = "";
  }

  /** Notes why the bytes are refused and returns {@link #BAD}. */
  int bad(Reason reason, String rule) {
    fault = reason;
    detail = rule;
    return BAD;
  }

  boolean faulted() {
    return fault != null;
  }

  Reason fault() {
    if (fault == null) {
      throw new IllegalStateException("asked for a fault where there is none");
    }
    return fault;
  }

  String detail() {
    return detail;
  }

  /** Reads field lines up to and with the empty line; returns the offset behind it, BAD or MORE. */
  int section(byte[] b, int from, int end, @Nullable Reader reader) {
    int p = from;
    while (p < end) {
      byte c = b[p];
      if (c == '\r') {
        return crlf(b, p, end);
      }
      if (c == ' ' || c == '\t') {
        // RFC 9112, 5.2: obs-fold; and 2.2: whitespace before the first field.
        return bad(Reason.BAD_FRAMING, "A field line must not begin with whitespace");
      }
      if (count == known.length) {
        return bad(Reason.HEAD_TOO_LARGE, "There are more fields than the limit");
      }
      p = line(b, p, end);
      if (p < 0) {
        return p;
      }
      if (reader != null && !reader.field(count - 1, known[count - 1])) {
        return BAD;
      }
    }
    return MORE;
  }

  private int line(byte[] b, int from, int end) {
    byte[] octetClass = Octets.CLASS;
    int p = from;
    int hash = 0;
    while (p < end && (octetClass[b[p] & 0xff] & Octets.TOKEN) != 0) {
      hash = 31 * hash + (b[p] | 0x20);
      p++;
    }
    if (p == end) {
      return MORE;
    }
    if (b[p] != ':' || p == from) {
      return badName(b[p], p == from);
    }
    int colon = p++;
    while (p < end && (b[p] == ' ' || b[p] == '\t')) {
      p++;
    }
    int value = p;
    while (p < end && (octetClass[b[p] & 0xff] & Octets.VALUE) != 0) {
      p++;
    }
    int next = lineEnd(b, p, end);
    if (next < 0) {
      return next;
    }
    while (p > value && (b[p - 1] == ' ' || b[p - 1] == '\t')) {
      p--;
    }
    int i = count++;
    nameFrom[i] = from;
    nameTo[i] = colon;
    valueFrom[i] = value;
    valueTo[i] = p;
    nameHash[i] = hash;
    named[i] = false;
    known[i] = KnownField.of(b, from, colon, hash);
    return next;
  }

  private int badName(byte c, boolean empty) {
    if (c == '\n') {
      return bad(Reason.BAD_FRAMING, "A line ends with LF alone instead of CRLF");
    }
    if (empty) {
      return bad(Reason.BAD_REQUEST, "A field name must begin with a token character");
    }
    if (c == ' ' || c == '\t') {
      // RFC 9112, 5.1: a server must reject it, since readers differ.
      return bad(Reason.BAD_FRAMING, "There is whitespace between a field name and its colon");
    }
    if (c == '\r') {
      return bad(Reason.BAD_REQUEST, "A field line has no colon");
    }
    return bad(Reason.BAD_REQUEST, "A field name holds a byte that is not a token character");
  }

  /** The end of a line whose content ended at p because b[p] cannot be content. */
  int lineEnd(byte[] b, int p, int end) {
    if (p == end) {
      return MORE;
    }
    if (b[p] == '\r') {
      return crlf(b, p, end);
    }
    if (b[p] == '\n') {
      // RFC 9112, 2.2 lets a recipient take LF alone; two readers then differ, so this one does
      // not.
      return bad(Reason.BAD_FRAMING, "A line ends with LF alone instead of CRLF");
    }
    return bad(Reason.BAD_REQUEST, "A line holds a control character");
  }

  /** CRLF at p, where b[p] is known to be CR. */
  int crlf(byte[] b, int p, int end) {
    if (p + 1 == end) {
      return MORE;
    }
    if (b[p + 1] != '\n') {
      return bad(Reason.BAD_FRAMING, "A CR is not followed by LF");
    }
    return p + 2;
  }

  /** Marks the fields that a Connection option in b[from,to) names (RFC 9110, 7.6.1). */
  void markNamed(int from, int to) {
    int hash = Octets.hash(bytes, from, to);
    int length = to - from;
    for (int i = 0; i < count; i++) {
      if (nameHash[i] == hash
          && nameTo[i] - nameFrom[i] == length
          && Octets.equalsAnyCase(bytes, nameFrom[i], from, length)) {
        named[i] = !known[i].isKept();
      }
    }
  }

  int count() {
    return count;
  }

  byte[] bytes() {
    return bytes;
  }

  KnownField known(int i) {
    return known[i];
  }

  /** Whether field i goes to the next hop as it came, but for what a writer says itself. */
  boolean endToEnd(int i) {
    return !named[i] && !known[i].isHopByHop();
  }

  int nameFrom(int i) {
    return nameFrom[i];
  }

  int nameTo(int i) {
    return nameTo[i];
  }

  int valueFrom(int i) {
    return valueFrom[i];
  }

  int valueTo(int i) {
    return valueTo[i];
  }

  /** The first field of that kind at or behind {@code start}, or -1. */
  int find(KnownField field, int start) {
    for (int i = start; i < count; i++) {
      if (known[i] == field) {
        return i;
      }
    }
    return -1;
  }

  void show(int i, FieldReader to) {
    to.field(bytes, nameFrom[i], nameTo[i], valueFrom[i], valueTo[i]);
  }

  /** Writes {@code name ": " value CRLF}: at most one byte more than the line that was read. */
  int putLine(int i, byte[] out, int at) {
    int from = nameFrom[i];
    int colon = nameTo[i];
    if (valueFrom[i] == colon + 2 && bytes[colon + 1] == ' ') {
      return Octets.putCrlf(out, Octets.put(bytes, from, valueTo[i], out, at));
    }
    int p = Octets.put(bytes, from, colon, out, at);
    out[p++] = ':';
    out[p++] = ' ';
    return Octets.putCrlf(out, putValue(i, out, p));
  }

  int putValue(int i, byte[] out, int at) {
    return Octets.put(bytes, valueFrom[i], valueTo[i], out, at);
  }
}
