package io.weir.memory.probe;

/**
 * One line of {@code /proc/PID/maps}, proc_pid_maps(5).
 *
 * @param permissions as the kernel writes them: {@code rw-p}
 * @param offsetBytes into the file
 * @param inode of the file, 0 for anonymous memory
 * @param name a path, a name in brackets such as {@code [heap]}, or empty
 */
public record Mapping(
    AddressRange range, String permissions, long offsetBytes, long inode, String name) {
  /** Private memory without a file behind it, whatever name it has. */
  public boolean isAnonymous() {
    return inode == 0 && permissions.length() > 3 && permissions.charAt(3) == 'p';
  }

  /** May the process write to it? */
  public boolean isWritable() {
    return permissions.length() > 1 && permissions.charAt(1) == 'w';
  }
}
