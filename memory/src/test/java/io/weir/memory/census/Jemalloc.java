package io.weir.memory.census;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Random;

/** jemalloc, preloaded into {@link MallocTarget}, and what it knows of itself: mallctl(3). */
final class Jemalloc {
  private final Arena arena = Arena.ofConfined();
  private final MethodHandle malloc;
  private final MethodHandle free;
  private final MethodHandle mallctl;

  private Jemalloc(String library) {
    SymbolLookup lookup = SymbolLookup.libraryLookup(library, Arena.global());
    ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
    FunctionDescriptor control =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            ValueLayout.ADDRESS,
            word);
    Linker linker = Linker.nativeLinker();
    malloc = linker.downcallHandle(lookup.findOrThrow("malloc"), FunctionDescriptor.of(word, word));
    free = linker.downcallHandle(lookup.findOrThrow("free"), FunctionDescriptor.ofVoid(word));
    mallctl = linker.downcallHandle(lookup.findOrThrow("mallctl"), control);
  }

  static String obey(String library, int count, int most) {
    Jemalloc jemalloc = new Jemalloc(library);
    try (jemalloc.arena) {
      jemalloc.blocks(count, most);
      jemalloc.newEpoch();
      return jemalloc.statistic("stats.allocated")
          + " "
          + jemalloc.statistic("stats.active")
          + " "
          + jemalloc.statistic("stats.retained");
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private void blocks(int count, int most) throws Throwable {
    Random random = new Random(count);
    long last = 0;
    for (int i = 0; i < count; i++) {
      long block = (long) malloc.invokeExact(16 + (long) random.nextInt(most));
      if (i % 2 == 1) {
        free.invokeExact(last);
      }
      last = block;
    }
  }

  /** Statistics are as of the last call of this. */
  private void newEpoch() throws Throwable {
    MemorySegment epoch = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    var _ =
        (int)
            mallctl.invokeExact(
                arena.allocateFrom("epoch"), MemorySegment.NULL, MemorySegment.NULL, epoch, 8L);
  }

  private long statistic(String name) throws Throwable {
    MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
    MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_LONG, 8);
    int failure =
        (int) mallctl.invokeExact(arena.allocateFrom(name), value, size, MemorySegment.NULL, 0L);
    if (failure != 0) {
      throw new IllegalStateException("mallctl " + name + ": " + failure);
    }
    return value.get(ValueLayout.JAVA_LONG, 0);
  }
}
