package io.weir.memory.ledger;

import io.weir.memory.probe.Cgroup;
import io.weir.memory.probe.CgroupUse;
import io.weir.memory.probe.OwnMalloc;
import io.weir.memory.probe.ProcessStatus;
import io.weir.memory.probe.ResidentSet;
import io.weir.memory.probe.SocketMemory;
import io.weir.memory.probe.StatusFile;
import io.weir.memory.probe.Target;
import java.io.IOException;

/**
 * The ledger's totals for this process, cheap enough for once a second: no mapping is walked and no
 * chunk counted. Confined to one thread, which is not an event loop.
 */
public final class Pulse {
  /** One for all who count: it paces itself, so many of them cost no more than one. */
  private static final SocketMemory SOCKET_MEMORY = SocketMemory.ofThisProcess();

  private final Target self;
  private final ResidentSet residentSet;

  /**
   * All bytes.
   *
   * @param rssBytes resident user memory
   * @param chargeBytes as the ledger has it
   * @param liveBytes malloc's live bytes, -1 where this malloc does not tell
   * @param kernelBytes page tables, socket buffers, and the objects themselves
   * @param socketBytes of these, the socket buffers
   */
  public record Beat(
      long rssBytes, long chargeBytes, long liveBytes, long kernelBytes, long socketBytes) {}

  private Pulse(Target self, ResidentSet residentSet) {
    this.self = self;
    this.residentSet = residentSet;
  }

  /**
   * The pulse of this process.
   *
   * @throws IOException where there is no {@code /proc} as Linux has it
   */
  public static Pulse ofThisProcess() throws IOException {
    return new Pulse(Target.self(), ResidentSet.ofThisProcess());
  }

  /**
   * The figures of now.
   *
   * @throws IOException where /proc can no longer be read
   */
  public Beat next() throws IOException {
    ProcessStatus status = StatusFile.read(self);
    long socketBytes = Math.max(0, SOCKET_MEMORY.bytes());
    long kernelBytes =
        status.pageTableBytes()
            + socketBytes
            + status.threads() * KernelMemory.THREAD_BYTES
            + SOCKET_MEMORY.sockets() * KernelMemory.SOCKET_BYTES;
    long rssBytes = residentSet.bytes();
    CgroupUse cgroup = Ledger.alone(Cgroup.read(self).value());
    long chargeBytes = cgroup == null ? rssBytes + kernelBytes : Ledger.charge(cgroup, socketBytes);
    return new Beat(rssBytes, chargeBytes, OwnMalloc.liveBytes(), kernelBytes, socketBytes);
  }
}
