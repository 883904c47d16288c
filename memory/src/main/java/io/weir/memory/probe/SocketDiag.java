package io.weir.memory.probe;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Asks the kernel for the sockets of this network namespace, with what it charges for each: {@code
 * NETLINK_SOCK_DIAG}, sock_diag(7); what ss(8) uses. No privilege is needed. Linux builds it as
 * modules, which it loads by itself where it can; else the kernel answers ENOENT.
 *
 * <p>The answer comes in parts of up to 32 KiB. The kernel walks over its table of sockets as they
 * are fetched, so a socket that comes or goes meanwhile may be missing; none is told twice.
 *
 * <p>Thread: one at a time.
 */
final class SocketDiag implements AutoCloseable {
  static final int TCP = 6;
  static final int UDP = 17;
  static final int ALL_STATES = -1;

  /** The kernel fills no more than 32 KiB at once, netlink_dump. */
  private static final int PART_BYTES_MAX = 32 << 10;

  /** Some 150 bytes a socket: 4 million sockets. */
  private static final int PARTS_MAX = 20_000;

  private static final int HEADER_BYTES = 16;
  private static final int DONE = 3;
  private static final int ERROR = 2;
  private static final int SOCK_DIAG_BY_FAMILY = 20;
  private static final int REQUEST_AND_DUMP = 0x301;

  /** INET_DIAG_SKMEMINFO and UNIX_DIAG_MEMINFO: an array of SK_MEMINFO_ numbers. */
  private static final int INET_MEMORY = 7;

  private static final int INET_MESSAGE_BYTES = 72;
  private static final int UNIX_MESSAGE_BYTES = 16;
  private static final int UNIX_NAME = 0;
  private static final int UNIX_QUEUES = 4;
  private static final int UNIX_MEMORY = 5;

  /** UDIAG_SHOW_NAME, UDIAG_SHOW_RQLEN, UDIAG_SHOW_MEMINFO. */
  private static final int UNIX_SHOW = 0x1 | 0x10 | 0x20;

  private final Libc libc;
  private final int fd;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment part = arena.allocate(PART_BYTES_MAX);
  private final ByteBuffer bytes = ByteBuffer.allocate(PART_BYTES_MAX);
  private final SocketFacts facts = new SocketFacts();

  private SocketDiag(Libc libc, int fd) {
    this.libc = libc;
    this.fd = fd;
    bytes.order(ByteOrder.nativeOrder());
  }

  /** Null where there is no native access, or no such socket. */
  static @Nullable SocketDiag open() {
    Libc libc = Libc.get();
    if (libc == null) {
      return null;
    }
    int fd = libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW_CLOEXEC, Libc.NETLINK_SOCK_DIAG);
    return fd < 0 ? null : new SocketDiag(libc, fd);
  }

  @Override
  public void close() {
    libc.close(fd);
    arena.close();
  }

  /**
   * All TCP or UDP sockets in some states.
   *
   * @param states a bit for each, {@code 1 << ESTABLISHED} and so on
   * @param port the local one, or 0 for any
   * @throws IOException where the kernel refuses
   */
  void inet(int family, int protocol, int states, int port, SocketFacts.Taker taker)
      throws IOException {
    byte[] message = new byte[HEADER_BYTES + 56 + (port == 0 ? 0 : 20)];
    ByteBuffer request = request(message);
    request.put((byte) family).put((byte) protocol);
    request.put((byte) (1 << (INET_MEMORY - 1))).put((byte) 0);
    request.putInt(states);
    request.position(HEADER_BYTES + 56);
    if (port != 0) {
      // INET_DIAG_REQ_BYTECODE: local port >= port and <= port; "no" jumps behind the end.
      request.putShort((short) 20).putShort((short) 1);
      request.put((byte) 2).put((byte) 8).putShort((short) 20);
      request.putShort((short) 0).putShort((short) port);
      request.put((byte) 3).put((byte) 8).putShort((short) 12);
      request.putShort((short) 0).putShort((short) port);
    }
    String name = (protocol == TCP ? "tcp" : "udp") + (family == Libc.AF_INET6 ? "6" : "");
    dump(message, name, taker);
  }

  /** All sockets of the unix family. */
  void unix(SocketFacts.Taker taker) throws IOException {
    byte[] message = new byte[HEADER_BYTES + 24];
    ByteBuffer request = request(message);
    request.put((byte) Libc.AF_UNIX).put((byte) 0).putShort((short) 0);
    request.putInt(ALL_STATES).putInt(0).putInt(UNIX_SHOW);
    dump(message, "unix", taker);
  }

  private static ByteBuffer request(byte[] message) {
    return ByteBuffer.wrap(message)
        .order(ByteOrder.nativeOrder())
        .putInt(message.length)
        .putShort((short) SOCK_DIAG_BY_FAMILY)
        .putShort((short) REQUEST_AND_DUMP)
        .putInt(1)
        .putInt(0);
  }

  private void dump(byte[] request, String protocol, SocketFacts.Taker taker) throws IOException {
    int sent = libc.send(fd, request);
    for (int i = 0; sent >= 0 && i < PARTS_MAX; i++) {
      int n = libc.recv(fd, part);
      if (n <= 0) {
        throw new IOException("sock_diag answered nothing (error " + -n + ")");
      }
      MemorySegment.copy(part, 0, MemorySegment.ofArray(bytes.array()), 0, n);
      bytes.clear().limit(n);
      if (take(bytes, protocol, facts, taker)) {
        return;
      }
    }
    throw new IOException("sock_diag did not come to an end (error " + Math.max(0, -sent) + ")");
  }

  /** Takes one part; true after the last. */
  static boolean take(
      ByteBuffer part, String protocol, SocketFacts facts, SocketFacts.Taker taker)
      throws IOException {
    int limit = part.limit();
    try {
      while (limit - part.position() >= HEADER_BYTES) {
        int from = part.position();
        int length = part.getInt(from);
        int type = part.getShort(from + 4);
        if (length < HEADER_BYTES || length > limit - from) {
          throw new IOException("sock_diag answered a message of " + length + " bytes");
        }
        if (type == DONE) {
          return true;
        }
        if (type == ERROR) {
          throw new IOException("sock_diag refused (error " + -part.getInt(from + 16) + ")");
        }
        part.limit(from + length).position(from + HEADER_BYTES);
        takeMessage(part, type, protocol, facts, taker);
        part.limit(limit).position(Math.min(limit, from + align(length)));
      }
      return false;
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw new IOException("sock_diag answered a message that is cut", e);
    }
  }

  private static void takeMessage(
      ByteBuffer message, int type, String protocol, SocketFacts facts, SocketFacts.Taker taker) {
    if (type != SOCK_DIAG_BY_FAMILY) {
      return;
    }
    facts.clear();
    facts.protocol = protocol;
    if (protocol.equals("unix")) {
      takeUnix(message, facts);
    } else {
      takeInet(message, facts);
    }
    taker.take(facts);
  }

  /** struct inet_diag_msg. */
  private static void takeInet(ByteBuffer message, SocketFacts facts) {
    int from = message.position();
    facts.wide = message.get(from) == Libc.AF_INET6;
    facts.state = message.get(from + 1);
    facts.localPort = network(message.getShort(from + 4));
    facts.peerPort = network(message.getShort(from + 6));
    if (facts.wide) {
      facts.localHigh = network(message.getLong(from + 8));
      facts.localLow = network(message.getLong(from + 16));
      facts.peerHigh = network(message.getLong(from + 24));
      facts.peerLow = network(message.getLong(from + 32));
    } else {
      facts.localLow = network(message.getInt(from + 8));
      facts.peerLow = network(message.getInt(from + 24));
    }
    if (facts.state == SocketFacts.LISTEN) {
      facts.acceptQueue = message.getInt(from + 56) & 0xffff_ffffL;
    } else {
      facts.receiveQueueBytes = message.getInt(from + 56) & 0xffff_ffffL;
      facts.sendQueueBytes = message.getInt(from + 60) & 0xffff_ffffL;
    }
    facts.inode = message.getInt(from + 68) & 0xffff_ffffL;
    skip(message, INET_MESSAGE_BYTES);
    while (message.remaining() >= 4) {
      int at = message.position();
      int length = attributeBytes(message, at);
      if (message.getShort(at + 2) == INET_MEMORY) {
        takeMemory(message, at + 4, length - 4, facts);
      }
      message.position(Math.min(message.limit(), at + align(length)));
    }
  }

  /** struct unix_diag_msg. */
  private static void takeUnix(ByteBuffer message, SocketFacts facts) {
    int from = message.position();
    facts.state = message.get(from + 2);
    facts.inode = message.getInt(from + 4) & 0xffff_ffffL;
    skip(message, UNIX_MESSAGE_BYTES);
    while (message.remaining() >= 4) {
      int at = message.position();
      int length = attributeBytes(message, at);
      switch (message.getShort(at + 2)) {
        case UNIX_NAME -> facts.path = path(message, at + 4, length - 4);
        case UNIX_MEMORY -> takeMemory(message, at + 4, length - 4, facts);
        case UNIX_QUEUES -> {
          if (facts.state != SocketFacts.LISTEN) {
            facts.receiveQueueBytes = message.getInt(at + 4) & 0xffff_ffffL;
            facts.sendQueueBytes = message.getInt(at + 8) & 0xffff_ffffL;
          }
        }
        default -> {}
      }
      message.position(Math.min(message.limit(), at + align(length)));
    }
  }

  private static void skip(ByteBuffer message, int length) {
    if (message.remaining() < length) {
      throw new BufferUnderflowException();
    }
    message.position(message.position() + length);
  }

  private static int attributeBytes(ByteBuffer message, int at) {
    int length = message.getShort(at) & 0xffff;
    if (length < 4 || length > message.limit() - at) {
      throw new IndexOutOfBoundsException(length);
    }
    return length;
  }

  private static void takeMemory(ByteBuffer message, int at, int length, SocketFacts facts) {
    if (length < 4 * SocketCharge.FIELDS) {
      return;
    }
    facts.kernelBytes =
        SocketCharge.bytes(
            message.getInt(at + 4 * SocketCharge.RECEIVE_ALLOCATED),
            message.getInt(at + 4 * SocketCharge.SEND_ALLOCATED),
            message.getInt(at + 4 * SocketCharge.FORWARD_ALLOCATED),
            message.getInt(at + 4 * SocketCharge.SEND_QUEUED));
    facts.sendBufferBytes = message.getInt(at + 4 * SocketCharge.SEND_BUFFER) & 0xffff_ffffL;
  }

  /** A name that begins with a zero byte is an abstract one, written {@code @name}; unix(7). */
  private static String path(ByteBuffer message, int at, int length) {
    byte[] name = new byte[length];
    message.get(at, name);
    if (length > 0 && name[0] == 0) {
      name[0] = '@';
    }
    int end = length;
    while (end > 0 && name[end - 1] == 0) {
      end--;
    }
    return ProcText.printable(new String(name, 0, end, StandardCharsets.UTF_8));
  }

  private static int align(int length) {
    return length + 3 & ~3;
  }

  static int network(short port) {
    return (isLittle() ? Short.reverseBytes(port) : port) & 0xffff;
  }

  private static long network(int word) {
    return (isLittle() ? Integer.reverseBytes(word) : word) & 0xffff_ffffL;
  }

  private static long network(long half) {
    return isLittle() ? Long.reverseBytes(half) : half;
  }

  private static boolean isLittle() {
    return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
  }
}
