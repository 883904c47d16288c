package io.weir.memory.probe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A process to look at. Its number may come to name another process while we look: whoever reads
 * several files asks {@link #isAlive} last. Any thread.
 *
 * <p>Sources: {@code stat} and {@code status} below {@code /proc/PID}; proc_pid_stat(5),
 * proc_pid_status(5). The time at which a process started, in ticks since boot, tells it from a
 * later one of the same number.
 */
public final class Target {
  /** PID_MAX_LIMIT of 64-bit Linux; proc_sys_kernel(5), pid_max. */
  private static final long PID_MAX = 1 << 22;

  private final long pid;
  private final Path root;
  private final Path folder;
  private final long startTicks;

  private Target(long pid, Path root, long startTicks) {
    this.pid = pid;
    this.root = root;
    this.folder = root.resolve(Long.toString(pid));
    this.startTicks = startTicks;
  }

  /**
   * The process of this number.
   *
   * @throws ObstacleException where there is none, or none that has memory to look at
   */
  public static Target of(long pid) throws ObstacleException {
    return of(Path.of("/proc"), pid);
  }

  /** As {@link #of(long)}, in any tree that reads like {@code /proc}. */
  static Target of(Path root, long pid) throws ObstacleException {
    if (!Files.exists(root.resolve("self"))) {
      throw new ObstacleException(
          Obstacle.NO_PROC,
          "there is no " + root + " as Linux has it: the doctor needs Linux" + systemName(),
          "run it on the Linux machine or in the container where the process runs");
    }
    if (pid <= 0 || pid > PID_MAX) {
      throw new ObstacleException(
          Obstacle.NO_SUCH_PROCESS,
          pid + " is no process id: Linux numbers processes from 1 to " + PID_MAX,
          "pgrep -l NAME tells the ids of processes");
    }
    Path folder = root.resolve(Long.toString(pid));
    try {
      StatLine stat = StatLine.read(folder.resolve("stat"));
      refuseUnlessWhole(pid, StatusFile.read(folder.resolve("status")), stat);
      return new Target(pid, root, stat.startTicks());
    } catch (ObstacleException e) {
      throw e;
    } catch (AccessDeniedException e) {
      throw new ObstacleException(
          Obstacle.NOT_PERMITTED,
          "process " + pid + " may not be looked at: " + e.getFile() + " may not be read",
          "run as root, or as the user of the process");
    } catch (IOException e) {
      throw absent(root, pid, e);
    }
  }

  private static String systemName() {
    String name = System.getProperty("os.name", "");
    return name.toLowerCase(Locale.ROOT).contains("linux") ? "" : ", and this is " + name;
  }

  private static void refuseUnlessWhole(long pid, StatusFile.Fields status, StatLine stat)
      throws ObstacleException {
    if (status.tgid() > 0 && status.tgid() != pid) {
      throw new ObstacleException(
          Obstacle.NO_SUCH_PROCESS,
          pid + " is a thread of process " + status.tgid() + " (" + status.name() + ")",
          "look at process " + status.tgid());
    }
    if (stat.state() == 'Z' && stat.threads() > 1) {
      throw new ObstacleException(
          Obstacle.ZOMBIE,
          "the first thread of process "
              + pid
              + " has ended while others run: the kernel shows no memory under its number",
          "");
    }
    if (stat.state() == 'Z') {
      throw new ObstacleException(
          Obstacle.ZOMBIE,
          "process " + pid + " (" + status.name() + ") has ended and has no memory any more: it is"
              + " a zombie until its parent, process " + stat.parent() + ", waits for it",
          "");
    }
    if (stat.isKernelThread()) {
      throw new ObstacleException(
          Obstacle.KERNEL_THREAD,
          pid + " (" + status.name() + ") is a thread of the kernel: it has no memory of its own",
          "");
    }
    if (stat.state() == 'X' || !status.hasMemory()) {
      throw new ObstacleException(Obstacle.ENDED, "process " + pid + " is ending", "");
    }
  }

  private static ObstacleException absent(Path root, long pid, IOException e) {
    if (e instanceof UnexpectedTextException) {
      return new ObstacleException(Obstacle.OTHER_LAYOUT, String.valueOf(e.getMessage()), "");
    }
    if (e instanceof NoSuchFileException && Mounts.hidesProcesses(root.resolve("self/mountinfo"))) {
      return new ObstacleException(
          Obstacle.NOT_PERMITTED,
          "process " + pid + " cannot be seen: there is none, or it is another user's, since "
              + root + " hides those (mount option hidepid)",
          "run as root, or as the user of the process");
    }
    return new ObstacleException(
        Obstacle.NO_SUCH_PROCESS,
        "there is no process " + pid + " in this PID namespace",
        "a process in a container has another id outside: the last number of NSpid in"
            + " /proc/PID/status is the one inside");
  }

  /** This process. */
  public static Target self() throws ObstacleException {
    return of(ProcessHandle.current().pid());
  }

  /** As the kernel numbers it in this process' PID namespace. */
  public long pid() {
    return pid;
  }

  /** A file below {@code /proc/PID}. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /** A file below {@code /proc}. */
  Path rootFile(String name) {
    return root.resolve(name);
  }

  /** Is it this very process? */
  public boolean isSelf() {
    return pid == ProcessHandle.current().pid();
  }

  /** Is it still the process that it was, and not ended? */
  public boolean isAlive() {
    try {
      StatLine stat = StatLine.read(folder.resolve("stat"));
      return stat.startTicks() == startTicks && stat.state() != 'Z' && stat.state() != 'X';
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Bits of an address in the process, by the ELF header of its executable, elf(5): 64, 32, or 0
   * where it could not be read.
   */
  public int addressBits() {
    try (InputStream exe = Files.newInputStream(folder.resolve("exe"))) {
      byte[] header = exe.readNBytes(5);
      if (header.length < 5 || header[0] != 0x7f || header[1] != 'E') {
        return 0;
      }
      return header[4] == 1 ? 32 : header[4] == 2 ? 64 : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * Fails where the process has gone.
   *
   * @throws ObstacleException with {@link Obstacle#ENDED}
   */
  public void requireAlive() throws ObstacleException {
    if (!isAlive()) {
      throw new ObstacleException(
          Obstacle.ENDED, "process " + pid + " ended while it was looked at", "");
    }
  }

  /**
   * What a failure to read one of its files means to the user.
   *
   * @throws ObstacleException where the process has gone: then nothing else can be read either
   */
  <T> Reading<T> unseen(String what, IOException e, long costNanos) throws ObstacleException {
    requireAlive();
    if (isRefusal(e)) {
      return Reading.unseen(
          what + " of process " + pid + " cannot be seen: the kernel does not permit it, since "
              + refusalReason(),
          permitRemedy(),
          costNanos);
    }
    return Reading.unseen(
        what + " of process " + pid + " cannot be seen: " + e.getMessage(), "", costNanos);
  }

  /** As above, for a folder whose listing broke off. */
  <T> Reading<T> unseen(String what, DirectoryIteratorException e, long costNanos)
      throws ObstacleException {
    IOException cause = e.getCause();
    return unseen(what, cause == null ? new IOException(e) : cause, costNanos);
  }

  /** EACCES as it opens, EPERM as it reads. */
  static boolean isRefusal(IOException e) {
    return e instanceof AccessDeniedException
        || String.valueOf(e.getMessage()).contains("not permitted");
  }

  private String refusalReason() {
    int owner = uid(folder);
    int ours = uid(root.resolve("self"));
    return owner != ours && owner >= 0
        ? "it belongs to user " + owner
        : "it is protected, or has privileges that this process has not";
  }

  /** What helps where the kernel refuses; ptrace(2), PTRACE_MODE_READ. */
  String permitRemedy() {
    return uid(root.resolve("self")) == 0
        ? "run with the capability SYS_PTRACE, in a container: docker run --cap-add SYS_PTRACE"
        : "run as root, or as the user of the process";
  }

  /** The effective user, or -1 where it cannot be told. */
  private static int uid(Path process) {
    try {
      return StatusFile.read(process.resolve("status")).uid();
    } catch (IOException e) {
      return -1;
    }
  }

  /** What helps where the kernel refuses to attach; Yama, ptrace(2). */
  String attachRemedy() {
    return ProcText.number(root.resolve("sys/kernel/yama/ptrace_scope")) > 0
        ? "run as root, or with `sysctl kernel.yama.ptrace_scope=0`"
        : permitRemedy();
  }
}
