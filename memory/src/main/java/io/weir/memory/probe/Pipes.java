package io.weir.memory.probe;

import java.nio.charset.StandardCharsets;

/**
 * The pipes of a process, each once: how many bytes wait inside and how many they could hold;
 * FIONREAD and F_GETPIPE_SZ, pipe(7), fcntl(2). The memory behind them is more: a byte pins the
 * page that it is in.
 *
 * <p>The kernel tells it through a descriptor only, so a pipe of another process is opened for
 * reading by its link {@code /proc/PID/fd/N}, without waiting, and closed at once. Nothing is read
 * from it. That is harmless, fifo(7): it is one more reader for some microseconds. It wakes nobody
 * as it comes, since the pipe is open already, and as it goes only writers to a pipe that has no
 * other reader left, which get then the EPIPE that they would have got before. Pipes of this
 * process are asked directly.
 */
public final class Pipes {
  private Pipes() {}

  /**
   * The pipes among these descriptors.
   *
   * @throws ObstacleException where the process has ended
   */
  public static Reading<PipeUse> read(Target target, Descriptors descriptors)
      throws ObstacleException {
    long from = System.nanoTime();
    Reading<DescriptorUse> use = descriptors.use();
    if (use.value() == null) {
      return Reading.unseen(use.unseen(), use.remedy(), 0);
    }
    int count = descriptors.pipes().size();
    Libc libc = Libc.get();
    if (count == 0) {
      return new Reading<>(new PipeUse(0, 0, 0), use.unseen(), use.remedy(), 0);
    }
    if (libc == null) {
      return new Reading<>(
          new PipeUse(count, -1, -1),
          "what pipes hold cannot be seen without native access",
          Libc.REMEDY,
          System.nanoTime() - from);
    }
    return sum(target, descriptors.pipes(), libc, from);
  }

  private static Reading<PipeUse> sum(Target target, InodeTable pipes, Libc libc, long from)
      throws ObstacleException {
    long held = 0;
    long capacity = 0;
    int unseen = 0;
    for (int fd : pipes.lowestFds()) {
      int opened = target.isSelf() ? fd : open(target, fd, libc);
      int bytes = opened < 0 ? opened : libc.ioctlInt(opened, Libc.FIONREAD);
      int size = opened < 0 ? opened : libc.fcntl(opened, Libc.F_GETPIPE_SZ);
      if (opened >= 0 && !target.isSelf()) {
        libc.close(opened);
      }
      if (bytes < 0 || size < 0) {
        unseen++;
      } else {
        held += bytes;
        capacity += size;
      }
    }
    target.requireAlive();
    boolean none = unseen == pipes.size();
    PipeUse use = new PipeUse(pipes.size(), none ? -1 : held, none ? -1 : capacity);
    return new Reading<>(
        use,
        unseen == 0 ? "" : "what " + unseen + " of " + pipes.size() + " pipes hold cannot be seen",
        unseen == 0 ? "" : target.permitRemedy(),
        System.nanoTime() - from);
  }

  private static int open(Target target, int fd, Libc libc) {
    byte[] path = (target.file("fd/" + fd) + "\0").getBytes(StandardCharsets.UTF_8);
    return libc.open(path, Libc.O_RDONLY_NONBLOCK_CLOEXEC);
  }
}
