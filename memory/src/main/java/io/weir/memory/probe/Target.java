package io.weir.memory.probe;

import java.nio.file.Path;

/**
 * A process to look at. Its number may come to name another process while we look: whoever reads
 * several files asks {@link #isAlive} last. Any thread.
 */
public final class Target {
  private final long pid;
  private final Path folder;

  private Target(long pid, Path folder) {
    this.pid = pid;
    this.folder = folder;
  }

  /**
   * The process of this number.
   *
   * @throws ObstacleException where there is none, or none that has memory to look at
   */
  public static Target of(long pid) throws ObstacleException {
    return new Target(pid, Path.of("/proc", Long.toString(pid)));
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

  /** Is it this very process? */
  public boolean isSelf() {
    return pid == ProcessHandle.current().pid();
  }

  /** Is it still the process that it was? */
  public boolean isAlive() {
    return folder.toFile().exists();
  }
}
