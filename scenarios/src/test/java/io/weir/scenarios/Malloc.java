package io.weir.scenarios;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The C library's malloc, called from Java, and what it says of itself: mallinfo(3). */
final class Malloc {
  private static final Linker LINKER = Linker.nativeLinker();

  /** arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost. */
  private static final StructLayout INFO =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));

  private static final int MMAPPED = 4;
  private static final int IN_USE = 7;
  private static final int FREE = 8;

  private final MethodHandle mallocCall =
      call("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private final MethodHandle freeCall =
      call("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
  private final MethodHandle trimCall =
      call("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
  private final MethodHandle infoCall = call("mallinfo2", FunctionDescriptor.of(INFO));

  private static MethodHandle call(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  /** A block, written to at its beginning; its address. */
  long block(long size) {
    try {
      long address = (long) mallocCall.invokeExact(size);
      if (address == 0) {
        throw new OutOfMemoryError("malloc of " + size + " bytes");
      }
      MemorySegment.ofAddress(address).reinterpret(size).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
      return address;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** So many bytes in blocks of one size, written to whole; their addresses. */
  long[] blocks(long bytes, long size) {
    long[] blocks = new long[Math.toIntExact(bytes / size)];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = block(size);
      MemorySegment.ofAddress(blocks[i]).reinterpret(size).fill((byte) 1);
    }
    return blocks;
  }

  void free(long address) {
    try {
      freeCall.invokeExact(address);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  void free(long[] addresses) {
    for (long address : addresses) {
      free(address);
    }
  }

  /** Gives back what whole pages are free. */
  void trim() {
    try {
      int given = (int) trimCall.invokeExact(0L);
      assert given >= 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** {@code live BYTES free BYTES}: chunks of their own included. */
  String truth() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = (MemorySegment) infoCall.invokeExact((SegmentAllocator) arena);
      long live = field(info, IN_USE) + field(info, MMAPPED);
      return "live " + live + " free " + field(info, FREE);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static long field(MemorySegment info, int index) {
    return info.getAtIndex(ValueLayout.JAVA_LONG, index);
  }
}
