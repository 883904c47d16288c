package io.weir.memory.probe;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The kernel memory of all sockets of this process, often and cheaply.
 *
 * <p>Every descriptor from 0 up to the size of the descriptor table is asked with SO_MEMINFO: a
 * descriptor that is no socket, or none at all, says so at once, and one that is closed or used anew
 * meanwhile does no harm. Then the kernel is asked for what no descriptor leads to ({@link
 * SocketDiag}): sockets that were closed with data still to be sent, and connections that wait to be
 * accepted. They count where their local port is one of our sockets', now or the last time, so that
 * the last data of a connection that we made ourselves is in it while that is young.
 *
 * <p>Measured (C1, Linux 6.18, one core): 2.3 ms of CPU for 2,000 sockets, 26 ms for 19,800,
 * of which the closed ones take 0.8 and 2.7. One dump of all sockets by sock_diag takes as long (2.4
 * and 24 ms), but does not tell whose they are: for that the links in {@code /proc/self/fd} must be
 * read, which takes 10 and 92 ms.
 *
 * <p>It paces itself: it works at most a hundredth of the time, and tells the last value until then.
 *
 * <p>Thread: any, one at a time. Not for an event loop.
 */
public final class SocketMemory {
  /** Of the time between two looks, no more than the hundredth part is spent in the first. */
  private static final long PACE = 100;

  private static final int FD_MAX = 1 << 20;

  /** FIN-WAIT-1, FIN-WAIT-2, CLOSE, LAST-ACK, CLOSING: what a closed socket goes through. */
  private static final int CLOSING_STATES = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 11;

  /** Listening sockets tell how many connections wait. */
  private static final int LISTEN_STATE = 1 << SocketFacts.LISTEN;

  /** Connections that wait to be accepted: ESTAB, SYN-RECV, CLOSE-WAIT. */
  private static final int WAITING_STATES = 1 << SocketFacts.ESTABLISHED | 1 << 3 | 1 << 8;

  private static final int ROOM_BYTES = 128;

  /** Ports change slowly, and asking for them costs as much as asking for the charge. */
  private static final int LOOKS_PER_PORTS = 8;

  private final @Nullable Libc libc = Libc.get();

  /** Native memory that the calls fill: the charge or an address, then its length. */
  private final MemorySegment room = Arena.ofAuto().allocate(ROOM_BYTES + 8, 8);

  private final ByteBuffer filled = room.asByteBuffer().order(ByteOrder.nativeOrder());
  private final long roomAddress = room.address();
  private final long lengthAddress = room.address() + ROOM_BYTES;

  private BitSet ports = new BitSet();
  private BitSet lastPorts = new BitSet();
  private final BitSet waiting = new BitSet();
  private long ownerless;

  private long bytes = -1;
  private long costNanos;
  private long readAtNanos;
  private int sockets;
  private int looks;

  private SocketMemory() {}

  /** Of this process. */
  public static SocketMemory ofThisProcess() {
    return new SocketMemory();
  }

  /**
   * Bytes that the kernel charges for the buffers of our sockets, all families; -1 where it cannot
   * be seen, since native access is not enabled or this is not Linux. It is the last value where the
   * last look is so young that another would take more than a hundredth of the time.
   */
  public synchronized long bytes() {
    return bytes(System.nanoTime());
  }

  /** As {@link #bytes()}, at a time that the caller names. */
  synchronized long bytes(long nowNanos) {
    if (libc == null) {
      return -1;
    }
    if (bytes < 0 || nowNanos - readAtNanos >= PACE * costNanos) {
      readAtNanos = nowNanos;
      long from = System.nanoTime();
      look(libc);
      costNanos = System.nanoTime() - from;
    }
    return bytes;
  }

  /** What the last look took. */
  public synchronized long costNanos() {
    return costNanos;
  }

  /** How many sockets had a descriptor at the last look. */
  public synchronized int sockets() {
    return sockets;
  }

  private void look(Libc calls) {
    int slots;
    try {
      slots = Math.min(FD_MAX, StatusFile.read(Path.of("/proc/self/status")).fdSlots());
    } catch (IOException e) {
      bytes = -1;
      return;
    }
    boolean withPorts = looks++ % LOOKS_PER_PORTS == 0;
    if (withPorts) {
      BitSet old = lastPorts;
      lastPorts = ports;
      ports = old;
      ports.clear();
    }
    sockets = 0;
    long sum = 0;
    for (int fd = 0; fd < slots; fd++) {
      long charge = charge(calls, fd);
      if (charge >= 0) {
        sockets++;
        sum += charge;
        if (withPorts) {
          takePort(calls, fd);
        }
      }
    }
    bytes = sum + ownerless();
  }

  /** Of one descriptor, or -1 where it is no socket. */
  private long charge(Libc calls, int fd) {
    filled.putInt(ROOM_BYTES, ROOM_BYTES);
    if (calls.getsockopt(fd, Libc.SO_MEMINFO, roomAddress, lengthAddress) < 0
        || filled.getInt(ROOM_BYTES) < 4 * SocketCharge.FIELDS) {
      return -1;
    }
    return SocketCharge.bytes(
        filled.getInt(4 * SocketCharge.RECEIVE_ALLOCATED),
        filled.getInt(4 * SocketCharge.SEND_ALLOCATED),
        filled.getInt(4 * SocketCharge.FORWARD_ALLOCATED),
        filled.getInt(4 * SocketCharge.SEND_QUEUED));
  }

  private void takePort(Libc calls, int fd) {
    filled.putInt(ROOM_BYTES, ROOM_BYTES);
    if (calls.getsockname(fd, roomAddress, lengthAddress) == 0) {
      int family = filled.getShort(0);
      if (family == Libc.AF_INET || family == Libc.AF_INET6) {
        ports.set(SocketDiag.network(filled.getShort(2)));
      }
    }
  }

  private long ownerless() {
    ownerless = 0;
    waiting.clear();
    if (ports.isEmpty() && lastPorts.isEmpty()) {
      return 0;
    }
    try (SocketDiag diag = SocketDiag.open()) {
      if (diag == null) {
        return 0;
      }
      for (int family : new int[] {Libc.AF_INET, Libc.AF_INET6}) {
        diag.inet(
            family, SocketDiag.TCP, CLOSING_STATES | LISTEN_STATE, 0, this::takeClosingOrListening);
        for (int port = waiting.nextSetBit(0); port >= 0; port = waiting.nextSetBit(port + 1)) {
          diag.inet(family, SocketDiag.TCP, WAITING_STATES, port, this::takeOwnerless);
        }
        waiting.clear();
      }
    } catch (IOException e) {
      // What was summed until then is better than nothing.
      return ownerless;
    }
    return ownerless;
  }

  private void takeClosingOrListening(SocketFacts facts) {
    if (facts.state != SocketFacts.LISTEN) {
      takeOwnerless(facts);
    } else if (facts.acceptQueue > 0 && ports.get(facts.localPort)) {
      waiting.set(facts.localPort);
    }
  }

  private void takeOwnerless(SocketFacts facts) {
    if (facts.inode == 0 && (ports.get(facts.localPort) || lastPorts.get(facts.localPort))) {
      ownerless += Math.max(0, facts.kernelBytes);
    }
  }
}
