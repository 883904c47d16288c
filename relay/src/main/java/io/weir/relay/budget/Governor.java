package io.weir.relay.budget;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Resizes the leases of one loop's flows.
 *
 * <h2>Fair</h2>
 *
 * Each flow wants a level, by its rate. Where the budget does not suffice for all, there is one
 * level beyond which nobody goes: the highest at which the wants, cut to it, fit (max-min fairness,
 * in steps of a level). Those who want less have what they want.
 *
 * <pre>
 *   level                wants of all loops, counted by level
 *     9 |        #  #
 *     7 | ......#..#....  fair: what lies above is not had
 *     5 |   #
 *     0 | ################################ slow readers
 * </pre>
 *
 * Wants are counted for each loop by that loop alone and read by the others, so nothing is shared
 * but numbers, and no flow looks at another.
 *
 * <h2>What is kept back</h2>
 *
 * The least lease of a new connection comes out of the same budget. So flows grow only while an
 * eighth is left, and those that have not proven their rate share an eighth.
 *
 * <p>Thread: the loop, but for what {@link Fairness} reads. The counts have one writer, so none is
 * lost; a reader may see them of different moments.
 */
public final class Governor {
  /** Window of a flow that begins where there is plenty: the growth rule needs no more. */
  private static final int FIRST_WINDOW_BYTES = 512 * 1024;

  /** Window of a flow before its body begins, where there is plenty: a usual first flight. */
  private static final int REST_WINDOW_BYTES = 64 * 1024;

  /** No flow begins with more than this part of what is left for unproven ones. */
  private static final int FIRST_SHARE = 16;

  private final Fairness fairness;
  private final Budget budget;
  private final WindowSizes sizes;
  private final int firstLevel;
  private final int restLevel;
  private final int provenLevel;
  private final LongSupplier clock;
  private final long bytesPerSecondMax;
  private final AtomicIntegerArray wants;
  private final AtomicLong extraBytes = new AtomicLong();
  private final AtomicLong growths = new AtomicLong();
  private final AtomicLong shrinks = new AtomicLong();
  private final AtomicLong scarceLooks = new AtomicLong();
  private GovernorListener listener = GovernorListener.NONE;
  private int fairLevel;

  Governor(Fairness fairness, Budget budget, WindowSizes sizes, LongSupplier clock) {
    this.fairness = fairness;
    this.budget = budget;
    this.sizes = sizes;
    this.clock = clock;
    this.firstLevel = sizes.levelWithin(FIRST_WINDOW_BYTES);
    this.restLevel = sizes.levelWithin(REST_WINDOW_BYTES);
    this.provenLevel = sizes.levelWithin(FlowLease.PROVEN_WINDOW_BYTES);
    this.bytesPerSecondMax =
        sizes.windowBytes(sizes.levels() - 1) * 1000 / FlowLease.WANTED_MILLIS + 1;
    this.wants = new AtomicIntegerArray(sizes.levels());
    this.fairLevel = sizes.levels() - 1;
  }

  /** The lease of a client's socket that begins to live; applied to it at once. */
  public SocketLease clientSocket(Windows windows, long userBytesMax) {
    return new SocketLease(budget, sizes, windows, userBytesMax, 0, restLevel, plentyBytes());
  }

  /** The same for a socket to the origin: its bulk comes the other way. */
  public SocketLease originSocket(Windows windows, long userBytesMax) {
    return new SocketLease(budget, sizes, windows, userBytesMax, restLevel, 0, plentyBytes());
  }

  /**
   * The same for an origin on this machine: a receive buffer that was once larger could not become
   * small again, see {@link SocketLease#fluentLevel}; and there is no round trip to wait for.
   */
  public SocketLease localSocket(Windows windows, long userBytesMax) {
    return new SocketLease(budget, sizes, windows, userBytesMax, 0, 0, 0);
  }

  /** The lease of a flow between two sockets, from now until its end. */
  public FlowLease flow(SocketLease source, SocketLease sink) {
    return new FlowLease(this, source, sink, nowNanos());
  }

  /** Looks anew at what is fair: once before the flows are looked at. */
  public void look() {
    int before = fairLevel;
    fairLevel = fairness.level();
    if (fairLevel != before) {
      listener.fair(sizes.windowBytes(fairLevel), budget.leasedBytes(), budget.bytes());
    }
    if (scarce()) {
      scarceLooks.setOpaque(scarceLooks.getPlain() + 1);
    }
  }

  /**
   * Makes room for a head of {@code headBytes}; returns whether there is more room now. What is
   * kept back for new connections is not given to heads that take their time.
   */
  public boolean widenForHead(SocketLease source, int headBytes, int arrivedBytes) {
    return narrowForHead(source, headBytes, arrivedBytes)
        && source.receive(sizes.levelForWindow(headBytes), sparedBytes());
  }

  /** Whether the window is nearly full of what has arrived of a head that may need a larger. */
  public boolean narrowForHead(SocketLease source, int headBytes, int arrivedBytes) {
    return sizes.levelForWindow(headBytes) > source.receiveLevel() && source.tight(arrivedBytes);
  }

  /** Lets two sockets rest after a flow. */
  void rest(SocketLease source, SocketLease sink) {
    int fluent = source.fluentLevel();
    int rest = Math.min(source.receiveLevel(), Math.max(restLevel, fluent));
    // A flow that was cut a moment ago must not cost its connection where there is plenty.
    source.receive(source.stunted() ? Math.max(rest, fluent) : rest, plentyBytes());
    sink.send(Math.min(sink.sendLevel(), restLevel), 0);
  }

  /** Makes room for input that is thrown away, so that its sender comes to an end. */
  public void widenToDiscard(SocketLease source) {
    int level = Math.max(firstLevel, source.fluentLevel());
    while (level > source.receiveLevel() && !source.receive(level, sparedBytes())) {
      level--;
    }
  }

  /** Takes from a socket at rest all but the least, where the budget is scarce. */
  public void reclaim(SocketLease resting) {
    resting.settle();
    if (scarce() || !plenty()) {
      resting.narrow();
    }
  }

  /** Takes the least lease of a connection; false if the budget has no room for it. */
  public boolean admit(long leastBytes) {
    return budget.take(leastBytes, 0);
  }

  /** Gives back what {@link #admit} took. */
  public void dismiss(long leastBytes) {
    budget.giveBack(leastBytes);
  }

  /** Whether not every flow can have what it wants. */
  public boolean scarce() {
    return fairLevel < sizes.levels() - 1;
  }

  int fairLevel() {
    return fairLevel;
  }

  /** Where there is plenty, no flow is cut below this. */
  int floorLevel() {
    return plenty() ? restLevel : 0;
  }

  boolean plenty() {
    return budget.freeBytes() >= plentyBytes();
  }

  /** With how much a flow may begin now. */
  int firstLevel() {
    int level = firstLevel;
    long share = fairness.starts().freeBytes() / FIRST_SHARE;
    while (level > 0 && sizes.extraBytes(level) > share) {
      level--;
    }
    return level;
  }

  /** What unproven flows may hold together. */
  Budget starts() {
    return fairness.starts();
  }

  /** The highest level of a flow whose rate has not held for long. */
  int provenLevel() {
    return provenLevel;
  }

  long nowNanos() {
    return clock.getAsLong();
  }

  long bytesPerSecondMax() {
    return bytesPerSecondMax;
  }

  WindowSizes sizes() {
    return sizes;
  }

  long sparedBytes() {
    return fairness.sparedBytes();
  }

  private long plentyBytes() {
    return budget.bytes() / 2;
  }

  void counted(int level, int flows) {
    wants.setOpaque(level, wants.getPlain(level) + flows);
  }

  void resized(int from, int to) {
    if (from != to) {
      extraBytes.setOpaque(extraBytes.getPlain() + sizes.extraBytes(to) - sizes.extraBytes(from));
    }
  }

  void grown(int from, int to, long bytesPerSecond) {
    growths.setOpaque(growths.getPlain() + 1);
    listener.resized(sizes.windowBytes(from), sizes.windowBytes(to), bytesPerSecond);
  }

  void shrunk(int from, int to, long bytesPerSecond) {
    shrinks.setOpaque(shrinks.getPlain() + 1);
    listener.resized(sizes.windowBytes(from), sizes.windowBytes(to), bytesPerSecond);
  }

  /** Has its decisions told from now on. Thread: the loop. */
  public void listener(GovernorListener next) {
    listener = next;
  }

  /** Flows that want a level. Any thread. */
  int wants(int level) {
    return wants.getOpaque(level);
  }

  /** What the flows may hold beyond the least, bytes. Any thread. */
  long extraBytes() {
    return extraBytes.getOpaque();
  }

  /** How often a lease has grown. Any thread. */
  public long growths() {
    return growths.getOpaque();
  }

  /** Looks at which not every flow could have what it wanted. Any thread. */
  public long scarceLooks() {
    return scarceLooks.getOpaque();
  }

  /** How often a lease was cut. Any thread. */
  public long shrinks() {
    return shrinks.getOpaque();
  }
}
