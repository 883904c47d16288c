package io.weir.relay.exchange;

import io.weir.relay.http1.HeadLimits;
import org.jspecify.annotations.Nullable;

/**
 * What holds for every connection of a listener.
 *
 * @param name of the listener; its loops' threads are named after it
 * @param threads loops
 * @param allowRaw false keeps every socket a Netty NIO channel, as on systems without epoll
 * @param allowSplice false copies every body through user space, as where there are no pipes
 * @param headLimits of requests and responses
 * @param timeouts of clients and origins
 * @param via whether a Via field is added to requests and responses
 * @param memory what all connections together may hold
 * @param log who is told of exchanges that are over; it costs a few strings for each
 */
public record ServerSettings(
    String name,
    int threads,
    boolean allowRaw,
    boolean allowSplice,
    HeadLimits headLimits,
    Timeouts timeouts,
    boolean via,
    MemorySettings memory,
    @Nullable ExchangeLog log) {
  /** Settings that splice where they can, without a bound on memory. */
  public ServerSettings(
      String name,
      int threads,
      boolean allowRaw,
      HeadLimits headLimits,
      Timeouts timeouts,
      boolean via,
      @Nullable ExchangeLog log) {
    this(name, threads, allowRaw, true, headLimits, timeouts, via, MemorySettings.UNBOUNDED, log);
  }

  /** The same with another log. */
  public ServerSettings withLog(@Nullable ExchangeLog other) {
    return new ServerSettings(
        name, threads, allowRaw, allowSplice, headLimits, timeouts, via, memory, other);
  }

  /** The same, but every body copied through user space. */
  public ServerSettings withoutSplice() {
    return new ServerSettings(
        name, threads, allowRaw, false, headLimits, timeouts, via, memory, log);
  }

  /** The same with another bound on memory. */
  public ServerSettings withMemory(MemorySettings other) {
    return new ServerSettings(
        name, threads, allowRaw, allowSplice, headLimits, timeouts, via, other, log);
  }
}
