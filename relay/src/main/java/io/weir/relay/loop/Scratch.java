package io.weir.relay.loop;

import java.lang.foreign.MemorySegment;

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
  /**
   * Bytes left free in front of peeked data, where a chunk-size line can be written: CRLF, 16 hex
   * digits, CRLF.
   */
  public static final int HEADROOM_BYTES = 32;

  private final byte[] bytes;
  private final MemorySegment whole;
  private final MemorySegment afterHeadroom;

  public Scratch(int capacityBytes) {
    bytes = new byte[HEADROOM_BYTES + capacityBytes];
    whole = MemorySegment.ofArray(bytes);
    afterHeadroom = whole.asSlice(HEADROOM_BYTES);
  }

  /** The array itself; data is peeked to {@link #HEADROOM_BYTES}. */
  public byte[] bytes() {
    return bytes;
  }

  /** Bytes behind the headroom. */
  public int capacityBytes() {
    return bytes.length - HEADROOM_BYTES;
  }

  /**
   * The memory from {@code offset} on, for a system call. The two offsets that every chunk uses are
   * made once, so passing bytes on allocates nothing.
   */
  public MemorySegment at(int offset) {
    if (offset == HEADROOM_BYTES) {
      return afterHeadroom;
    }
    return offset == 0 ? whole : whole.asSlice(offset);
  }
}
