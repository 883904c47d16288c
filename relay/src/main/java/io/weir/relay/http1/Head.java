package io.weir.relay.http1;

import io.weir.relay.http.Reason;
import org.jspecify.annotations.Nullable;

/**
 * One message head, read in place from an array of the caller (RFC 9112, 2 to 6).
 *
 * <p>The relay peeks: it hands over the bytes from the head's first byte on, again and again with
 * more of them, until the head is whole. Nothing is remembered between two calls, so one object
 * serves all connections of a loop.
 *
 * <pre>
 *             not whole yet
 *             +-----------+
 *             v           |
 *  bytes --> parse() --> NEED_MORE
 *             | |
 *             | +--> INVALID: fault(), faultDetail(); the accessors mean nothing
 *             v
 *       bytes of the head: the accessors hold until the array changes or parse() is called
 * </pre>
 *
 * <p>One pass, no second opinion: a fault is found at the first byte that breaks a rule, so a
 * prefix of a head either faults as the whole does or needs more. Framing fields are judged where
 * they stand; what depends on several fields is judged at the empty line.
 *
 * <p>Ownership: the array is borrowed, never written, and nothing outside of [from,to) is read.
 * Thread: the event loop that made the object.
 */
public abstract sealed class Head permits RequestHead, ResponseHead {
  /** From parse: the head is not whole yet, and nothing is wrong so far. */
  public static final int NEED_MORE = 0;

  /** From parse: the head is refused, see {@link #fault()}. */
  public static final int INVALID = -1;

  /** Internal results, beside the offset behind what was read. */
  static final int BAD = FieldTable.BAD;

  static final int MORE = FieldTable.MORE;

  private static final byte[] CHUNKED = Octets.ascii("chunked");
  private static final byte[] CLOSE = Octets.ascii("close");
  private static final byte[] KEEP_ALIVE = Octets.ascii("keep-alive");
  private static final byte[] UPGRADE = Octets.ascii("upgrade");
  private static final byte[] VERSION = Octets.ascii("HTTP/");

  final HeadLimits limits;
  final FieldTable fields;
  private final FieldTable.Reader reader = this::field;

  int minorVersion;
  boolean connectionUpgrade;
  private int headFrom;
  private int length;
  private long contentLength;
  private boolean chunked;
  private boolean transferEncoding;
  private boolean codingUnknown;
  private boolean connection;
  private boolean connectionClose;
  private boolean connectionKeepAlive;

  Head(HeadLimits limits) {
    this.limits = limits;
    this.fields = new FieldTable(limits.fieldsMax());
  }

  /**
   * Reads the head that begins at b[from].
   *
   * @return its length in bytes, {@link #NEED_MORE} or {@link #INVALID}
   */
  public final int parse(byte[] b, int from, int to) {
    begin(b, from);
    int end = Math.min(to, from + limits.headBytesMax());
    int p = startLine(b, from, end);
    if (p >= 0) {
      p = fields.section(b, p, end, reader);
    }
    if (p >= 0 && finish(b)) {
      length = p - from;
      return length;
    }
    if (p == MORE) {
      if (end - from < limits.headBytesMax()) {
        return NEED_MORE;
      }
      fields.bad(Reason.HEAD_TOO_LARGE, "The head has more bytes than the limit");
    }
    return INVALID;
  }

  private void begin(byte[] b, int from) {
    fields.begin(b);
    headFrom = from;
    length = 0;
    minorVersion = 1;
    contentLength = -1;
    chunked = false;
    transferEncoding = false;
    codingUnknown = false;
    connection = false;
    connectionClose = false;
    connectionKeepAlive = false;
    connectionUpgrade = false;
    reset();
  }

  /** Forgets the last message. */
  abstract void reset();

  /** Reads through the CRLF of the start line; returns the offset behind it, BAD or MORE. */
  abstract int startLine(byte[] b, int from, int end);

  /** Judges a field at once; false after a fault. Framing fields are judged before this. */
  abstract boolean ownField(byte[] b, int index, KnownField field);

  /** Judges the head as a whole; false after a fault. */
  abstract boolean ownFinish(byte[] b);

  private boolean field(int index, KnownField field) {
    byte[] b = fields.bytes();
    return switch (field) {
      case OTHER -> true;
      case CONTENT_LENGTH -> contentLength(b, index);
      case TRANSFER_ENCODING -> transferEncoding(b, index);
      case CONNECTION -> {
        connection = true;
        yield true;
      }
      default -> ownField(b, index, field);
    };
  }

  /**
   * RFC 9110, 8.6 and RFC 9112, 6.3: one number. A list of equal numbers may be merged; that is
   * refused here, since the next reader may see it otherwise.
   */
  private boolean contentLength(byte[] b, int index) {
    if (contentLength >= 0) {
      return refuse(Reason.BAD_FRAMING, "Content-Length occurs twice");
    }
    if (transferEncoding) {
      return refuse(Reason.BAD_FRAMING, "Content-Length and Transfer-Encoding are both given");
    }
    int from = fields.valueFrom(index);
    int to = fields.valueTo(index);
    long value = 0;
    for (int i = from; i < to; i++) {
      if (!Octets.isDigit(b[i])) {
        return refuse(Reason.BAD_FRAMING, "Content-Length is not a plain number");
      }
      int digit = b[i] - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        return refuse(Reason.BAD_FRAMING, "Content-Length is out of range");
      }
      value = value * 10 + digit;
    }
    if (from == to) {
      return refuse(Reason.BAD_FRAMING, "Content-Length is empty");
    }
    contentLength = value;
    return true;
  }

  /** RFC 9112, 6.1 and 6.3: only chunked, once; anything else is judged when all fields are in. */
  private boolean transferEncoding(byte[] b, int index) {
    if (transferEncoding) {
      return refuse(Reason.BAD_FRAMING, "Transfer-Encoding occurs twice");
    }
    if (contentLength >= 0) {
      return refuse(Reason.BAD_FRAMING, "Content-Length and Transfer-Encoding are both given");
    }
    if (minorVersion == 0) {
      // RFC 9112, 6.1: a 1.0 sender cannot mean it, so the framing is faulty.
      return refuse(Reason.BAD_FRAMING, "Transfer-Encoding is given in an HTTP/1.0 message");
    }
    transferEncoding = true;
    chunked = Octets.equalsLower(b, fields.valueFrom(index), fields.valueTo(index), CHUNKED);
    if (!chunked && countElements(index, CHUNKED) > 1) {
      return refuse(Reason.BAD_FRAMING, "The coding chunked is given twice");
    }
    codingUnknown = !chunked;
    return true;
  }

  private boolean finish(byte[] b) {
    if (codingUnknown) {
      return refuse(Reason.TRANSFER_CODING_UNKNOWN, "Transfer-Encoding is not exactly \"chunked\"");
    }
    return (!connection || connectionOptions(b)) && ownFinish(b);
  }

  /** As many options as fields may be: each is looked for in all fields. */
  private boolean connectionOptions(byte[] b) {
    int options = 0;
    int i = fields.find(KnownField.CONNECTION, 0);
    for (; i >= 0; i = fields.find(KnownField.CONNECTION, i + 1)) {
      int end = fields.valueTo(i);
      for (int p = fields.valueFrom(i); p <= end; ) {
        int comma = elementEnd(b, p, end);
        int from = skipSpace(b, p, comma);
        int to = trimSpace(b, from, comma);
        if (from < to) {
          if (++options > limits.fieldsMax()) {
            return refuse(
                Reason.HEAD_TOO_LARGE, "Connection has more options than the limit of fields");
          }
          connectionOption(b, from, to);
        }
        p = comma + 1;
      }
    }
    return true;
  }

  private void connectionOption(byte[] b, int from, int to) {
    if (Octets.equalsLower(b, from, to, CLOSE)) {
      connectionClose = true;
    } else if (Octets.equalsLower(b, from, to, KEEP_ALIVE)) {
      connectionKeepAlive = true;
    } else if (Octets.equalsLower(b, from, to, UPGRADE)) {
      connectionUpgrade = true;
    } else {
      fields.markNamed(from, to);
    }
  }

  /** How many elements of the list in field {@code index} are {@code lower}, parameters aside. */
  final int countElements(int index, byte[] lower) {
    byte[] b = fields.bytes();
    int end = fields.valueTo(index);
    int found = 0;
    for (int p = fields.valueFrom(index); p <= end; ) {
      int comma = elementEnd(b, p, end);
      int from = skipSpace(b, p, comma);
      int to = from;
      while (to < comma && b[to] != ';') {
        to++;
      }
      if (Octets.equalsLower(b, from, trimSpace(b, from, to), lower)) {
        found++;
      }
      p = comma + 1;
    }
    return found;
  }

  private static int elementEnd(byte[] b, int from, int end) {
    int p = from;
    while (p < end && b[p] != ',') {
      p++;
    }
    return p;
  }

  private static int skipSpace(byte[] b, int from, int end) {
    int p = from;
    while (p < end && (b[p] == ' ' || b[p] == '\t')) {
      p++;
    }
    return p;
  }

  private static int trimSpace(byte[] b, int from, int end) {
    int p = end;
    while (p > from && (b[p - 1] == ' ' || b[p - 1] == '\t')) {
      p--;
    }
    return p;
  }

  /** HTTP-version (RFC 9112, 2.3) at p; returns the offset behind it, BAD or MORE. */
  final int version(byte[] b, int p, int end) {
    for (int i = 0; i < VERSION.length + 3; i++) {
      if (p + i == end) {
        return MORE;
      }
      byte c = b[p + i];
      boolean fits = i < VERSION.length ? c == VERSION[i] : i == 6 ? c == '.' : Octets.isDigit(c);
      if (!fits) {
        return fields.bad(Reason.BAD_REQUEST, "The version is not HTTP/ digit . digit");
      }
    }
    if (b[p + 5] != '1') {
      return fields.bad(Reason.VERSION_NOT_SUPPORTED, "The major version of HTTP is not 1");
    }
    // RFC 9110, 2.5: a higher minor version is read as the highest one known.
    minorVersion = b[p + 7] == '0' ? 0 : 1;
    return p + 8;
  }

  final boolean refuse(Reason reason, String rule) {
    fields.bad(reason, rule);
    return false;
  }

  /**
   * Whether a head of which {@code seen} bytes were parsed in vain is worth another parse: a line
   * has ended since, it has doubled, or it has reached its limit. Lines are limited in number, so a
   * head that trickles in byte by byte costs a bounded number of parses.
   */
  public final boolean worthParsing(byte[] b, int from, int to, int seen) {
    int bytes = to - from;
    if (bytes >= 2L * seen || bytes >= limits.headBytesMax()) {
      return true;
    }
    for (int i = from + seen; i < to; i++) {
      if (b[i] == '\n') {
        return true;
      }
    }
    return false;
  }

  /** Whether the last parse, or a question asked since, found a fault. */
  public final boolean faulted() {
    return fields.faulted();
  }

  /**
   * Why the head is refused.
   *
   * @throws IllegalStateException if it is not
   */
  public Reason fault() {
    return fields.fault();
  }

  /** The rule that was broken, as a constant sentence in ASCII; empty without a fault. */
  public final String faultDetail() {
    return fields.detail();
  }

  /** Bytes of the head, from {@code from} through its empty line. */
  public final int length() {
    return length;
  }

  final int headFrom() {
    return headFrom;
  }

  /** 0 for HTTP/1.0, 1 for HTTP/1.1 and any higher minor version. */
  public final int minorVersion() {
    return minorVersion;
  }

  /** Content-Length in bytes, or -1 where there is none. */
  public final long contentLength() {
    return contentLength;
  }

  /** Whether Transfer-Encoding is chunked. */
  public final boolean chunked() {
    return chunked;
  }

  /** Whether the sender means to keep its connection, by version and options (RFC 9112, 9.3). */
  public final boolean keepAlive() {
    return !connectionClose && (minorVersion == 1 || connectionKeepAlive);
  }

  /** Shows the fields that are meant for the next hop too, in order. */
  public final void endToEnd(FieldReader to) {
    for (int i = 0; i < fields.count(); i++) {
      if (fields.endToEnd(i)) {
        fields.show(i, to);
      }
    }
  }

  /** Number of field lines. */
  public final int fieldCount() {
    return fields.count();
  }

  /** Whether there is such a field line. */
  public final boolean has(KnownField field) {
    return fields.find(field, 0) >= 0;
  }

  /** The value of the first such field line, octet by octet, or null. Allocates: for logs. */
  public final @Nullable String value(KnownField field) {
    int i = fields.find(field, 0);
    return i < 0 ? null : Octets.text(fields.bytes(), fields.valueFrom(i), fields.valueTo(i));
  }

  /**
   * The values of all such field lines, a comma between them (RFC 9110, 5.3); empty without any.
   * Allocates.
   */
  public final String values(KnownField field) {
    StringBuilder all = new StringBuilder();
    for (int i = fields.find(field, 0); i >= 0; i = fields.find(field, i + 1)) {
      all.append(all.isEmpty() ? "" : ", ");
      all.append(Octets.text(fields.bytes(), fields.valueFrom(i), fields.valueTo(i)));
    }
    return all.toString();
  }
}
