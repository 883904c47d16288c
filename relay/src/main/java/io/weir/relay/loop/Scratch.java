package io.weir.relay.loop;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * A byte array of the event loop that system calls fill and drain in place.
 *
 * <p>It is borrowed for the length of one turn and holds nothing between turns: a flow that must
 * wait leaves its bytes in the kernel. The array lives on the heap, so parsers work on plain array
 * accesses; the foreign-function calls pin it for the length of a non-blocking call ({@code
 * Linker.Option.critical(true)}).
 *
 * <p>Thread: the owning loop only.
 */
public final class Scratch {
  /** Room for what is written in front of data: CRLF, 16 hex digits, CRLF. */
  public static final int PREFIX_BYTES = 32;

  /**
   * Bytes left free in front of peeked data: for a prefix, and for the beginning of a trailer
   * section (8 KiB at most) that was held until the rest arrived.
   */
  public static final int HEADROOM_BYTES = 9 * 1024;

  private final byte[] bytes;
  private final ByteBuffer buffer;
  private final MemorySegment whole;

  /** Where a piece begins nearly always: behind the headroom, or a prefix before that. */
  private final MemorySegment[] nearHeadroom = new MemorySegment[PREFIX_BYTES + 1];

  public Scratch(int capacityBytes) {
    this(new byte[HEADROOM_BYTES + capacityBytes]);
  }

  private Scratch(byte[] bytes) {
    this(bytes, ByteBuffer.wrap(bytes));
  }

  private Scratch(byte[] bytes, ByteBuffer buffer) {
    this.bytes = bytes;
    this.buffer = buffer;
    whole = MemorySegment.ofBuffer(buffer);
    for (int i = 0; i <= PREFIX_BYTES; i++) {
      nearHeadroom[i] = whole.asSlice(HEADROOM_BYTES - PREFIX_BYTES + i);
    }
  }

  /**
   * The same outside of the heap, for libraries that need an address: its {@link #bytes} are empty,
   * so it is good for raw descriptors only.
   */
  public static Scratch outsideHeap(int capacityBytes) {
    return new Scratch(new byte[0], ByteBuffer.allocateDirect(HEADROOM_BYTES + capacityBytes));
  }

  /** The array itself; data is peeked to {@link #HEADROOM_BYTES}. */
  public byte[] bytes() {
    return bytes;
  }

  /** All of it; position and limit are the borrower's. */
  public ByteBuffer buffer() {
    return buffer;
  }

  /** Whether it has an address, not an array. */
  public boolean isOutsideHeap() {
    return buffer.isDirect();
  }

  /** Bytes behind the headroom. */
  public int capacityBytes() {
    return buffer.capacity() - HEADROOM_BYTES;
  }

  /**
   * The memory from {@code offset} on, for a system call. The two offsets that every chunk uses are
   * made once, so passing bytes on allocates nothing.
   */
  public MemorySegment at(int offset) {
    int near = offset - (HEADROOM_BYTES - PREFIX_BYTES);
    if (near >= 0 && near <= PREFIX_BYTES) {
      return nearHeadroom[near];
    }
    return offset == 0 ? whole : whole.asSlice(offset);
  }
}
