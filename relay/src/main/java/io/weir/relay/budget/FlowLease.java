package io.weir.relay.budget;

/**
 * The lease of one flow, while bytes pass: the receive buffer of its source and the send buffer of
 * its sink have the same level, which follows the rate at which the sink drains.
 *
 * <pre>
 *   begin --> a first level, if there is plenty --> grows when so much has moved, as fast as
 *               |                                   the rate wants (checked by count, not by time)
 *               +--- each look: the rate decays; shrinks when two levels too large, or beyond
 *                    what is fair; grows again where the budget was short
 * </pre>
 *
 * <h2>How much a rate wants</h2>
 *
 * What the sink takes in {@link #WANTED_MILLIS}: enough that the windows do not limit it up to a
 * round trip of half of that, since a flow that they do limit asks for more at each step; and no
 * more than comes back in that time when others need it. What a reader's own socket takes at once,
 * before it has read any of it, must not count as speed: nothing grows before {@link #PROOF_BYTES}
 * have reached it, and not beyond {@link #PROVEN_WINDOW_BYTES} unless that rate held for {@link
 * #PROOF_NANOS}.
 *
 * <h2>Unproven</h2>
 *
 * What a flow is given before that may stay full for minutes, if its reader is slow. So all
 * unproven flows together have a small share of the budget, {@link Governor#starts}.
 *
 * <p>Thread: the loop. It reads the clock only when it may grow.
 */
public final class FlowLease {
  static final int WANTED_MILLIS = 500;
  static final int PROOF_BYTES = 192 * 1024;
  static final int PROVEN_WINDOW_BYTES = 1024 * 1024;
  static final long PROOF_NANOS = 50_000_000;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final Governor governor;
  private final SocketLease source;
  private final SocketLease sink;
  private int level;
  private int wantedLevel;
  private long bytesPerSecond;
  private long movedBytes;
  private long growAtBytes;
  private long markBytes;
  private long markNanos;
  private long lookBytes;
  private long lookNanos;
  private long unprovenBytes;
  private boolean stood;
  private boolean ended;

  FlowLease(Governor governor, SocketLease source, SocketLease sink, long nowNanos) {
    this.governor = governor;
    this.source = source;
    this.sink = sink;
    this.level = Math.min(source.receiveLevel(), sink.sendLevel());
    this.lookNanos = nowNanos;
    if (level > 0 && !start(level)) {
      source.receive(0, 0);
      level = 0;
    }
    sink.send(level, 0); // what lies beyond would be nobody's to shrink
    this.wantedLevel = level;
    mark(0, nowNanos);
    governor.counted(level, 1);
    governor.resized(0, level);
  }

  /** Takes its share of what unproven flows may hold together. */
  private boolean start(int first) {
    long more = governor.sizes().extraBytes(first) - unprovenBytes;
    if (!governor.starts().take(more, 0)) {
      return false;
    }
    unprovenBytes += more;
    return true;
  }

  /** It holds no more than its sink drains in a short time, or the least: others may start. */
  private void prove() {
    proveBeyond(0);
  }

  private void proveBeyond(long bytes) {
    if (unprovenBytes > bytes) {
      governor.starts().giveBack(unprovenBytes - bytes);
      unprovenBytes = bytes;
    }
  }

  /**
   * A body begins.
   *
   * @param bodyBytes its length, {@link Long#MAX_VALUE} if that is not known
   */
  public void begin(long bodyBytes) {
    int first = Math.min(governor.firstLevel(), governor.sizes().levelFor(bodyBytes));
    if (!ended && first > level && start(first)) {
      want(Math.max(first, wantedLevel));
      grow(first, governor.sparedBytes());
      proveBeyond(governor.sizes().extraBytes(level)); // it may have got less
      mark(movedBytes, governor.nowNanos());
    }
  }

  /** Counts bytes that the sink has taken. */
  public void moved(long bytes) {
    movedBytes += bytes;
    if (movedBytes >= growAtBytes && !ended) {
      measure(governor.nowNanos());
    }
  }

  /**
   * Its sink takes bytes, maybe after it stood still. Its source may have learnt meanwhile of a
   * window that it does not send into but by its timer, which doubles for as long as the window is
   * closed. Of a larger one it hears only by reading, so this is to be called before what has come
   * is read: once the source starves it is too late.
   */
  public void awake() {
    if (stood) {
      stood = false;
      if (!ended && source.stunted() && governor.plenty()) {
        source.receive(source.fluentLevel(), governor.sparedBytes());
      }
    }
  }

  private void measure(long nowNanos) {
    WindowSizes sizes = governor.sizes();
    long deliveredBytes = deliveredBytes();
    long missing = PROOF_BYTES - (deliveredBytes - markBytes);
    if (missing > 0) {
      growAtBytes = movedBytes + missing;
      return;
    }
    long elapsed = Math.max(1, nowNanos - markNanos);
    boolean proven = elapsed >= PROOF_NANOS;
    if (!proven && level >= governor.provenLevel()) {
      growAtBytes = movedBytes + sizes.windowBytes(level); // look again, over a longer time
      return;
    }
    long rate = cappedRate(deliveredBytes - markBytes, elapsed);
    mark(deliveredBytes, nowNanos);
    bytesPerSecond = Math.max(bytesPerSecond, rate);
    int wanted = sizes.levelFor(rate * WANTED_MILLIS / 1000);
    if (!proven) {
      wanted = Math.min(wanted, governor.provenLevel());
    }
    if (wanted >= level) {
      prove();
    }
    if (wanted > level) {
      want(Math.max(wanted, wantedLevel));
      grow(Math.min(wanted, governor.fairLevel()), governor.sparedBytes());
    }
  }

  private long cappedRate(long bytes, long nanos) {
    long rate = (long) (bytes * (double) NANOS_PER_SECOND / nanos);
    return Math.min(rate, governor.bytesPerSecondMax());
  }

  /** What has reached the peer: what waits in our own send buffer proves nothing. */
  private long deliveredBytes() {
    return movedBytes - Math.max(0, sink.undeliveredBytes());
  }

  private void mark(long deliveredBytes, long nowNanos) {
    markBytes = deliveredBytes;
    markNanos = nowNanos;
    growAtBytes = movedBytes + Math.max(PROOF_BYTES, governor.sizes().windowBytes(level));
  }

  /**
   * Follows the rate since the last look, now and then: each flow some times a second.
   *
   * @param starved whether the flow waits for its source
   */
  public void look(long nowNanos, boolean starved) {
    long elapsed = nowNanos - lookNanos;
    if (ended || elapsed <= 0) {
      return;
    }
    boolean still = movedBytes == lookBytes;
    stood = still;
    long now = cappedRate(movedBytes - lookBytes, elapsed);
    lookBytes = movedBytes;
    lookNanos = nowNanos;
    if (!still || level > 0 || wantedLevel > 0) {
      // A flow that stands still falls quickly, one that comes in bursts slowly.
      bytesPerSecond = still ? bytesPerSecond / 4 : Math.max(now, bytesPerSecond / 2);
      // Only what was measured may raise it: a reader's socket can take much at once, then stall.
      want(Math.min(wantedLevel, governor.sizes().levelFor(bytesPerSecond * WANTED_MILLIS / 1000)));
      follow(still);
    }
    if (level == 0 && !source.settling() && !sink.settling()) {
      prove();
    }
    adapt(starved);
  }

  /**
   * Where bytes flow within their rate, the two buffers differ by what the sender needs. All of
   * that or nothing: with a part of it the sender would wait for its timer all the same, and others
   * would lack it.
   */
  private void adapt(boolean starved) {
    if (source.stunted()) {
      boolean fluent = starved && source.receive(source.fluentLevel(), governor.sparedBytes());
      if (!fluent && !governor.plenty()) {
        source.receive(Math.min(source.receiveLevel(), level), 0);
      }
    } else if (source.receiveLevel() > level && !governor.plenty()) {
      int fluent = Math.max(level, source.fluentLevel());
      source.receive(Math.min(source.receiveLevel(), fluent), 0);
    }
  }

  private void follow(boolean still) {
    int fair = governor.fairLevel();
    // Plenty keeps what is there; it raises nobody, or else it would come and go.
    int least = Math.min(Math.max(wantedLevel, governor.floorLevel()), fair);
    if (Math.min(wantedLevel, fair) > level) {
      grow(Math.min(wantedLevel, fair), governor.sparedBytes());
    } else if (least <= level - 2
        || (least < level && (governor.scarce() || (still && least == 0)))) {
      shrink(least);
    }
  }

  private void want(int next) {
    if (next != wantedLevel) {
      governor.counted(wantedLevel, -1);
      governor.counted(next, 1);
      wantedLevel = next;
    }
  }

  private void grow(int target, long sparedBytes) {
    int before = level;
    int reached = target;
    while (reached > level && !resize(reached, sparedBytes)) {
      reached--; // a smaller step may be had
    }
    if (level > before) {
      governor.grown(before, level, bytesPerSecond);
    }
  }

  private boolean resize(int to, long sparedBytes) {
    int sendBefore = sink.sendLevel();
    if (!sink.send(Math.max(to, sendBefore), sparedBytes)) {
      return false;
    }
    // The receive buffer last: once it was large its sender expects that, see fluentLevel().
    if (!source.receive(Math.max(to, source.receiveLevel()), sparedBytes)) {
      sink.send(sendBefore, 0);
      return false;
    }
    setLevel(to);
    return true;
  }

  private void shrink(int target) {
    source.receive(target, 0);
    sink.send(target, 0);
    governor.shrunk(level, target, bytesPerSecond);
    setLevel(target);
    mark(deliveredBytes(), lookNanos);
  }

  private void setLevel(int next) {
    governor.resized(level, next);
    level = next;
  }

  /** No more bytes pass: its sockets rest, at what a next flow may begin with. */
  public void end() {
    if (ended) {
      return;
    }
    ended = true;
    prove();
    governor.counted(wantedLevel, -1);
    governor.resized(level, 0);
    level = 0;
    governor.rest(source, sink);
  }

  /** The present level; 0 is the least. */
  int level() {
    return level;
  }

  /** The level that its rate asks for. */
  int wantedLevel() {
    return wantedLevel;
  }
}
