package io.weir.relay.http1;

import io.weir.relay.http.Reason;

/**
 * Room to read one trailer section (RFC 9112, 7.1.2); one per event loop serves all its scanners.
 */
public final class TrailerSection {
  /** 8 KiB: trailers are checksums and timings; the head has the larger allowance. */
  public static final int TRAILER_BYTES_MAX = 8 * 1024;

  /** As many fields as a head may have by default. */
  public static final int FIELDS_MAX = 100;

  final int trailerBytesMax;
  final FieldTable fields;

  /** With the default limits. */
  public TrailerSection() {
    this(TRAILER_BYTES_MAX, FIELDS_MAX);
  }

  /** With limits in bytes (last-chunk line included) and field lines. */
  public TrailerSection(int trailerBytesMax, int fieldsMax) {
    this.trailerBytesMax = trailerBytesMax;
    this.fields = new FieldTable(fieldsMax);
  }

  /** Reads the section at b[from]; returns the offset behind it, BAD or MORE. */
  int read(byte[] b, int from, int end) {
    fields.begin(b);
    return fields.section(b, from, end, null);
  }

  int tooLong() {
    return fields.bad(Reason.HEAD_TOO_LARGE, "The trailer section has more bytes than the limit");
  }

  int put(byte[] out, int at) {
    int p = at;
    for (int i = 0; i < fields.count(); i++) {
      if (!fields.known(i).isForbiddenInTrailer()) {
        p = fields.putLine(i, out, p);
      }
    }
    return p;
  }

  void show(FieldReader to) {
    for (int i = 0; i < fields.count(); i++) {
      if (!fields.known(i).isForbiddenInTrailer()) {
        fields.show(i, to);
      }
    }
  }

  int bytesMax() {
    int bytes = 0;
    for (int i = 0; i < fields.count(); i++) {
      bytes += fields.valueTo(i) - fields.nameFrom(i) + 3;
    }
    return bytes;
  }
}
