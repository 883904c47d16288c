package io.weir.relay.exchange;

import io.weir.relay.http1.HeadLimits;
import org.jspecify.annotations.Nullable;

/**
 * What holds for every connection of a listener.
 *
 * @param name of the listener; its loops' threads are named after it
 * @param threads loops
 * @param allowRaw false keeps every socket a Netty NIO channel, as on systems without epoll
 * @param headLimits of requests and responses
 * @param timeouts of clients and origins
 * @param via whether a Via field is added to requests and responses
 * @param socketBufferBytes asked for as SO_RCVBUF and SO_SNDBUF of every connection, to clients and
 *     to origins (the kernel doubles it, socket(7)); 0 leaves their size to the kernel
 * @param log who is told of exchanges that are over; it costs a few strings for each
 */
public record ServerSettings(
    String name,
    int threads,
    boolean allowRaw,
    HeadLimits headLimits,
    Timeouts timeouts,
    boolean via,
    int socketBufferBytes,
    @Nullable ExchangeLog log) {
  /** Settings that leave the size of socket buffers to the kernel. */
  public ServerSettings(
      String name,
      int threads,
      boolean allowRaw,
      HeadLimits headLimits,
      Timeouts timeouts,
      boolean via,
      @Nullable ExchangeLog log) {
    this(name, threads, allowRaw, headLimits, timeouts, via, 0, log);
  }

  /** The same with another log. */
  public ServerSettings withLog(@Nullable ExchangeLog other) {
    return new ServerSettings(
        name, threads, allowRaw, headLimits, timeouts, via, socketBufferBytes, other);
  }
}
