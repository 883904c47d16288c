package io.weir.memory.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors of a process, by one pass over the links in {@code /proc/PID/fd}, proc_pid_fd(5):
 * how many of each kind, and the inodes of sockets and pipes, which {@link Sockets} and {@link
 * Pipes} need. Needs PTRACE_MODE_READ. Some microseconds a descriptor.
 */
public final class Descriptors {
  /** The kernel's own default for the most that a process may have, fs.nr_open. */
  static final int DESCRIPTORS_MAX = 1 << 20;

  private static final int LINK_BYTES_MAX = 256;
  private static final byte[] SOCKET = "socket:[".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] PIPE = "pipe:[".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EPOLL = "anon_inode:[eventpoll]".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ANONYMOUS = "anon_inode:".getBytes(StandardCharsets.US_ASCII);

  private final InodeTable sockets = new InodeTable();
  private final InodeTable pipes = new InodeTable();
  private Reading<DescriptorUse> use = Reading.none();
  private int socketCount;
  private int pipeCount;
  private int fileCount;
  private int epollCount;
  private int anonymousCount;

  Descriptors() {}

  /**
   * The descriptors now.
   *
   * @throws ObstacleException where the process has ended
   */
  public static Descriptors read(Target target) throws ObstacleException {
    long from = System.nanoTime();
    Descriptors descriptors = new Descriptors();
    Path folder = target.file("fd");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      boolean all = descriptors.takeAll(entries, folder);
      target.requireAlive();
      descriptors.use =
          new Reading<>(
              descriptors.count(),
              all ? "" : "only the first " + DESCRIPTORS_MAX + " descriptors were looked at",
              "",
              System.nanoTime() - from);
    } catch (ObstacleException e) {
      throw e;
    } catch (DirectoryIteratorException e) {
      descriptors.use =
          target.unseen("the descriptors", e, System.nanoTime() - from);
    } catch (IOException e) {
      descriptors.use = target.unseen("the descriptors", e, System.nanoTime() - from);
    }
    return descriptors;
  }

  private boolean takeAll(DirectoryStream<Path> entries, Path folder) {
    Links links = new Links(folder);
    byte[] link = new byte[LINK_BYTES_MAX];
    int seen = 0;
    for (Path entry : entries) {
      if (seen++ == DESCRIPTORS_MAX) {
        return false;
      }
      String name = entry.getFileName().toString();
      int length = links.read(name, entry, link);
      if (length >= 0) {
        take(number(name), link, length);
      }
    }
    return true;
  }

  private static int number(String name) {
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  void take(int fd, byte[] link, int length) {
    if (startsWith(link, length, SOCKET)) {
      socketCount++;
      sockets.put(inode(link, SOCKET.length, length), fd);
    } else if (startsWith(link, length, PIPE)) {
      pipeCount++;
      pipes.put(inode(link, PIPE.length, length), fd);
    } else if (startsWith(link, length, EPOLL)) {
      epollCount++;
    } else if (startsWith(link, length, ANONYMOUS)) {
      anonymousCount++;
    } else {
      fileCount++;
    }
  }

  private static boolean startsWith(byte[] link, int length, byte[] prefix) {
    if (length < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (link[i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** The number up to the bracket, or 0 where there is none that fits. */
  private static long inode(byte[] link, int from, int length) {
    long inode = 0;
    int at = from;
    while (at < length && link[at] >= '0' && link[at] <= '9' && inode < Long.MAX_VALUE / 10 - 1) {
      inode = inode * 10 + (link[at++] - '0');
    }
    return at < length && link[at] == ']' ? inode : 0;
  }

  DescriptorUse count() {
    return new DescriptorUse(socketCount, pipeCount, fileCount, epollCount, anonymousCount);
  }

  /** How many there are of each kind. */
  public Reading<DescriptorUse> use() {
    return use;
  }

  InodeTable sockets() {
    return sockets;
  }

  InodeTable pipes() {
    return pipes;
  }

  /** Reads links; by the C library where it may, since that costs no object for each. */
  private static final class Links {
    private final @Nullable Libc libc = Libc.get();
    private final byte[] path;
    private final int folderLength;

    Links(Path folder) {
      byte[] prefix = (folder + "/").getBytes(StandardCharsets.UTF_8);
      folderLength = prefix.length;
      path = new byte[folderLength + 16];
      System.arraycopy(prefix, 0, path, 0, folderLength);
    }

    /** Bytes of the link, or -1 where the descriptor is closed by now. */
    int read(String name, Path entry, byte[] into) {
      if (libc != null && name.length() < 16) {
        for (int i = 0; i < name.length(); i++) {
          path[folderLength + i] = (byte) name.charAt(i);
        }
        path[folderLength + name.length()] = 0;
        return Math.max(-1, libc.readlink(path, into));
      }
      try {
        byte[] link =
            Files.readSymbolicLink(entry).toString().getBytes(StandardCharsets.UTF_8);
        int length = Math.min(link.length, into.length);
        System.arraycopy(link, 0, into, 0, length);
        return length;
      } catch (IOException e) {
        return -1;
      }
    }
  }
}
