package io.weir.server;

import io.weir.relay.exchange.EntrySettings;

/**
 * Where connections are accepted that are passed on as they are.
 *
 * @param address where
 * @param speaks to whom they are passed on, and how that is told
 * @param text the same as the line at the start names it
 */
public record TunnelAddress(ListenAddress address, EntrySettings speaks, String text) {}
