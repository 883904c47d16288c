package io.weir.memory.probe;

import java.io.IOException;
import java.nio.ByteOrder;

/**
 * The tables {@code /proc/PID/net/tcp}, {@code tcp6}, {@code udp} and {@code udp6}, proc_pid_net(5):
 * the sockets of the network namespace of that process, without what the kernel charges for them.
 */
final class NetFile {
  /** A table of so many lines takes seconds. */
  private static final int LINES_MAX = 4 << 20;

  private NetFile() {}

  static void parse(ProcText text, String protocol, SocketFacts.Taker taker) throws IOException {
    SocketFacts facts = new SocketFacts();
    text.nextLine();
    for (int i = 0; i < LINES_MAX && text.nextLine(); i++) {
      facts.clear();
      facts.protocol = protocol;
      facts.wide = protocol.endsWith("6");
      parse(text, facts);
      taker.take(facts);
    }
  }

  /** {@code 0: 0100007F:0BB9 00000000:0000 0A tx:rx tr:when retransmits uid timeout inode ...}. */
  private static void parse(ProcText text, SocketFacts facts) throws UnexpectedTextException {
    text.skipWords(1);
    text.skipBlanks();
    facts.localHigh = facts.wide ? half(text) : 0;
    facts.localLow = facts.wide ? half(text) : word(text);
    text.expect(':');
    facts.localPort = (int) text.hex(4);
    text.skipBlanks();
    facts.peerHigh = facts.wide ? half(text) : 0;
    facts.peerLow = facts.wide ? half(text) : word(text);
    text.expect(':');
    facts.peerPort = (int) text.hex(4);
    text.skipBlanks();
    facts.state = (int) text.hex(2);
    text.skipBlanks();
    facts.sendQueueBytes = text.hex(8);
    text.expect(':');
    facts.receiveQueueBytes = text.hex(8);
    text.skipWords(4);
    facts.inode = text.decimal();
    if (facts.state == SocketFacts.LISTEN) {
      // here the two are numbers of connections, not bytes
      facts.sendQueueBytes = 0;
      facts.receiveQueueBytes = 0;
    }
  }

  private static long half(ProcText text) throws UnexpectedTextException {
    long high = word(text);
    return high << 32 | word(text);
  }

  /** 32 bits in network order, printed as a number of this machine. */
  private static long word(ProcText text) throws UnexpectedTextException {
    int word = (int) text.hex(8);
    return (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(word) : word)
        & 0xffff_ffffL;
  }
}
