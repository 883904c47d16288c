package io.weir.memory.ledger;

import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.DescriptorUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.PipeUse;
import io.weir.memory.probe.SocketUse;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel holds for a process. Page tables and socket buffers are read; the objects
 * themselves are counted and multiplied, since no file tells their bytes by process. What one costs
 * was measured on Linux 6.18 by making thousands of them in a cgroup
 * (docs/decisions/0009-charge.md).
 */
final class KernelMemory {
  /** A TCP socket with its inode, dentry, file and epoll item. */
  static final long SOCKET_BYTES = 4_096;

  /** Half a pipe: its ends are counted as descriptors, and share the pipe itself. */
  static final long PIPE_END_BYTES = 1_280;

  /** Another descriptor: its file. */
  static final long DESCRIPTOR_BYTES = 256;

  /** A thread: its kernel stack of 16 KiB and its task; its page tables are counted elsewhere. */
  static final long THREAD_BYTES = 22_528;

  /** A mapping: its vm_area_struct and its share of the tree. */
  static final long MAPPING_BYTES = 200;

  private KernelMemory() {}

  static Map<Kind, Long> of(Look look) {
    EnumMap<Kind, Long> bytes = new EnumMap<>(Kind.class);
    bytes.put(Kind.PAGE_TABLES, Math.max(0, look.status().pageTableBytes()));
    SocketUse sockets = look.sockets().value();
    bytes.put(Kind.SOCKETS, sockets == null ? 0 : sockets.kernelBytes());
    PipeUse pipes = look.pipes().value();
    bytes.put(Kind.PIPES, pipes == null ? 0 : Math.max(0, pipes.heldBytes()));
    bytes.put(Kind.KERNEL_OBJECTS, objectBytes(look));
    return bytes;
  }

  private static long objectBytes(Look look) {
    MemoryUse memory = look.memory().value();
    return look.status().threads() * THREAD_BYTES
        + (memory == null ? 0 : memory.count() * MAPPING_BYTES)
        + objectBytes(look.descriptors().value());
  }

  private static long objectBytes(@Nullable DescriptorUse descriptors) {
    if (descriptors == null) {
      return 0;
    }
    int others = descriptors.total() - descriptors.sockets() - descriptors.pipes();
    return descriptors.sockets() * SOCKET_BYTES
        + descriptors.pipes() * PIPE_END_BYTES
        + others * DESCRIPTOR_BYTES;
  }

  static long sum(Map<Kind, Long> bytes) {
    long sum = 0;
    for (Map.Entry<Kind, Long> entry : bytes.entrySet()) {
      sum += entry.getKey().isKernel() ? entry.getValue() : 0;
    }
    return sum;
  }
}
