package io.weir.memory.probe;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The few calls of the C library that probes need, by the foreign-function API. A call that fails
 * returns the negated error number. Constants are those of Linux on x86-64 and aarch64.
 *
 * <p>Calls that only look something up are critical: they work on heap arrays in place, and a
 * garbage collection waits for them. Those that may take longer take native memory.
 *
 * <p>Thread: any; the captured error number has a slot for each thread.
 */
final class Libc {
  static final int O_RDONLY_NONBLOCK_CLOEXEC = 0x800 | 0x80000;

  /** Bytes to be read; ioctl(2), FIONREAD. */
  static final int FIONREAD = 0x541B;

  /** Bytes that a pipe can hold; fcntl(2). */
  static final int F_GETPIPE_SZ = 1032;

  static final int AF_UNIX = 1;
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int AF_NETLINK = 16;
  static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  static final int NETLINK_SOCK_DIAG = 4;
  static final int SOL_SOCKET = 1;

  /** An array of SK_MEMINFO_ numbers, include/uapi/linux/sock_diag.h; since Linux 4.12. */
  static final int SO_MEMINFO = 55;

  static final int MSG_DONTWAIT = 0x40;

  /** In place of a variadic argument: not a critical call; the kernel walks over tables in it. */
  private static final int SLOW = -1;

  /** In place of a variadic argument: no error number, addresses as numbers; half the cost. */
  private static final int BARE = -2;

  /** What a user can do where {@link #get} gives nothing. */
  static final String REMEDY = "start the JVM that looks with --enable-native-access=ALL-UNNAMED";

  private static final boolean PERMITTED = isPermitted();

  // Static and final, or else the JIT does not see through them.
  private static final MethodHandle OPEN =
      handle("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CLOSE =
      handle("close", 0, FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle IOCTL =
      handle("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle FCNTL =
      handle("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle READLINK =
      handle("readlink", 0, FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle GETSOCKOPT =
      handle(
          "getsockopt",
          BARE,
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle GETSOCKNAME =
      handle(
          "getsockname", BARE, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle SOCKET =
      handle("socket", 0, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle SEND =
      handle("send", 0, FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle RECV =
      handle("recv", SLOW, FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private static final @Nullable Libc LIBC = PERMITTED ? new Libc() : null;

  private final MemoryLayout capture = Linker.Option.captureStateLayout();
  private final long errnoOffset =
      capture.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
  private final ThreadLocal<MemorySegment> errno =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(capture));

  private Libc() {}

  /**
   * The calls, or null where this is not Linux on 64 bits or native access is not enabled. It is
   * asked for beforehand, since the JVM writes a warning where one just tries.
   */
  static @Nullable Libc get() {
    return LIBC;
  }

  private static boolean isPermitted() {
    String arch = System.getProperty("os.arch", "");
    return (arch.equals("amd64") || arch.equals("aarch64"))
        && System.getProperty("os.name", "").equals("Linux")
        && Libc.class.getModule().isNativeAccessEnabled();
  }

  private static MethodHandle handle(String name, int variadicFrom, FunctionDescriptor signature) {
    if (!PERMITTED) {
      return MethodHandles.zero(int.class);
    }
    Linker linker = Linker.nativeLinker();
    List<Linker.Option> options = new ArrayList<>();
    if (variadicFrom != BARE) {
      options.add(Linker.Option.captureCallState("errno"));
    }
    if (variadicFrom != SLOW) {
      options.add(Linker.Option.critical(true));
    }
    if (variadicFrom > 0) {
      options.add(Linker.Option.firstVariadicArg(variadicFrom));
    }
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        signature,
        options.toArray(new Linker.Option[0]));
  }

  private int result(int value, MemorySegment slot) {
    return value >= 0 ? value : -slot.get(JAVA_INT, errnoOffset);
  }

  private static IllegalStateException unexpected(Throwable t) {
    return new IllegalStateException("a call of the C library failed in the JVM", t);
  }

  /** open(2) of a path that ends with a zero byte. */
  int open(byte[] path, int flags) {
    MemorySegment slot = errno.get();
    try {
      return result((int) OPEN.invokeExact(slot, MemorySegment.ofArray(path), flags), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** close(2). */
  void close(int fd) {
    try {
      int ignored = (int) CLOSE.invokeExact(errno.get(), fd);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** ioctl(2) with a pointer to one int, which is returned. */
  int ioctlInt(int fd, long request) {
    MemorySegment slot = errno.get();
    int[] value = new int[1];
    try {
      int n = result((int) IOCTL.invokeExact(slot, fd, request, MemorySegment.ofArray(value)), slot);
      return n < 0 ? n : value[0];
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** fcntl(2) without a further argument. */
  int fcntl(int fd, int command) {
    MemorySegment slot = errno.get();
    try {
      return result((int) FCNTL.invokeExact(slot, fd, command), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** readlink(2) of a path that ends with a zero byte; bytes of the target. */
  int readlink(byte[] path, byte[] into) {
    MemorySegment slot = errno.get();
    try {
      long n =
          (long)
              READLINK.invokeExact(
                  slot,
                  MemorySegment.ofArray(path),
                  MemorySegment.ofArray(into),
                  (long) into.length);
      return result((int) n, slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * getsockopt(2) at SOL_SOCKET, with addresses of native memory: of room for the value, and of an
   * int that says how much there is. 0, or -1 for any error.
   */
  int getsockopt(int fd, int option, long into, long length) {
    try {
      return (int) GETSOCKOPT.invokeExact(fd, SOL_SOCKET, option, into, length);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** getsockname(2), as {@link #getsockopt}. */
  int getsockname(int fd, long into, long length) {
    try {
      return (int) GETSOCKNAME.invokeExact(fd, into, length);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** socket(2). */
  int socket(int family, int type, int protocol) {
    MemorySegment slot = errno.get();
    try {
      return result((int) SOCKET.invokeExact(slot, family, type, protocol), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** send(2) of a whole array. */
  int send(int fd, byte[] message) {
    MemorySegment slot = errno.get();
    try {
      long n =
          (long)
              SEND.invokeExact(
                  slot, fd, MemorySegment.ofArray(message), (long) message.length, 0);
      return result((int) n, slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** recv(2) into native memory, without waiting. */
  int recv(int fd, MemorySegment into) {
    MemorySegment slot = errno.get();
    try {
      long n = (long) RECV.invokeExact(slot, fd, into, into.byteSize(), MSG_DONTWAIT);
      return result((int) n, slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
