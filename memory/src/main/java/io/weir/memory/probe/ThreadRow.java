package io.weir.memory.probe;

/**
 * A thread.
 *
 * @param tid as the kernel numbers it
 * @param name comm
 * @param stackPointer an address in its stack, or 0 where it could not be seen (the thread runs, or
 *     it is not allowed); from {@code /proc/PID/task/TID/syscall}
 */
public record ThreadRow(int tid, String name, long stackPointer) {}
