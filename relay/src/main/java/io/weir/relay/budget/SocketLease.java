package io.weir.relay.budget;

/**
 * What one socket may come to hold: the part of the lease of a flow that comes in through its
 * receive buffer, and of one that goes out through its send buffer.
 *
 * <pre>
 *   lease = least (paid by whoever admitted the socket) + extra (taken from the budget)
 *
 *   grow:    take the difference, then widen           refused: nothing changes
 *   shrink:  narrow, then give back                    what is held already, or may still fill
 *            what is not held any more                 a window announced before, is given back
 *                                                      later, by {@link #settle}
 * </pre>
 *
 * So what is held never exceeds the lease: a buffer is widened after its bytes were taken, and a
 * lease that was cut comes back only as the held bytes really fall.
 *
 * <p>Thread: the loop of the socket.
 */
public final class SocketLease {
  private final Budget budget;
  private final WindowSizes sizes;
  private final Windows windows;
  private final long leastBytes;
  private final long userBytesMax;
  private int receiveLevel;
  private int sendLevel;
  private int receiveLevelMax;
  private int segmentBytes;

  /** Taken for what has arrived: as the level asks for, or more as long as more is held. */
  private long receiveExtraBytes;

  /** The same for what is to be sent. */
  private long sendExtraBytes;

  /** Taken for what is held in user space beyond the least. */
  private long userExtraBytes;

  private boolean ended;

  /**
   * A lease of these levels, or of the least if not at least {@code sparedBytes} of the budget are
   * left then. Applies it to the socket.
   *
   * @param userBytesMax what the endpoint may hold in user space, part of the least
   */
  SocketLease(
      Budget budget,
      WindowSizes sizes,
      Windows windows,
      long userBytesMax,
      int receiveLevel,
      int sendLevel,
      long sparedBytes) {
    this.budget = budget;
    this.sizes = sizes;
    this.windows = windows;
    this.leastBytes = sizes.leastSocketBytes() + userBytesMax;
    this.userBytesMax = userBytesMax;
    long receiveExtra = sizes.receiveExtraBytes(receiveLevel);
    long sendExtra = sizes.sendExtraBytes(sendLevel);
    if (afford(receiveExtra + sendExtra, sparedBytes)) {
      this.receiveExtraBytes = receiveExtra;
      this.sendExtraBytes = sendExtra;
      this.receiveLevel = receiveLevel;
      this.sendLevel = sendLevel;
      this.receiveLevelMax = receiveLevel;
    }
    windows.limitReceive(sizes.receiveBytes(this.receiveLevel));
    windows.limitSend(sizes.sendBytes(this.sendLevel));
  }

  /**
   * Resizes the receive buffer.
   *
   * @param sparedBytes how much of the budget must be left if it is to grow
   * @return whether it has that level now; a smaller one it has always
   */
  boolean receive(int level, long sparedBytes) {
    if (level == receiveLevel) {
      return true;
    }
    long wanted = wantedExtra(level);
    if (!afford(wanted - receiveExtraBytes, sparedBytes)) {
      return false;
    }
    receiveExtraBytes = Math.max(receiveExtraBytes, wanted);
    receiveLevel = level;
    receiveLevelMax = Math.max(receiveLevelMax, level);
    windows.limitReceive(sizes.receiveBytes(level));
    settle();
    return true;
  }

  /** What a level needs, or more if a window announced at a higher one is still to be filled. */
  private long wantedExtra(int level) {
    long wanted = sizes.receiveExtraBytes(level);
    if (level < receiveLevel || receiveExtraBytes == sizes.receiveExtraBytes(receiveLevel)) {
      return wanted;
    }
    long promised = windows.promisedBytes();
    long received = windows.receivedBytes();
    return Math.max(
        wanted, sizes.arrivingBytes(level, received, promised) - sizes.receiveLeaseBytes(0));
  }

  /** Resizes the send buffer, as {@link #receive}. */
  boolean send(int level, long sparedBytes) {
    if (level == sendLevel) {
      return true;
    }
    long wanted = sizes.sendExtraBytes(level);
    if (!afford(wanted - sendExtraBytes, sparedBytes)) {
      return false;
    }
    sendExtraBytes = Math.max(sendExtraBytes, wanted);
    sendLevel = level;
    windows.limitSend(sizes.sendBytes(level));
    settle();
    return true;
  }

  private boolean afford(long moreBytes, long sparedBytes) {
    return !ended && (moreBytes <= 0 || budget.take(moreBytes, sparedBytes));
  }

  /**
   * Takes what a codec is to hold in user space beyond its least, or gives it back.
   *
   * @return whether it may hold so much; more than now only where half of the budget is free
   */
  public boolean holdInUserSpace(long bytes) {
    long wanted = Math.max(0, bytes - userBytesMax);
    long more = wanted - userExtraBytes;
    if (more > 0 && !afford(more, budget.bytes() / 2)) {
      return false;
    }
    if (more < 0 && !ended) {
      budget.giveBack(-more);
    }
    userExtraBytes = ended ? 0 : wanted;
    return true;
  }

  /** Nothing but what is held or announced already will be held: from now on it is the least. */
  public void narrow() {
    receive(0, 0);
    send(0, 0);
  }

  /**
   * Gives back what was cut and is neither held any more nor promised to the peer. Each buffer for
   * itself: what one does not use of its part, it may use at any time, so that cannot stand for
   * what the other still holds.
   */
  public void settle() {
    if (settling()) {
      // In this order: what arrives between two of them counts twice, not never.
      long promised = windows.promisedBytes();
      long received = windows.receivedBytes();
      long held = windows.heldBytes();
      long receiveLeast = sizes.receiveLeaseBytes(0);
      long arriving = sizes.arrivingBytes(receiveLevel, received, promised);
      settleReceive(held < 0 ? 0 : arriving - receiveLeast);
      settleSend(held < 0 ? 0 : held - received - (sizes.leastSocketBytes() - receiveLeast));
    }
  }

  private void settleReceive(long heldExtra) {
    long wanted = sizes.receiveExtraBytes(receiveLevel);
    long next = Math.clamp(heldExtra, wanted, receiveExtraBytes);
    budget.giveBack(receiveExtraBytes - next);
    receiveExtraBytes = next;
  }

  private void settleSend(long heldExtra) {
    long wanted = sizes.sendExtraBytes(sendLevel);
    // One more piece may still be added to a packet that was begun before the buffer was narrowed.
    long next = Math.clamp(heldExtra + sizes.beyondSendBytes(sendLevel), wanted, sendExtraBytes);
    budget.giveBack(sendExtraBytes - next);
    sendExtraBytes = next;
  }

  /** Whether more is held than the present levels allow, so that {@link #settle} has work. */
  public boolean settling() {
    return !ended
        && (receiveExtraBytes > sizes.receiveExtraBytes(receiveLevel)
            || sendExtraBytes > sizes.sendExtraBytes(sendLevel));
  }

  /** The socket holds nothing any more, or is another's: gives everything back. */
  public void end() {
    if (!ended) {
      ended = true;
      budget.giveBack(receiveExtraBytes + sendExtraBytes + userExtraBytes);
      userExtraBytes = 0;
      receiveExtraBytes = 0;
      sendExtraBytes = 0;
    }
  }

  int receiveLevel() {
    return receiveLevel;
  }

  int sendLevel() {
    return sendLevel;
  }

  /**
   * The least level of the receive buffer at which the peer still sends at once. A sender cuts its
   * packets at half of the largest window that it has seen, if its segments may be that large, and
   * sends none into a smaller window but by a timer, 200 ms and more later (tcp_bound_to_half_wnd).
   * So where a segment is 64 KiB, on loopback, a buffer that was once large must not become small.
   */
  int fluentLevel() {
    if (receiveLevel == receiveLevelMax && receiveLevelMax == 0) {
      return 0;
    }
    if (segmentBytes == 0) {
      segmentBytes = windows.segmentBytes();
    }
    int grain = sizes.grainBytes(receiveLevelMax, segmentBytes);
    // Twice of it: how much of a buffer is window depends on how packets have filled it so far.
    return sizes.levelForWindow(2 * grain);
  }

  /**
   * Whether the receive buffer is so full that its window may be small: by the bytes that arrived,
   * or, where they came in many small packets, by what these take.
   */
  boolean tight(int arrivedBytes) {
    int limit = sizes.receiveBytes(receiveLevel);
    return arrivedBytes >= limit / 4 || windows.heldBytes() >= limit / 2 + WindowSizes.AHEAD_BYTES;
  }

  /** Whether the peer does not send at once into this receive buffer: not to be used again. */
  public boolean stunted() {
    return receiveLevel < receiveLevelMax && receiveLevel < fluentLevel();
  }

  /** What it may come to hold now, bytes. */
  public long bytes() {
    return leastBytes + receiveExtraBytes + sendExtraBytes + userExtraBytes;
  }

  /** What was written to it and has not reached the peer, bytes, or -1. */
  long undeliveredBytes() {
    return windows.undelivered();
  }
}
