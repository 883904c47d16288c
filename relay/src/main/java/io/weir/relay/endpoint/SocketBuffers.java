package io.weir.relay.endpoint;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Sets the sizes of sockets' buffers. A kernel takes any size and cuts it to its limits, but a
 * sandbox may refuse the call (seccomp): then bytes flow all the same, but what the kernel holds is
 * not kept within the budget, and the log says so. Any thread.
 */
final class SocketBuffers {
  private static final System.Logger LOG = System.getLogger("io.weir");
  private static final AtomicBoolean REFUSAL_LOGGED = new AtomicBoolean();

  private SocketBuffers() {}

  /** Sets SO_RCVBUF, which the kernel doubles. */
  static void receive(int fd, int bytes) {
    set(fd, Libc.SO_RCVBUF, bytes);
  }

  /** Sets SO_SNDBUF, which the kernel doubles. */
  static void send(int fd, int bytes) {
    set(fd, Libc.SO_SNDBUF, bytes);
  }

  private static void set(int fd, int name, int bytes) {
    int result = Libc.setOption(fd, Libc.SOL_SOCKET, name, bytes);
    if (result < 0 && REFUSAL_LOGGED.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the size of a socket''s buffer was refused (error {0}): what the kernel holds for"
              + " connections may exceed --memory; allow setsockopt(2) with SO_RCVBUF and SO_SNDBUF",
          -result);
    }
  }
}
