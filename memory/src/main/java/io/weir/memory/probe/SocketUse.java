package io.weir.memory.probe;

import java.util.List;

/**
 * The sockets of a process.
 *
 * @param rows all that carry an address or hold bytes
 * @param others how many further sockets there are of kinds that are not listed
 * @param ownerless sockets of this network namespace that no descriptor owns but that still hold
 *     data, and whose local port is one that this process listens on or has connections on
 */
public record SocketUse(List<SocketRow> rows, int others, List<SocketRow> ownerless) {
  /** Bytes that the kernel holds for them, where it could be seen, else the queues' lengths. */
  public long kernelBytes() {
    return sum(rows) + sum(ownerless);
  }

  private static long sum(List<SocketRow> rows) {
    return rows.stream()
        .mapToLong(
            row ->
                row.kernelBytes() >= 0
                    ? row.kernelBytes()
                    : row.sendQueueBytes() + row.receiveQueueBytes())
        .sum();
  }
}
