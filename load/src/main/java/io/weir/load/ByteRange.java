package io.weir.load;

/**
 * A single range of a file (RFC 9110, 14.1.2), both ends included.
 *
 * @param first position of the first byte
 * @param last position of the last byte
 */
record ByteRange(long first, long last) {
  /** The whole file: there was no range, or one that a server may ignore. */
  static final ByteRange NONE = new ByteRange(0, -1);

  /** A range that begins behind the file's end: 416. */
  static final ByteRange UNSATISFIABLE = new ByteRange(-1, -1);

  long length() {
    return last - first + 1;
  }

  /**
   * Parses the field's value. Several ranges, other units and bad syntax are {@link #NONE}, as the
   * RFC allows.
   *
   * @param size of the file, in bytes
   */
  static ByteRange parse(String field, long size) {
    if (!field.startsWith("bytes=")) {
      return NONE;
    }
    String range = field.substring("bytes=".length()).trim();
    int dash = range.indexOf('-');
    try {
      if (dash < 0 || range.indexOf(',') >= 0) {
        return NONE;
      }
      if (dash == 0) {
        return suffix(Quantity.count(range.substring(1)), size);
      }
      long first = Quantity.count(range.substring(0, dash));
      boolean open = dash == range.length() - 1;
      long last = open ? Long.MAX_VALUE : Quantity.count(range.substring(dash + 1));
      if (last < first) {
        return NONE;
      }
      return first >= size ? UNSATISFIABLE : new ByteRange(first, Math.min(last, size - 1));
    } catch (IllegalArgumentException e) {
      return NONE;
    }
  }

  private static ByteRange suffix(long length, long size) {
    if (length == 0 || size == 0) {
      return UNSATISFIABLE;
    }
    return new ByteRange(Math.max(0, size - length), size - 1);
  }
}
