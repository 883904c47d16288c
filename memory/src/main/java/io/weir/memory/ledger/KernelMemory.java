package io.weir.memory.ledger;

import io.weir.memory.ledger.LedgerRow.Kind;
import io.weir.memory.probe.DescriptorUse;
import io.weir.memory.probe.MemoryUse;
import io.weir.memory.probe.PipeUse;
import io.weir.memory.probe.SocketUse;
import java.util.EnumMap;
import java.util.Map;

/**
 * What the kernel holds for a process. Page tables and socket buffers are read; the objects
 * themselves are counted and multiplied, since no file tells their bytes by process.
 */
final class KernelMemory {
  /**
   * A TCP socket with its inode, dentry, file and epoll item: slab objects on Linux 5.10 to 6.18.
   */
  static final long SOCKET_BYTES = 4_096;

  /** A descriptor of another kind: file, dentry, inode, and the buffer head of a pipe. */
  static final long DESCRIPTOR_BYTES = 1_024;

  /** A thread: its kernel stack of 16 KiB and its task. */
  static final long THREAD_BYTES = 16_384 + 10_240;

  /** A mapping: its vm_area_struct, and a share of the tree and the anon_vma. */
  static final long MAPPING_BYTES = 320;

  /** A process: mm, signal handlers, namespaces, tables of descriptors. */
  static final long PROCESS_BYTES = 65_536;

  private KernelMemory() {}

  static Map<Kind, Long> of(Look look) {
    EnumMap<Kind, Long> bytes = new EnumMap<>(Kind.class);
    bytes.put(Kind.PAGE_TABLES, Math.max(0, look.status().pageTableBytes()));
    SocketUse sockets = look.sockets().value();
    bytes.put(Kind.SOCKETS, sockets == null ? 0 : sockets.kernelBytes());
    PipeUse pipes = look.pipes().value();
    bytes.put(Kind.PIPES, pipes == null ? 0 : Math.max(0, pipes.heldBytes()));
    MemoryUse memory = look.memory().value();
    DescriptorUse descriptors = look.descriptors().value();
    bytes.put(
        Kind.KERNEL_OBJECTS,
        objectBytes(
            look.status().threads(),
            memory == null ? 0 : memory.mappings().size(),
            descriptors == null ? 0 : descriptors.sockets(),
            descriptors == null ? 0 : descriptors.total() - descriptors.sockets()));
    return bytes;
  }

  static long objectBytes(int threads, int mappings, int sockets, int otherDescriptors) {
    return PROCESS_BYTES
        + threads * THREAD_BYTES
        + mappings * MAPPING_BYTES
        + sockets * SOCKET_BYTES
        + otherDescriptors * DESCRIPTOR_BYTES;
  }

  static long sum(Map<Kind, Long> bytes) {
    long sum = 0;
    for (Map.Entry<Kind, Long> entry : bytes.entrySet()) {
      sum += entry.getKey().isKernel() ? entry.getValue() : 0;
    }
    return sum;
  }
}
