package io.weir.memory.probe;

/** Why a process cannot be looked at. */
public enum Obstacle {
  /** No {@code /proc} as Linux has it: another system, or it is not mounted. */
  NO_PROC,
  /** There is no such process in this PID namespace. */
  NO_SUCH_PROCESS,
  /** It ended while it was looked at. */
  ENDED,
  /** A kernel thread has no memory of its own. */
  KERNEL_THREAD,
  /** It has ended, and its parent has not taken notice. */
  ZOMBIE,
  /** The kernel refuses: another user's process, Yama, a container's rules. */
  NOT_PERMITTED,
  /** A layout that is not known here: 32 bits, another byte order. */
  OTHER_LAYOUT
}
