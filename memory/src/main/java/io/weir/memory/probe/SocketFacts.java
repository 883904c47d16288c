package io.weir.memory.probe;

/**
 * One socket as a source tells it, filled anew for each: a table of 100,000 sockets of others must
 * not cost an object each. Addresses are 128 bits in network order, IPv4 in the low 32.
 */
final class SocketFacts {
  static final int ESTABLISHED = 1;
  static final int TIME_WAIT = 6;
  static final int LISTEN = 10;

  /** TCP_ of include/net/tcp_states.h, in the words of ss(8). */
  private static final String[] STATES = {
    "UNKNOWN",
    "ESTAB",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "UNCONN",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECV"
  };

  private static final long V4_MAPPED = 0xffff_0000_0000L;

  String protocol = "";
  boolean wide;
  long localHigh;
  long localLow;
  int localPort;
  long peerHigh;
  long peerLow;
  int peerPort;
  int state;
  long inode;
  long sendQueueBytes;
  long receiveQueueBytes;

  /** Connections that wait to be accepted, of a listening socket. */
  long acceptQueue;

  long kernelBytes;
  long sendBufferBytes;
  String path = "";

  /** Who takes one fact after the other. */
  @FunctionalInterface
  interface Taker {
    void take(SocketFacts facts);
  }

  void clear() {
    protocol = "";
    wide = false;
    localHigh = 0;
    localLow = 0;
    localPort = 0;
    peerHigh = 0;
    peerLow = 0;
    peerPort = 0;
    state = 0;
    inode = 0;
    sendQueueBytes = 0;
    receiveQueueBytes = 0;
    acceptQueue = 0;
    kernelBytes = -1;
    sendBufferBytes = -1;
    path = "";
  }

  boolean holdsBytes() {
    return sendQueueBytes > 0 || receiveQueueBytes > 0 || kernelBytes > 0;
  }

  SocketRow toRow(int fd) {
    boolean named = protocol.equals("unix");
    return new SocketRow(
        inode,
        fd,
        protocol,
        named ? path : address(localHigh, localLow, localPort),
        named || peerPort == 0 ? "" : address(peerHigh, peerLow, peerPort),
        state >= 0 && state < STATES.length ? STATES[state] : STATES[0],
        sendQueueBytes,
        receiveQueueBytes,
        kernelBytes,
        sendBufferBytes);
  }

  private String address(long high, long low, int port) {
    // A socket for both families tells IPv4 addresses as ::ffff:a.b.c.d; people know them plain.
    boolean v4 = !wide || (high == 0 && low >>> 32 == V4_MAPPED >>> 32);
    return (v4 ? v4(low) : "[" + v6(high, low) + "]") + ":" + port;
  }

  private static String v4(long low) {
    return (low >> 24 & 255) + "." + (low >> 16 & 255) + "." + (low >> 8 & 255) + "." + (low & 255);
  }

  /** RFC 5952: the longest run of zero groups, the first of equals, is two colons. */
  static String v6(long high, long low) {
    int best = -1;
    int bestLength = 1;
    for (int i = 0; i < 8; i++) {
      int length = 0;
      while (i + length < 8 && group(high, low, i + length) == 0) {
        length++;
      }
      if (length > bestLength) {
        best = i;
        bestLength = length;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == best) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      boolean afterRun = best >= 0 && i == best + bestLength;
      if (i > 0 && !afterRun) {
        text.append(':');
      }
      text.append(Integer.toHexString(group(high, low, i)));
    }
    return text.toString();
  }

  private static int group(long high, long low, int i) {
    long half = i < 4 ? high : low;
    return (int) (half >>> (48 - 16 * (i & 3))) & 0xffff;
  }
}
