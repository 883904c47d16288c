package io.weir.memory.probe;

/**
 * How many descriptors a process has open, by what they name.
 *
 * @param epoll and other anonymous inodes (eventfd, timerfd, ...) are in {@code anonymous}
 */
public record DescriptorUse(int sockets, int pipes, int files, int epoll, int anonymous) {
  /** All descriptors. */
  public int total() {
    return sockets + pipes + files + epoll + anonymous;
  }
}
