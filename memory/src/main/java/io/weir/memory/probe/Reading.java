package io.weir.memory.probe;

import org.jspecify.annotations.Nullable;

/**
 * What one probe saw, what it cost, and what it was not allowed to see.
 *
 * @param value what was seen, null where nothing was; may be partial, then {@code unseen} says what
 *     is missing
 * @param unseen what could not be seen and why, one sentence; empty where all was seen
 * @param remedy what would make it visible, one sentence or command; empty where nothing is missing
 *     or nothing helps
 * @param costNanos the time that the probe took
 */
public record Reading<T>(@Nullable T value, String unseen, String remedy, long costNanos) {
  /** All was seen. */
  public static <T> Reading<T> of(T value, long costNanos) {
    return new Reading<>(value, "", "", costNanos);
  }

  /** Nothing was seen. */
  public static <T> Reading<T> unseen(String why, String remedy, long costNanos) {
    return new Reading<>(null, why, remedy, costNanos);
  }

  /** There is nothing of this kind in the process. */
  public static <T> Reading<T> none() {
    return new Reading<>(null, "", "", 0);
  }
}
