package io.weir.load;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * An endless byte sequence that a seed alone defines, to send on one side and to check on the
 * other.
 *
 * <p>Byte {@code i} is {@code table[i mod 65521]}, and the table comes from the seed by SplitMix64
 * (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014). The period
 * is a prime, so it is out of step with every buffer, page, chunk and pipe size: a block that was
 * lost, repeated or moved by anything but a multiple of 65,521 bytes shows as a mismatch.
 *
 * <p>Immutable, usable from any thread. It costs about 1 MiB: the table is laid out {@value
 * #PERIODS} times in a row, once on the heap and once outside, so that long ranges are sent by one
 * system call and compared by one vector loop.
 */
public final class SeededBytes {
  /** Bytes after which the sequence repeats: the largest prime below 65,536. */
  public static final int PERIOD_BYTES = 65_521;

  /**
   * The longest slice that {@link #slice} gives, in bytes. One period less than the layout, since a
   * slice may begin anywhere in the first period.
   */
  public static final int SLICE_BYTES_MAX = (SeededBytes.PERIODS - 1) * PERIOD_BYTES;

  /**
   * Copies of the table: 8 make a slice of 458,647 bytes, beyond which larger writes gain nothing.
   */
  private static final int PERIODS = 8;

  private final long seed;
  private final byte[] table;
  private final ByteBuffer direct;

  /**
   * Makes the sequence of a seed.
   *
   * @param seed any value; equal seeds give equal sequences
   */
  public SeededBytes(long seed) {
    this.seed = seed;
    byte[] layout = new byte[PERIODS * PERIOD_BYTES];
    long state = seed;
    for (int i = 0; i < PERIOD_BYTES; i += Long.BYTES) {
      state += 0x9E3779B97F4A7C15L;
      long mixed = mix(state);
      for (int k = 0; k < Long.BYTES && i + k < PERIOD_BYTES; k++) {
        layout[i + k] = (byte) (mixed >>> (8 * k));
      }
    }
    for (int copy = 1; copy < PERIODS; copy++) {
      System.arraycopy(layout, 0, layout, copy * PERIOD_BYTES, PERIOD_BYTES);
    }
    this.table = layout;
    this.direct = ByteBuffer.allocateDirect(layout.length).put(layout).clear().asReadOnlyBuffer();
  }

  private static long mix(long state) {
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Returns the seed that this sequence was made of. */
  public long seed() {
    return seed;
  }

  /**
   * Returns the byte at a position of the sequence.
   *
   * @param position in bytes, 0 or more
   */
  public byte at(long position) {
    return table[offset(position)];
  }

  /**
   * Fills a whole array with the sequence from a position on.
   *
   * @param target overwritten from its first to its last byte
   * @param position of the sequence's byte that goes to {@code target[0]}
   */
  public void fill(byte[] target, long position) {
    fill(target, 0, target.length, position);
  }

  /**
   * Fills a range of an array with the sequence from a position on.
   *
   * @param target overwritten from {@code from} on
   * @param from first index to write
   * @param length bytes to write
   * @param position of the sequence's byte that goes to {@code target[from]}
   */
  public void fill(byte[] target, int from, int length, long position) {
    Objects.checkFromIndexSize(from, length, target.length);
    for (int done = 0; done < length; ) {
      int offset = offset(position + done);
      int span = Math.min(length - done, table.length - offset);
      System.arraycopy(table, offset, target, from + done, span);
      done += span;
    }
  }

  /**
   * Fills a buffer from its position to its limit; its position is at its limit afterwards.
   *
   * @param target borrowed
   * @param position of the sequence's byte that goes to the buffer's position
   */
  public void fill(ByteBuffer target, long position) {
    long next = position;
    while (target.hasRemaining()) {
      int offset = offset(next);
      int span = Math.min(target.remaining(), table.length - offset);
      target.put(table, offset, span);
      next += span;
    }
  }

  /**
   * Compares a range of an array with the sequence.
   *
   * @param actual borrowed
   * @param from first index to compare
   * @param length bytes to compare
   * @param position where in the sequence {@code actual[from]} should be
   * @return how many bytes from {@code from} the first wrong byte is, or -1 if all are right
   */
  public int mismatch(byte[] actual, int from, int length, long position) {
    Objects.checkFromIndexSize(from, length, actual.length);
    for (int done = 0; done < length; ) {
      int offset = offset(position + done);
      int span = Math.min(length - done, table.length - offset);
      int start = from + done;
      int wrong = Arrays.mismatch(actual, start, start + span, table, offset, offset + span);
      if (wrong >= 0) {
        return done + wrong;
      }
      done += span;
    }
    return -1;
  }

  /**
   * Compares a buffer, from its position to its limit, with the sequence. Neither moves.
   *
   * @param actual borrowed; a direct buffer is compared in place
   * @param position where in the sequence the buffer's first byte should be
   * @return how many bytes from the buffer's position the first wrong byte is, or -1
   */
  public int mismatch(ByteBuffer actual, long position) {
    int length = actual.remaining();
    if (actual.hasArray()) {
      int from = actual.arrayOffset() + actual.position();
      return mismatch(actual.array(), from, length, position);
    }
    ByteBuffer rest = actual.duplicate();
    ByteBuffer expected = direct.duplicate();
    for (int done = 0; done < length; ) {
      int offset = offset(position + done);
      int span = Math.min(length - done, table.length - offset);
      rest.limit(actual.position() + done + span).position(actual.position() + done);
      int wrong = rest.mismatch(expected.limit(offset + span).position(offset));
      if (wrong >= 0) {
        return done + wrong;
      }
      done += span;
    }
    return -1;
  }

  /**
   * Returns a new view of the whole layout for {@link #slice}: the caller's own, so that a thread
   * that writes many slices makes one view and no garbage.
   */
  ByteBuffer view() {
    return direct.duplicate();
  }

  /**
   * Sets a view's position and limit to the sequence from a position on.
   *
   * @param view one that {@link #view} made, of this sequence
   * @param position in the sequence
   * @param length at most {@link #SLICE_BYTES_MAX} bytes
   */
  void slice(ByteBuffer view, long position, int length) {
    if (length > SLICE_BYTES_MAX) {
      throw new IllegalArgumentException(length + " bytes asked, a slice is " + SLICE_BYTES_MAX);
    }
    int offset = offset(position);
    view.limit(offset + length).position(offset);
  }

  private static int offset(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position " + position + " is negative");
    }
    return (int) (position % PERIOD_BYTES);
  }
}
