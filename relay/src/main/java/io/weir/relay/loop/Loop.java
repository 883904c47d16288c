package io.weir.relay.loop;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SingleThreadIoEventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One event loop: Netty's reactor, and on it the relay's own turns, sweep and scratch space.
 *
 * <h2>Turns</h2>
 *
 * A flow moves a bounded number of bytes and then gives way. A task that re-executes itself with
 * {@code execute} is run again in the same round, up to a second, and starves new connections; so
 * turns have a queue of their own, and each round of the loop takes what was in it when the round
 * began, once:
 *
 * <pre>
 *   +--> wait for events (not at all while turns wait)
 *   |        |
 *   |    handle events: new connections, new heads, sockets that became ready
 *   |        |
 *   |    one turn for each flow that gave way          giveWay() ---> queue of the next round
 *   |        |
 *   +--- tasks from other threads, timers
 * </pre>
 *
 * <h2>Faults</h2>
 *
 * Netty calls a handle without a catch: an exception would drop the rest of the batch of
 * edge-triggered events and make the loop sleep a second. Whoever is called here catches and
 * reports to {@link Faults}.
 *
 * <p>Thread: everything here belongs to the loop's thread unless a method says otherwise.
 */
public final class Loop extends SingleThreadIoEventLoop {
  /**
   * How often deadlines are looked at, milliseconds. Shorter costs wake-ups of an idle process,
   * longer makes a timeout of one second inexact.
   */
  public static final int SWEEP_MILLIS = 250;

  /**
   * Largest piece that a flow takes through user space at once, bytes. Measured on 16 bulk
   * downloads: 64 KiB costs 0.78 CPU seconds a GB, 256 KiB 0.72; beyond that the second-level cache
   * is left.
   */
  public static final int IN_BYTES = 256 * 1024;

  /**
   * Room for a rewritten head: the largest head that is accepted, and what the relay adds to it.
   */
  public static final int OUT_BYTES = 96 * 1024;

  private long round;
  private final Scratch in = new Scratch(IN_BYTES);
  private final Scratch out = new Scratch(OUT_BYTES);
  private final Faults faults;
  private final AtomicInteger load = new AtomicInteger();
  private final LoopPace pace = new LoopPace();
  private final ArrayList<Timed> watched = new ArrayList<>();
  private final ArrayDeque<Turn> turns = new ArrayDeque<>();

  Loop(IoEventLoopGroup group, Executor executor, IoHandlerFactory io, Faults faults) {
    super(group, executor, io);
    this.faults = faults;
  }

  /** Starts the sweep. Called once, from any thread, before the loop is used. */
  void startSweep() {
    var _ = scheduleWithFixedDelay(this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Where bytes are peeked to. Borrowed for the present turn. */
  public Scratch in() {
    return in;
  }

  /** Where heads are written. Borrowed for the present turn. */
  public Scratch out() {
    return out;
  }

  /**
   * Client connections that this loop has; raised by whoever places one here, lowered by its owner
   * when it closes. Any thread: each change is one atomic addition, and nothing but where the next
   * connection is placed depends on it.
   */
  public AtomicInteger load() {
    return load;
  }

  /** Where exceptions of ours are counted. */
  public Faults faults() {
    return faults;
  }

  /** How late it is. Any thread. */
  public LoopPace pace() {
    return pace;
  }

  /** Lets everything else that is ready go first, then calls {@code turn} once. */
  public void giveWay(Turn turn) {
    turns.add(turn);
  }

  /** Has {@code timed} swept from now on; no effect if it is already. */
  public void watch(Timed timed) {
    if (timed.sweepIndex < 0) {
      timed.sweepIndex = watched.size();
      watched.add(timed);
    }
  }

  /** Ends the watch; no effect if there is none. */
  public void unwatch(Timed timed) {
    int index = timed.sweepIndex;
    if (index < 0) {
      return;
    }
    timed.sweepIndex = -1;
    Timed last = watched.removeLast();
    if (index < watched.size()) {
      watched.set(index, last);
      last.sweepIndex = index;
    }
  }

  /** Has everything that is still watched let go: the last thing before the loop ends. */
  public void endWatches() {
    while (!watched.isEmpty()) {
      Timed last = watched.getLast();
      unwatch(last);
      try {
        last.loopEnds();
      } catch (Throwable t) {
        faults.record(t);
      }
    }
  }

  private void sweep() {
    long nowNanos = System.nanoTime();
    pace.began(nowNanos, SWEEP_MILLIS * 1_000_000L);
    // From the end, since a sweep may unwatch itself; one that moves down meanwhile waits a sweep.
    for (int i = watched.size() - 1; i >= 0; i--) {
      if (i < watched.size()) {
        Timed timed = watched.get(i);
        try {
          timed.sweep(nowNanos);
        } catch (Throwable t) {
          unwatch(timed);
          faults.record(t);
          abandon(timed);
        }
      }
    }
    pace.ended(System.nanoTime());
  }

  private void abandon(Timed timed) {
    try {
      timed.abandon();
    } catch (Throwable t) {
      faults.record(t);
    }
  }

  /** Number of the present round; an event for a descriptor registered in it is a stale one. */
  public long round() {
    return round;
  }

  @Override
  protected int runIo() {
    round++;
    int handled = super.runIo();
    for (int left = turns.size(); left > 0; left--) {
      Turn turn = turns.poll();
      try {
        if (turn != null) {
          turn.turn();
        }
      } catch (Throwable t) {
        faults.record(t);
      }
    }
    return handled;
  }

  @Override
  protected boolean hasTasks() {
    return !turns.isEmpty() || super.hasTasks();
  }
}
