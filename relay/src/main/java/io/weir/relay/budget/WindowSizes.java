package io.weir.relay.budget;

/**
 * The sizes that the kernel's buffers of a flow may have, from the least to the most: the receive
 * buffer of its source and the send buffer of its sink. Bytes are the kernel's, {@code sk_rcvbuf}
 * and {@code sk_sndbuf}: twice what setsockopt is given (socket(7)).
 *
 * <h2>What a buffer of a size may come to hold</h2>
 *
 * As many bytes, packet headers and unused parts of pages included, and then
 *
 * <ul>
 *   <li>the last packet that is queued for sending: half or a quarter of a small buffer, which is
 *       filled in such pieces, else two of {@link #PACKET_BYTES_MAX};
 *   <li>one packet received beyond, no larger than the window: the kernel asks whether there is
 *       room before it takes a packet, not for how much. At the least size the window is small
 *       enough for this to fit into what the send buffer does not use;
 *   <li>for each socket, what the kernel grants itself ahead, {@link #AHEAD_BYTES}.
 * </ul>
 *
 * <h2>Beyond what setsockopt may set</h2>
 *
 * net.core.rmem_max and wmem_max limit that, often to 208 KiB. From Linux 5.14 on a buffer can be
 * given back to the kernel's own tuning (SO_BUF_LOCK), which goes up to tcp_rmem[2] and
 * tcp_wmem[2]; so that is then the last size, {@link #AUTO}, and its lease is that maximum.
 *
 * <p>Immutable. Measurements: docs/decisions/0011.
 */
public final class WindowSizes {
  /** The size of a buffer that the kernel tunes by itself. */
  public static final int AUTO = -1;

  /** One packet that a socket queues or receives at once, its overhead included, at most. */
  static final int PACKET_BYTES_MAX = 72 * 1024;

  /** What a packet takes beside its bytes, and by how much a window is rounded up, at most. */
  private static final int PACKET_OVERHEAD_BYTES = 2048;

  /**
   * Packets that a send buffer which is not filled in pieces may hold beyond its size. One is
   * explained; up to 97 KiB were seen (docs/decisions/0011).
   */
  private static final int WHOLE_PACKETS_BEYOND = 2;

  /** What the kernel grants a socket ahead: it counts by the page. */
  static final int AHEAD_BYTES = 4096;

  /** The least send buffer is filled in halves: quarters would be packets of a kilobyte. */
  private static final int PIECE_BYTES = 2560;

  /** From here on a send buffer is not filled in quarters. */
  public static final int WHOLE_WRITES_FROM_BYTES = 256 * 1024;

  /**
   * A receive buffer of one step and a send buffer of the next: it is the sink's that takes the
   * bursts. The last step is for where there is plenty: an origin that is never short of window
   * sends by itself, not when our acknowledgement has it send.
   */
  private static final int[] RECEIVE_KIB = {
    5, 16, 32, 64, 128, 256, 512, 512, 1024, 1024, 1536, 2048, 8192
  };

  private static final int[] SEND_KIB = {
    5, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 5632, 8192, 8192
  };

  /**
   * What this kernel allows.
   *
   * @param receiveBytesMax largest receive buffer that setsockopt sets, twice net.core.rmem_max
   * @param sendBytesMax the same of send buffers, twice net.core.wmem_max
   * @param autoReceiveBytesMax to which the kernel tunes a receive buffer itself, net.ipv4.tcp_rmem
   * @param autoSendBytesMax the same of send buffers, net.ipv4.tcp_wmem
   * @param unlocks whether SO_BUF_LOCK is there: Linux 5.14
   */
  public record Limits(
      int receiveBytesMax,
      int sendBytesMax,
      int autoReceiveBytesMax,
      int autoSendBytesMax,
      boolean unlocks) {}

  private final int[] receiveBytes;
  private final int[] sendBytes;
  private final int[] receiveLeaseBytes;
  private final int[] sendLeaseBytes;

  /** The sizes that {@code limits} leave. */
  public WindowSizes(Limits limits) {
    int fixed = fixedLevels(limits);
    boolean auto =
        limits.unlocks
            && (limits.receiveBytesMax < RECEIVE_KIB[RECEIVE_KIB.length - 1] * 1024
                || limits.sendBytesMax < SEND_KIB[SEND_KIB.length - 1] * 1024)
            && limits.autoReceiveBytesMax >= limits.receiveBytesMax
            && limits.autoSendBytesMax >= limits.sendBytesMax;
    int levels = fixed + (auto ? 1 : 0);
    receiveBytes = new int[levels];
    sendBytes = new int[levels];
    receiveLeaseBytes = new int[levels];
    sendLeaseBytes = new int[levels];
    for (int i = 0; i < fixed; i++) {
      receiveBytes[i] = Math.min(RECEIVE_KIB[i] * 1024, limits.receiveBytesMax);
      sendBytes[i] = Math.min(SEND_KIB[i] * 1024, limits.sendBytesMax);
      receiveLeaseBytes[i] = receiveLease(receiveBytes[i], i == 0 ? 0 : packetBytes(i));
      sendLeaseBytes[i] = sendLease(sendBytes[i]);
    }
    if (auto) {
      receiveBytes[fixed] = AUTO;
      sendBytes[fixed] = AUTO;
      receiveLeaseBytes[fixed] = receiveLease(limits.autoReceiveBytesMax, PACKET_BYTES_MAX);
      sendLeaseBytes[fixed] = sendLease(limits.autoSendBytesMax);
    }
  }

  /** Levels until both sizes have reached what may be set. */
  private static int fixedLevels(Limits limits) {
    int levels = 1;
    while (levels < SEND_KIB.length
        && (RECEIVE_KIB[levels - 1] * 1024 < limits.receiveBytesMax
            || SEND_KIB[levels - 1] * 1024 < limits.sendBytesMax)) {
      levels++;
    }
    return levels;
  }

  private static int receiveLease(int bytes, int packetBytes) {
    return bytes + bytes / 32 + 512 + packetBytes;
  }

  /** The largest packet that the window of a receive buffer of that level lets come. */
  private int packetBytes(int level) {
    return Math.min(receiveBytes[level], PACKET_BYTES_MAX);
  }

  private static int sendLease(int bytes) {
    return bytes
        + (bytes < WHOLE_WRITES_FROM_BYTES
            ? pieceBytes(bytes) + 512
            : WHOLE_PACKETS_BEYOND * PACKET_BYTES_MAX);
  }

  /** What is written at once to a send buffer of that size: a part, or {@code Integer.MAX}. */
  public static int pieceBytes(int sendBytes) {
    if (sendBytes == AUTO || sendBytes >= WHOLE_WRITES_FROM_BYTES) {
      return Integer.MAX_VALUE;
    }
    return Math.max(sendBytes / 4, Math.min(sendBytes / 2, PIECE_BYTES));
  }

  /** How many levels there are; 0 is the least. */
  public int levels() {
    return sendBytes.length;
  }

  /** The size of a receive buffer, or {@link #AUTO}. */
  public int receiveBytes(int level) {
    return receiveBytes[level];
  }

  /** The size of a send buffer, or {@link #AUTO}. */
  public int sendBytes(int level) {
    return sendBytes[level];
  }

  /** What a receive buffer of that level may come to hold. */
  public int receiveLeaseBytes(int level) {
    return receiveLeaseBytes[level];
  }

  /**
   * What a receive buffer of that level, with {@code receivedBytes} in it, may come to hold while
   * the peer may still send {@code promisedBytes}, which can be more than the window of that level:
   * the last packet taken is then as large as that.
   */
  long arrivingBytes(int level, long receivedBytes, long promisedBytes) {
    long packet = Math.min(2 * promisedBytes, promisedBytes + PACKET_OVERHEAD_BYTES);
    long beside = level == 0 ? receivedBytes : receiveBytes[level];
    if (receiveBytes[level] == AUTO || beside + packet <= receiveLeaseBytes[level]) {
      return Math.max(receivedBytes, receiveLeaseBytes[level]);
    }
    int last = (int) Math.min(packet, PACKET_BYTES_MAX);
    return Math.max(receivedBytes, receiveLease(receiveBytes[level], last));
  }

  /** What a send buffer of that level may come to hold. */
  public int sendLeaseBytes(int level) {
    return sendLeaseBytes[level];
  }

  /** By how much a send buffer of that level may be exceeded. */
  int beyondSendBytes(int level) {
    return sendBytes[level] == AUTO
        ? WHOLE_PACKETS_BEYOND * PACKET_BYTES_MAX
        : sendLeaseBytes[level] - sendBytes[level];
  }

  /** What a socket at rest may come to hold. */
  public int leastSocketBytes() {
    return receiveLeaseBytes[0] + sendLeaseBytes[0] + AHEAD_BYTES;
  }

  /** What a receive buffer of that level may come to hold beyond one of level 0. */
  long receiveExtraBytes(int level) {
    return (long) receiveLeaseBytes[level] - receiveLeaseBytes[0];
  }

  /** What a send buffer of that level may come to hold beyond one of level 0. */
  long sendExtraBytes(int level) {
    return (long) sendLeaseBytes[level] - sendLeaseBytes[0];
  }

  /** What a flow of that level may come to hold beyond one of level 0. */
  long extraBytes(int level) {
    return receiveExtraBytes(level) + sendExtraBytes(level);
  }

  /** What a flow's two buffers take at a level; of {@link #AUTO} what the kernel may make of it. */
  long windowBytes(int level) {
    return receiveBytes[level] == AUTO
        ? (long) receiveLeaseBytes[level] + sendLeaseBytes[level]
        : (long) receiveBytes[level] + sendBytes[level];
  }

  /** The least level whose buffers take {@code bytes}, else the last. */
  int levelFor(long bytes) {
    int level = 0;
    while (level < levels() - 1 && windowBytes(level) < bytes) {
      level++;
    }
    return level;
  }

  /** The last level whose buffers take no more than {@code bytes}, else 0. */
  int levelWithin(long bytes) {
    int level = 0;
    while (level < levels() - 1 && windowBytes(level + 1) <= bytes) {
      level++;
    }
    return level;
  }

  /** The largest packet of a peer whose segments may be so large and that has seen that level. */
  int grainBytes(int receiveLevelMax, int segmentBytes) {
    int largest = receiveBytes[receiveLevelMax];
    return largest == AUTO ? segmentBytes : Math.min(segmentBytes, largest / 2);
  }

  /** The least level whose receive buffer makes a window of {@code bytes}. */
  int levelForWindow(int bytes) {
    int level = 0;
    // Half of a receive buffer is window before the kernel has seen how packets fill it.
    while (level < levels() - 1 && receiveBytes[level] != AUTO && receiveBytes[level] / 2 < bytes) {
      level++;
    }
    return level;
  }
}
