package io.weir.relay.loop;

/**
 * Something with deadlines that the loop looks at every {@link Loop#SWEEP_MILLIS}.
 *
 * <p>One sweep over plain objects costs less than a timer for each of ten thousand connections that
 * is moved at every byte. Deadlines are therefore met to within one sweep.
 */
public abstract class Timed {
  /** Place in the loop's list, -1 while not watched. Confined to the loop. */
  int sweepIndex = -1;

  /**
   * Checks the deadlines. Thread: the loop.
   *
   * @param nowNanos {@link System#nanoTime()} of this sweep
   */
  protected abstract void sweep(long nowNanos);

  /** {@link #sweep} threw, which is our fault and is recorded: give up, nobody will sweep again. */
  public abstract void abandon();

  /** The loop ends, and nobody will sweep this again: let go of everything at once. */
  protected void loopEnds() {
    abandon();
  }
}
