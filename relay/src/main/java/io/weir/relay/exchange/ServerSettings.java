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
 * @param log who is told of exchanges that are over; it costs a few strings for each
 */
public record ServerSettings(
    String name,
    int threads,
    boolean allowRaw,
    HeadLimits headLimits,
    Timeouts timeouts,
    boolean via,
    @Nullable ExchangeLog log) {}
