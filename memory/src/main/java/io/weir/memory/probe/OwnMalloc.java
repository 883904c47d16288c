package io.weir.memory.probe;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this process' own malloc says, by mallinfo2(3): glibc 2.33 and later. It locks each arena
 * while it looks at its bins: tens of microseconds with some thousand free chunks.
 *
 * <p>Any thread but an event loop's.
 */
public final class OwnMalloc {
  /** Ten fields of size_t; the ones used here by their place. */
  private static final StructLayout MALLINFO2 =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));

  private static final int MMAPPED_FIELD = 4;
  private static final int IN_USE_FIELD = 7;

  private static final @Nullable MethodHandle CALL = find();

  private OwnMalloc() {}

  /**
   * Bytes handed out by malloc and not freed: uordblks + hblkhd. What threads keep in their caches
   * counts, as mallinfo2 counts it.
   *
   * @return -1 where this malloc does not tell, or native access is not enabled
   */
  public static long liveBytes() {
    MethodHandle call = CALL;
    if (call == null) {
      return -1;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = (MemorySegment) call.invokeExact((SegmentAllocator) arena);
      return info.getAtIndex(ValueLayout.JAVA_LONG, IN_USE_FIELD)
          + info.getAtIndex(ValueLayout.JAVA_LONG, MMAPPED_FIELD);
    } catch (Throwable e) {
      throw new IllegalStateException("mallinfo2 cannot fail", e);
    }
  }

  private static @Nullable MethodHandle find() {
    try {
      Linker linker = Linker.nativeLinker();
      Optional<MemorySegment> address = linker.defaultLookup().find("mallinfo2");
      return address.isEmpty()
          ? null
          : linker.downcallHandle(address.get(), FunctionDescriptor.of(MALLINFO2));
    } catch (IllegalCallerException | UnsupportedOperationException e) {
      return null;
    }
  }
}
