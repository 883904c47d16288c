package io.weir.relay.origin;

/**
 * How an origin is reached.
 *
 * @param names where its addresses are looked up; others may use it, too
 * @param rule which of them may be connected to
 */
public record Reach(OriginNames names, AddressRule rule) {}
