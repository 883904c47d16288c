package io.weir.relay.endpoint;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The few calls of the C library that raw endpoints need, by the foreign-function API.
 *
 * <p>Each is non-blocking, so it runs as a critical call: no change of the thread's state, and a
 * heap array is used in place. A call that fails returns the negated error number. Constants are
 * those of Linux on x86-64 and aarch64 (asm-generic).
 *
 * <p>Thread: any; the captured error number has a slot for each thread.
 */
final class Libc {
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  static final int SOCK_STREAM = 1;
  static final int SOCK_NONBLOCK = 0x800;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOL_SOCKET = 1;
  static final int SO_REUSEADDR = 2;
  static final int SO_ERROR = 4;
  static final int SO_SNDBUF = 7;
  static final int SO_RCVBUF = 8;
  private static final int SO_KEEPALIVE = 9;
  static final int SO_LINGER = 13;

  /** Nine numbers on a socket's memory (SK_MEMINFO_*, linux/sock_diag.h); since Linux 4.12. */
  static final int SO_MEMINFO = 55;

  /** Which buffers keep the size that was set, not the kernel's own; since Linux 5.14. */
  static final int SO_BUF_LOCK = 72;

  static final int SEND_LOCK = 1;
  static final int RECEIVE_LOCK = 2;
  private static final int MEMINFO_RMEM_ALLOC = 0;
  private static final int MEMINFO_SNDBUF = 3;
  private static final int MEMINFO_FWD_ALLOC = 4;
  private static final int MEMINFO_WMEM_QUEUED = 5;
  private static final int MEMINFO_BACKLOG = 7;

  static final int IPPROTO_TCP = 6;
  static final int TCP_NODELAY = 1;
  private static final int TCP_KEEPIDLE = 4;
  private static final int TCP_KEEPINTVL = 5;
  private static final int TCP_KEEPCNT = 6;
  static final int TCP_WINDOW_CLAMP = 10;
  private static final int TCP_INFO = 11;

  /** Place of tcpi_advmss in struct tcp_info, counted in ints. */
  private static final int TCP_INFO_ADVMSS = 21;

  /** Place of tcpi_rcv_wnd, counted in ints. */
  private static final int TCP_INFO_RCV_WND = 58;

  static final int IPPROTO_IPV6 = 41;
  static final int IPV6_V6ONLY = 26;
  private static final int USUAL_SEGMENT_BYTES = 1448;
  static final int SHUT_WR = 1;
  static final int MSG_PEEK = 0x2;
  static final int MSG_TRUNC = 0x20;
  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_EOR = 0x80;
  static final int MSG_NOSIGNAL = 0x4000;
  static final int MSG_MORE = 0x8000;

  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final int F_SETPIPE_SZ = 1031;
  static final int F_GETPIPE_SZ = 1032;
  static final int SPLICE_F_MOVE = 1;
  static final int SPLICE_F_NONBLOCK = 2;

  /** Bytes of the send queue that the peer has not acknowledged; tcp(7). */
  static final int SIOCOUTQ = 0x5411;

  static final int EPERM = -1;
  static final int EAGAIN = -11;
  static final int ECONNRESET = -104;
  static final int ENFILE = -23;
  static final int EINVAL = -22;
  static final int EMFILE = -24;
  static final int EACCES = -13;
  static final int EPIPE = -32;
  static final int ENOSYS = -38;
  static final int EADDRINUSE = -98;
  static final int EADDRNOTAVAIL = -99;
  static final int ECONNABORTED = -103;
  static final int EINPROGRESS = -115;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET =
      CAPTURE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

  /** One error number slot for each thread; loops are few and live as long as the process. */
  private static final ThreadLocal<MemorySegment> ERRNO =
      ThreadLocal.withInitial(() -> Arena.global().allocate(CAPTURE));

  private static final MethodHandle RECV =
      handle("recv", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SEND =
      handle("send", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SOCKET =
      handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BIND =
      handle("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle CONNECT =
      handle("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle LISTEN =
      handle("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle ACCEPT4 =
      handle("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle GETSOCKNAME =
      handle("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle SETSOCKOPT =
      handle(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle GETSOCKOPT =
      handle(
          "getsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle SHUTDOWN =
      handle("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle IOCTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("ioctl"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
          Linker.Option.firstVariadicArg(2),
          Linker.Option.critical(true),
          Linker.Option.captureCallState("errno"));

  /** Where getsockopt writes, for each thread. */
  private static final class MemoryInfo {
    final int[] numbers = new int[9];
    final int[] bytes = new int[1];
    final MemorySegment toNumbers = MemorySegment.ofArray(numbers);
    final MemorySegment toBytes = MemorySegment.ofArray(bytes);
  }

  private static final int[] NOT_TOLD = {};

  private static final ThreadLocal<MemoryInfo> MEMORY_INFO =
      ThreadLocal.withInitial(MemoryInfo::new);

  /** The calls of splicing, linked when the first pipe is wanted: many a process never does. */
  private static final class Splicing {
    static final MethodHandle PIPE2 =
        handle("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    static final MethodHandle SPLICE =
        handle(
            "splice",
            FunctionDescriptor.of(
                JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    static final MethodHandle FCNTL =
        LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("fcntl"),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
            Linker.Option.firstVariadicArg(2),
            Linker.Option.critical(true),
            Linker.Option.captureCallState("errno"));
    static final MethodHandle READ =
        handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  }

  private Libc() {}

  private static MethodHandle handle(String name, FunctionDescriptor signature) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        signature,
        Linker.Option.critical(true),
        Linker.Option.captureCallState("errno"));
  }

  /** The slot that the calling thread passes to every call; keep it, the look-up is not free. */
  static MemorySegment errnoSlot() {
    return ERRNO.get();
  }

  private static int errno(MemorySegment slot) {
    return -slot.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
  }

  /** recv(2). Bytes, 0 at the end of the stream, or the negated error number. */
  static int recv(MemorySegment slot, int fd, MemorySegment into, int length, int flags) {
    try {
      long n = (long) RECV.invokeExact(slot, fd, into, (long) length, flags);
      return n >= 0 ? (int) n : errno(slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** send(2). Bytes taken, or the negated error number. */
  static int send(MemorySegment slot, int fd, MemorySegment from, int length, int flags) {
    try {
      long n = (long) SEND.invokeExact(slot, fd, from, (long) length, flags);
      return n >= 0 ? (int) n : errno(slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** socket(2), non-blocking and closed on exec. The descriptor, or the negated error number. */
  static int socket(int family) {
    MemorySegment slot = errnoSlot();
    try {
      int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
      return result((int) SOCKET.invokeExact(slot, family, type, 0), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** bind(2). */
  static int bind(int fd, MemorySegment address) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) BIND.invokeExact(slot, fd, address, (int) address.byteSize()), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** connect(2); {@link #EINPROGRESS} while it is under way. */
  static int connect(int fd, MemorySegment address) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) CONNECT.invokeExact(slot, fd, address, (int) address.byteSize()), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** listen(2). */
  static int listen(int fd, int backlog) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) LISTEN.invokeExact(slot, fd, backlog), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** accept4(2), non-blocking and closed on exec; {@code address} and its length are filled. */
  static int accept(int fd, MemorySegment address, MemorySegment length) {
    MemorySegment slot = errnoSlot();
    try {
      int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
      return result((int) ACCEPT4.invokeExact(slot, fd, address, length, flags), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** getsockname(2). */
  static int localAddress(int fd, MemorySegment address, MemorySegment length) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) GETSOCKNAME.invokeExact(slot, fd, address, length), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** setsockopt(2) with the value in {@code value}. */
  static int setOption(int fd, int level, int name, MemorySegment value) {
    MemorySegment slot = errnoSlot();
    try {
      int length = (int) value.byteSize();
      return result((int) SETSOCKOPT.invokeExact(slot, fd, level, name, value, length), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** setsockopt(2) with an int. */
  static int setOption(int fd, int level, int name, int value) {
    return setOption(fd, level, name, MemorySegment.ofArray(new int[] {value}));
  }

  /**
   * Readies a connected socket: no delay of small segments, and buffers of {@code bufferBytes}, or
   * of the kernel's choice if that is 0. Set before connect(2), a small receive buffer would fix
   * the window scale at 0 for the connection's life, so it is set afterwards.
   */
  static void tune(int fd) {
    setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  /**
   * Asks a peer that has been silent for so long whether it is there, and four times more, each
   * after a quarter of that, before the connection counts as broken; tcp(7). False where that
   * cannot be had.
   */
  static boolean keepAlive(int fd, int silentSeconds) {
    setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, silentSeconds);
    setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, Math.max(1, silentSeconds / 4));
    setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
    return setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1) == 0;
  }

  /**
   * The largest segment that the peer was told it may send, tcpi_advmss of TCP_INFO, or a usual
   * size where that is refused; tcp(7). TCP_MAXSEG would be what we send now, which half of the
   * peer's window may have cut.
   */
  static int segmentBytes(int fd) {
    int value = tcpInfo(fd, TCP_INFO_ADVMSS);
    return value > 0 ? value : USUAL_SEGMENT_BYTES;
  }

  /**
   * getsockopt(2) of TCP_INFO: the window last announced to the peer, bytes; 0 where the kernel
   * does not tell, before Linux 6.2.
   */
  static int promisedBytes(int fd) {
    return Math.max(0, tcpInfo(fd, TCP_INFO_RCV_WND));
  }

  /** One int of struct tcp_info; 0 where the kernel's is shorter. */
  private static int tcpInfo(int fd, int place) {
    int[] info = new int[place + 1];
    int[] bytes = {Integer.BYTES * info.length};
    try {
      MemorySegment to = MemorySegment.ofArray(info);
      MemorySegment length = MemorySegment.ofArray(bytes);
      int level = IPPROTO_TCP;
      int name = TCP_INFO;
      int result = (int) GETSOCKOPT.invokeExact(errnoSlot(), fd, level, name, to, length);
      return result < 0 ? 0 : info[place];
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** getsockopt(2) of SO_ERROR: 0, or the negated error number of the socket. */
  static int pendingError(int fd) {
    int result = option(fd, SOL_SOCKET, SO_ERROR);
    return result < 0 ? result : -result;
  }

  /** getsockopt(2) of an int that is at least 0, or a negated error number. */
  private static int option(int fd, int level, int name) {
    MemorySegment slot = errnoSlot();
    int[] value = new int[1];
    MemorySegment to = MemorySegment.ofArray(value);
    MemorySegment length = MemorySegment.ofArray(new int[] {Integer.BYTES});
    try {
      int result = (int) GETSOCKOPT.invokeExact(slot, fd, level, name, to, length);
      return result < 0 ? errno(slot) : value[0];
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** shutdown(2) of the sending side. */
  static int shutdownOutput(int fd) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) SHUTDOWN.invokeExact(slot, fd, SHUT_WR), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** close(2). */
  static int close(int fd) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) CLOSE.invokeExact(slot, fd), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** ioctl(2) SIOCOUTQ: bytes not yet acknowledged by the peer, or the negated error number. */
  static int undelivered(int fd) {
    MemorySegment slot = errnoSlot();
    int[] value = new int[1];
    try {
      int result = (int) IOCTL.invokeExact(slot, fd, (long) SIOCOUTQ, MemorySegment.ofArray(value));
      return result < 0 ? errno(slot) : value[0];
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /**
   * getsockopt(2) of SO_MEMINFO: bytes of the send buffer that nothing is queued in, which may be
   * below 0; or 0 where the kernel does not tell.
   */
  static int sendBufferFree(MemorySegment slot, int fd) {
    int[] numbers = memoryInfo(slot, fd);
    return numbers.length == 0 ? 0 : numbers[MEMINFO_SNDBUF] - numbers[MEMINFO_WMEM_QUEUED];
  }

  /**
   * getsockopt(2) of SO_MEMINFO: bytes that the socket's queues hold, and that the kernel has
   * granted it ahead; or -1 where the kernel does not tell.
   */
  static long heldBytes(MemorySegment slot, int fd) {
    int[] numbers = memoryInfo(slot, fd);
    return numbers.length == 0
        ? -1
        : (long) numbers[MEMINFO_RMEM_ALLOC]
            + numbers[MEMINFO_WMEM_QUEUED]
            + numbers[MEMINFO_FWD_ALLOC]
            + numbers[MEMINFO_BACKLOG];
  }

  /**
   * getsockopt(2) of SO_MEMINFO: what of {@link #heldBytes} is in the receive queue, bytes, or 0.
   */
  static long receivedBytes(MemorySegment slot, int fd) {
    int[] numbers = memoryInfo(slot, fd);
    return numbers.length == 0 ? 0 : (long) numbers[MEMINFO_RMEM_ALLOC] + numbers[MEMINFO_BACKLOG];
  }

  /** The thread's own array, good until the next call; empty where the kernel does not tell. */
  private static int[] memoryInfo(MemorySegment slot, int fd) {
    MemoryInfo info = MEMORY_INFO.get();
    info.bytes[0] = Integer.BYTES * info.numbers.length;
    try {
      int level = SOL_SOCKET;
      int result =
          (int) GETSOCKOPT.invokeExact(slot, fd, level, SO_MEMINFO, info.toNumbers, info.toBytes);
      return result < 0 ? NOT_TOLD : info.numbers;
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** pipe2(2), non-blocking and closed on exec; both descriptors, the reading one first. */
  static int pipe(int[] ends) {
    MemorySegment slot = errnoSlot();
    try {
      int flags = O_NONBLOCK | O_CLOEXEC;
      MemorySegment into = MemorySegment.ofArray(ends);
      return result((int) Splicing.PIPE2.invokeExact(slot, into, flags), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** fcntl(2) with an int. */
  static int fcntl(int fd, int command, int value) {
    MemorySegment slot = errnoSlot();
    try {
      return result((int) Splicing.FCNTL.invokeExact(slot, fd, command, value), slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** splice(2), never waiting. Bytes moved, 0 at the end, or the negated error number. */
  static int splice(MemorySegment slot, int from, int to, int length) {
    int flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
    MemorySegment none = MemorySegment.NULL;
    try {
      long n = (long) Splicing.SPLICE.invokeExact(slot, from, none, to, none, (long) length, flags);
      return n >= 0 ? (int) n : errno(slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** read(2). Bytes, 0 at the end, or the negated error number. */
  static int read(int fd, MemorySegment into, int length) {
    MemorySegment slot = errnoSlot();
    try {
      long n = (long) Splicing.READ.invokeExact(slot, fd, into, (long) length);
      return n >= 0 ? (int) n : errno(slot);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static int result(int value, MemorySegment slot) {
    return value >= 0 ? value : errno(slot);
  }

  private static AssertionError unexpected(Throwable t) {
    return new AssertionError("a call of the C library threw", t);
  }
}
