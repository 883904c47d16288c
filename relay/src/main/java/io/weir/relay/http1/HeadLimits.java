package io.weir.relay.http1;

/**
 * The limits of one message head.
 *
 * @param headBytesMax most bytes of a head, from its first byte (leading empty lines count) through
 *     its empty line
 * @param targetBytesMax most bytes of a request target
 * @param fieldsMax most field lines
 */
public record HeadLimits(int headBytesMax, int targetBytesMax, int fieldsMax) {
  /** 32 KiB, 8 KiB and 100 fields: RFC 9112, 3 asks for at least 8000 octets of request line. */
  public static final HeadLimits DEFAULT = new HeadLimits(32 * 1024, 8 * 1024, 100);

  /** Checks that each limit is at least 1. */
  public HeadLimits {
    if (headBytesMax < 1 || targetBytesMax < 1 || fieldsMax < 1) {
      throw new IllegalArgumentException(
          "headBytesMax, targetBytesMax and fieldsMax must be at least 1, not "
              + headBytesMax
              + ", "
              + targetBytesMax
              + ", "
              + fieldsMax);
    }
  }
}
