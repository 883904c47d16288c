package io.weir.admin;

import io.weir.memory.doctor.Finding;
import io.weir.memory.doctor.Watch;
import io.weir.memory.ledger.Ledger;
import io.weir.memory.ledger.Look;
import io.weir.memory.ledger.Observer;
import io.weir.memory.probe.ObstacleException;
import io.weir.memory.probe.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The doctor's look at this very process, as often as it may cost. Confined to the sampler's
 * thread.
 *
 * <p>A look takes a tenth of a second of CPU beside 1,000 flows and half a second beside 9,000, so
 * the pause after one is {@link #PACE} times what it took. Only sums are kept of it: what would be
 * kept of 20,000 sockets is larger than what is free of the heap.
 */
final class SelfLook {
  /** Of the time, looks have no more than this part of a core. */
  private static final long PACE = 300;

  private static final long PAUSE_NANOS_MIN = 10_000_000_000L;
  private static final Path CPU = Path.of("/proc/thread-self/schedstat");

  private final Watch watch = new Watch();
  private @Nullable Observer observer;
  private @Nullable Ledger ledger;
  private @Nullable Finding finding;
  private String obstacle = "";
  private long atNanos;
  private long nextNanos = System.nanoTime();

  /** Looks, if it is time to. */
  void look() {
    long beganNanos = System.nanoTime();
    if (beganNanos - nextNanos < 0) {
      return;
    }
    long cpuBefore = cpuNanos();
    try {
      Observer self = observer;
      if (self == null) {
        self = Observer.of(Target.self(), true);
        observer = self;
      }
      Look look = self.look();
      Ledger fresh = Ledger.of(look);
      watch.add(look, fresh);
      finding = watch.judge().findings().getFirst();
      watch.slimLatest();
      ledger = fresh;
      obstacle = "";
      atNanos = beganNanos;
    } catch (ObstacleException e) {
      obstacle = String.valueOf(e.getMessage());
    }
    long endNanos = System.nanoTime();
    long cpuAfter = cpuNanos();
    long cost = cpuBefore < 0 || cpuAfter < 0 ? endNanos - beganNanos : cpuAfter - cpuBefore;
    nextNanos = endNanos + Math.max(PAUSE_NANOS_MIN, cost * PACE);
  }

  /** The time that this thread has run, or -1 where the kernel does not tell. */
  private static long cpuNanos() {
    try {
      String text = Files.readString(CPU);
      return Long.parseLong(text, 0, text.indexOf(' '), 10);
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
      return -1;
    }
  }

  /** The rows of the last look, or null before the first. */
  @Nullable Ledger ledger() {
    return ledger;
  }

  /** The weightiest finding of the looks so far, or null before the first. */
  @Nullable Finding finding() {
    return finding;
  }

  /** Why there was no look, or empty. */
  String obstacle() {
    return obstacle;
  }

  /** How old the last look is, milliseconds. */
  long ageMillis() {
    return (System.nanoTime() - atNanos) / 1_000_000;
  }
}
