package io.weir.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The allocator of this process, called from Java: the C library's, or what LD_PRELOAD put in its
 * place. Java's own look-up would always find the C library's, so dlsym(3) is asked. Any thread.
 */
final class NativeMalloc {
  /** mallopt(3). */
  static final int M_TRIM_THRESHOLD = -1;

  /** mallopt(3). */
  static final int M_MMAP_THRESHOLD = -3;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MemorySegment RTLD_DEFAULT = MemorySegment.NULL;
  private static final MethodHandle DLSYM =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("dlsym"),
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
  private static final MethodHandle MALLOC =
      function("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      function("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
  private static final MethodHandle TRIM =
      function("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
  private static final MethodHandle OPTION =
      function(
          "mallopt",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final long VERSION_BYTES_MAX = 64;

  private NativeMalloc() {}

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    MemorySegment found;
    try (Arena arena = Arena.ofConfined()) {
      found = (MemorySegment) DLSYM.invokeExact(RTLD_DEFAULT, arena.allocateFrom(name));
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (found.address() == 0) {
      throw new IllegalStateException("the C library has no " + name);
    }
    return LINKER.downcallHandle(found, descriptor);
  }

  /** The version of glibc, or empty where the C library is another. */
  static String glibcVersion() {
    MemorySegment symbol = LINKER.defaultLookup().find("gnu_get_libc_version").orElse(null);
    if (symbol == null) {
      return "";
    }
    MethodHandle version =
        LINKER.downcallHandle(symbol, FunctionDescriptor.of(ValueLayout.ADDRESS));
    try {
      MemorySegment text = (MemorySegment) version.invokeExact();
      return text.reinterpret(VERSION_BYTES_MAX).getString(0, StandardCharsets.US_ASCII);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** A block, written to from end to end, so that it is resident. */
  static long resident(long bytes) {
    long block = malloc(bytes);
    segment(block, bytes).fill((byte) 1);
    return block;
  }

  /** The caller owns the block until it calls {@link #free}. */
  static long malloc(long bytes) {
    long block;
    try {
      block = (long) MALLOC.invokeExact(bytes);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    if (block == 0) {
      throw new OutOfMemoryError("malloc of " + bytes + " bytes");
    }
    return block;
  }

  static void free(long block) {
    try {
      FREE.invokeExact(block);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** malloc_trim(0): whether it gave anything back. */
  static boolean trim() {
    try {
      return (int) TRIM.invokeExact(0L) == 1;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** mallopt(3): whether it was accepted. */
  static boolean option(int option, int value) {
    try {
      return (int) OPTION.invokeExact(option, value) == 1;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** The bytes of a block, valid until it is freed. */
  static MemorySegment segment(long block, long bytes) {
    return MemorySegment.ofAddress(block).reinterpret(bytes);
  }
}
