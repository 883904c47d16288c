package io.weir.relay.http1;

/** Is shown field lines, as ranges of the array that they stand in. */
public interface FieldReader {
  /** One field: its name is {@code b[nameFrom, nameTo)}, its value without space around it. */
  void field(byte[] b, int nameFrom, int nameTo, int valueFrom, int valueTo);
}
