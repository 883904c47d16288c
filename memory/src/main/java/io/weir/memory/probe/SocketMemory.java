package io.weir.memory.probe;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
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

  private static final int SOCKADDR_BYTES = 128;

  private final @Nullable Libc libc = Libc.get();
  private final int[] charge = new int[16];
  private final MemorySegment chargeSegment = MemorySegment.ofArray(charge);
  private final short[] address = new short[SOCKADDR_BYTES / 2];
  private final MemorySegment addressSegment = MemorySegment.ofArray(address);
  private final int[] length = new int[1];
  private final MemorySegment lengthSegment = MemorySegment.ofArray(length);

  private BitSet ports = new BitSet();
  private BitSet lastPorts = new BitSet();
  private final BitSet waiting = new BitSet();
  private long ownerless;

  private long bytes = -1;
  private long costNanos;
  private long readAtNanos;
  private int sockets;

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
    if (libc == null) {
      return -1;
    }
    long now = System.nanoTime();
    if (bytes < 0 || now - readAtNanos >= PACE * costNanos) {
      readAtNanos = now;
      look(libc);
      costNanos = System.nanoTime() - now;
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
    BitSet old = lastPorts;
    lastPorts = ports;
    ports = old;
    ports.clear();
    sockets = 0;
    long sum = 0;
    for (int fd = 0; fd < slots; fd++) {
      sum += owned(calls, fd);
    }
    bytes = sum + ownerless();
  }

  private long owned(Libc calls, int fd) {
    length[0] = 4 * charge.length;
    int result = calls.getsockopt(fd, Libc.SO_MEMINFO, chargeSegment, lengthSegment);
    if (result < 0 || length[0] < 4 * SocketCharge.FIELDS) {
      return 0;
    }
    sockets++;
    length[0] = SOCKADDR_BYTES;
    if (calls.getsockname(fd, addressSegment, lengthSegment) == 0
        && (address[0] == Libc.AF_INET || address[0] == Libc.AF_INET6)) {
      ports.set(SocketDiag.network(address[1]));
    }
    return SocketCharge.bytes(
        charge[SocketCharge.RECEIVE_ALLOCATED],
        charge[SocketCharge.SEND_ALLOCATED],
        charge[SocketCharge.FORWARD_ALLOCATED],
        charge[SocketCharge.SEND_QUEUED]);
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
