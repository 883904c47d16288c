package io.weir.memory.probe;

/** Inodes, and the lowest descriptor of each: 24 bytes an inode. Thread: one at a time. */
final class InodeTable {
  /** 0 is an empty place; no inode has it. */
  private long[] inodes = new long[64];

  private int[] fds = new int[64];
  private int size;

  int size() {
    return size;
  }

  void put(long inode, int fd) {
    if (inode == 0) {
      return;
    }
    if (2 * size >= inodes.length) {
      grow();
    }
    int at = place(inode);
    if (inodes[at] == 0) {
      inodes[at] = inode;
      fds[at] = fd;
      size++;
    } else if (fd < fds[at]) {
      fds[at] = fd;
    }
  }

  /** The lowest descriptor of an inode, or -1. */
  int fd(long inode) {
    int at = place(inode);
    return inode != 0 && inodes[at] == inode ? fds[at] : -1;
  }

  /** The lowest descriptor of each inode, in no order. */
  int[] lowestFds() {
    int[] all = new int[size];
    int n = 0;
    for (int i = 0; i < inodes.length; i++) {
      if (inodes[i] != 0) {
        all[n++] = fds[i];
      }
    }
    return all;
  }

  private int place(long inode) {
    int mask = inodes.length - 1;
    int at = Long.hashCode(inode * 0x9E3779B97F4A7C15L) & mask;
    while (inodes[at] != 0 && inodes[at] != inode) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldInodes = inodes;
    int[] oldFds = fds;
    inodes = new long[2 * oldInodes.length];
    fds = new int[inodes.length];
    for (int i = 0; i < oldInodes.length; i++) {
      if (oldInodes[i] != 0) {
        int at = place(oldInodes[i]);
        inodes[at] = oldInodes[i];
        fds[at] = oldFds[i];
      }
    }
  }
}
