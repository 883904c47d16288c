package io.weir.relay.exchange;

import io.weir.relay.forward.Rules;
import io.weir.relay.forward.Users;
import io.weir.relay.origin.OriginSettings;
import org.jspecify.annotations.Nullable;

/**
 * How clients are connected to the places that they name.
 *
 * @param rules which places
 * @param users who may ask, or null for everybody
 * @param originSettings how connections are made and kept
 * @param forwarded whether Forwarded (RFC 7239) is added to requests, which tells who asks
 * @param via whether Via is
 * @param bodyBytesMax longest request body, -1 for no limit
 * @param socks whether SOCKS is spoken at the same addresses
 */
public record ForwardSettings(
    Rules rules,
    @Nullable Users users,
    OriginSettings originSettings,
    boolean forwarded,
    boolean via,
    long bodyBytesMax,
    boolean socks) {}
