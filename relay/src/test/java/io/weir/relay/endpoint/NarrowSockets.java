package io.weir.relay.endpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Makes the send buffers of this process so small that writes are cut in every place. */
public final class NarrowSockets {
  private static final int TCP_LINGER2 = 8;

  private NarrowSockets() {}

  /**
   * Sets SO_SNDBUF of every socket that is open now; what a listener accepts later inherits it.
   *
   * @param bytes wanted; the kernel doubles it and has a least of about 4 kB
   */
  public static void sendBuffers(int bytes) throws IOException {
    set(Libc.SOL_SOCKET, Libc.SO_SNDBUF, bytes);
  }

  /**
   * Sets for how long a socket that was closed waits for the end of the other side, in seconds, for
   * every one that is open now: TCP_LINGER2, tcp(7). The kernel's own value is a minute.
   */
  public static void closedWait(int seconds) throws IOException {
    set(Libc.IPPROTO_TCP, TCP_LINGER2, seconds);
  }

  private static void set(int level, int name, int value) throws IOException {
    List<Path> all;
    try (Stream<Path> listed = Files.list(Path.of("/proc/self/fd"))) {
      all = listed.toList();
    }
    for (Path each : all) {
      if (isSocket(each)) {
        int fd = Integer.parseInt(each.getFileName().toString());
        Libc.setOption(fd, level, name, value);
      }
    }
  }

  private static boolean isSocket(Path fd) {
    try {
      return Files.readSymbolicLink(fd).toString().startsWith("socket:");
    } catch (IOException e) {
      return false; // closed meanwhile
    }
  }
}
