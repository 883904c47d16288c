package io.weir.memory.probe;

/**
 * What the kernel charges for a socket's buffers, from its SK_MEMINFO_ numbers,
 * include/uapi/linux/sock_diag.h.
 */
final class SocketCharge {
  static final int RECEIVE_ALLOCATED = 0;
  static final int SEND_ALLOCATED = 2;
  static final int SEND_BUFFER = 3;
  static final int FORWARD_ALLOCATED = 4;
  static final int SEND_QUEUED = 5;

  /** From SK_MEMINFO_RMEM_ALLOC to SK_MEMINFO_BACKLOG; later kernels have one more. */
  static final int FIELDS = 8;

  private SocketCharge() {}

  /**
   * The sum, all numbers unsigned. TCP keeps its send queue in {@code queued}, and in {@code
   * sendAllocated} clones on their way through the device, which share its bytes; other protocols
   * have their send queue in {@code sendAllocated} only. So the larger counts.
   */
  static long bytes(int receiveAllocated, int sendAllocated, int forwardAllocated, int queued) {
    return (receiveAllocated & 0xffff_ffffL)
        + Math.max(sendAllocated & 0xffff_ffffL, queued & 0xffff_ffffL)
        + Math.max(0, forwardAllocated);
  }
}
