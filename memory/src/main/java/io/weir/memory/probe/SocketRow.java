package io.weir.memory.probe;

/**
 * One socket of a process.
 *
 * @param inode names it in this network namespace; 0 for a socket that no descriptor owns any more
 * @param fd the lowest descriptor, or -1
 * @param protocol {@code tcp}, {@code tcp6}, {@code unix}, {@code udp}, ...
 * @param local address and port, or path
 * @param peer address and port, or empty
 * @param state as ss(8) names it: {@code ESTAB}, {@code LISTEN}, {@code FIN-WAIT-1}, ...
 * @param sendQueueBytes given to the kernel, not yet acknowledged by the peer
 * @param receiveQueueBytes arrived, not yet read by the process
 * @param kernelBytes memory that the kernel charges for its buffers, or -1 where it could not be
 *     seen. SK_MEMINFO: rmem_alloc + wmem_queued + fwd_alloc, which is to the byte what a cgroup is
 *     charged for TCP (measured on Linux 6.18 with 60 and 600 stalled readers, 92 and 920 MB);
 *     optmem and backlog are not in that charge. For udp and unix wmem_alloc in place of wmem_queued.
 *     A connection that waits to be accepted holds memory, but no cgroup is charged for it yet
 * @param sendBufferBytes the limit of the send buffer (SK_MEMINFO_SNDBUF), or -1
 */
public record SocketRow(
    long inode,
    int fd,
    String protocol,
    String local,
    String peer,
    String state,
    long sendQueueBytes,
    long receiveQueueBytes,
    long kernelBytes,
    long sendBufferBytes) {}
