package io.weir.bench;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One proxy's memory as it is now.
 *
 * <p>The charge is what a container's limit would count. A cgroup counts it by itself; without one
 * it is added up: what is resident, what the kernel holds for sockets of all states, bytes in
 * pipes, page tables, kernel stacks, and the kernel's objects behind a socket.
 *
 * @param root pid of the proxy's first process
 * @param port that it listens on
 * @param originPort that it connects to
 * @param cgroup of its own, or null
 */
record Gauge(long root, int port, int originPort, @Nullable Cgroup cgroup) {
  /** Socket, file, inode and dentry of one TCP connection's end: measured, in kernels 5 and 6. */
  private static final long SOCKET_OBJECT_BYTES = 4096;

  /**
   * What was seen.
   *
   * @param residentBytes of all its processes
   * @param socketBytes what the kernel holds for its sockets, -1 where that cannot be seen
   * @param chargeBytes -1 where it cannot be seen
   */
  record Reading(long residentBytes, long socketBytes, long chargeBytes) {}

  /** Looks at all of it. */
  Reading read() throws IOException {
    List<Long> pids = ProcessTree.of(root);
    long resident = ProcessTree.residentBytes(pids);
    if (cgroup != null) {
      return new Reading(resident, cgroup.socketBytes(), cgroup.chargeBytes());
    }
    SocketMemory.Held held = SocketMemory.ofProxy(port, originPort);
    if (held == null) {
      return new Reading(resident, -1, -1);
    }
    long kernel = KernelMemory.bytes(pids) + held.sockets() * SOCKET_OBJECT_BYTES;
    return new Reading(resident, held.bytes(), resident + held.bytes() + kernel);
  }

  /** The resident set alone, which costs little to look at. */
  Reading readResident() throws IOException {
    return new Reading(ProcessTree.residentBytes(ProcessTree.of(root)), -1, -1);
  }
}
