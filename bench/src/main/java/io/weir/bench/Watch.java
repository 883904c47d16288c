package io.weir.bench;

import java.io.IOException;
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

  private final Gauge gauge;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "watch");
  private volatile long residentBytes;
  private volatile long socketBytes = -1;
  private volatile long chargeBytes = -1;
  private volatile long machineBytes;

  Watch(Gauge gauge) {
    this.gauge = gauge;
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
    @Nullable Cgroup cgroup = gauge.cgroup();
    boolean all = cgroup != null || sockets;
    Gauge.Reading now = all ? gauge.read() : gauge.readResident();
    residentBytes = Math.max(residentBytes, now.residentBytes());
    socketBytes = Math.max(socketBytes, now.socketBytes());
    chargeBytes = Math.max(chargeBytes, now.chargeBytes());
    machineBytes = Math.max(machineBytes, SocketMemory.ofMachineBytes());
    if (cgroup != null) {
      socketBytes = Math.max(socketBytes, cgroup.socketPeakBytes());
      chargeBytes = Math.max(chargeBytes, cgroup.chargePeakBytes());
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
