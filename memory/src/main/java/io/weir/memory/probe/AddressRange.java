package io.weir.memory.probe;

/**
 * Virtual addresses, from {@code start} to before {@code end}; unsigned is not needed, since user
 * space ends below 2^63 on every 64-bit port of Linux.
 */
public record AddressRange(long start, long end) {
  public AddressRange {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "no address range: " + Long.toHexString(start) + "-" + Long.toHexString(end));
    }
  }

  /** Bytes of address space. */
  public long bytes() {
    return end - start;
  }

  /** Is {@code address} within? */
  public boolean contains(long address) {
    return start <= address && address < end;
  }
}
