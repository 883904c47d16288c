package io.weir.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Peaks of a proxy's memory while a load runs, looked at from a thread of its own.
 *
 * <p>Where there is a cgroup, the kernel itself keeps the peaks, and none is missed.
 */
final class Watch implements AutoCloseable {
  private static final long LOOK_MILLIS = 250;

  /** Listing the sockets of a thousand connections costs milliseconds. */
  private static final int LOOKS_BETWEEN_SOCKETS = 4;

  private final long root;
  private final int port;
  private final int originPort;
  private final @Nullable Cgroup cgroup;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "watch");
  private volatile long residentBytes;
  private volatile long socketBytes = -1;
  private volatile long chargeBytes = -1;
  private volatile long machineBytes;

  Watch(long root, int port, int originPort, @Nullable Cgroup cgroup) {
    this.root = root;
    this.port = port;
    this.originPort = originPort;
    this.cgroup = cgroup;
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      int look = 0;
      do {
        look(look++ % LOOKS_BETWEEN_SOCKETS == 0);
      } while (!done.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
      look(true);
    } catch (IOException | InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written by this thread alone
  private void look(boolean sockets) throws IOException {
    List<Long> pids = ProcessTree.of(root);
    long resident = ProcessTree.residentBytes(pids);
    residentBytes = Math.max(residentBytes, resident);
    machineBytes = Math.max(machineBytes, SocketMemory.ofMachineBytes());
    if (cgroup != null) {
      long now = Math.max(cgroup.socketBytes(), cgroup.socketPeakBytes());
      socketBytes = Math.max(socketBytes, now);
      long charge = Math.max(cgroup.chargeBytes(), cgroup.chargePeakBytes());
      chargeBytes = Math.max(chargeBytes, charge);
    } else if (sockets) {
      long now = SocketMemory.ofProxyBytes(port, originPort);
      socketBytes = Math.max(socketBytes, now);
      chargeBytes = now < 0 ? chargeBytes : Math.max(chargeBytes, resident + now);
    }
  }

  long residentBytes() {
    return residentBytes;
  }

  /** -1 where it cannot be seen. */
  long socketBytes() {
    return socketBytes;
  }

  /** -1 where it cannot be seen. */
  long chargeBytes() {
    return chargeBytes;
  }

  /** TCP memory of the whole machine. */
  long machineBytes() {
    return machineBytes;
  }

  /** Looks a last time, and ends. */
  @Override
  public void close() {
    done.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
